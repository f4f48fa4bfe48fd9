"""JSON texts that are too large for a record or an output: written to S3, read back only if they are whole."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime import aws_clients
from tool_contract.envelope import ResultRef
from tool_contract.errors import ErrorCode, ToolError, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MISSING: Final = {"NoSuchKey", "404"}


class ResultStoreFailed(ToolError):
    """S3 did not take a text."""

    code = ErrorCode.RESULT_STORE_FAILED


class ResultMissing(ToolError):
    """S3 does not have a text that a record refers to."""

    code = ErrorCode.RESULT_MISSING


class ResultCorrupt(ToolError):
    """A text is not what was written: its length or its hash differs."""

    code = ErrorCode.RESULT_CORRUPT


class ArtifactStore:
    """The artefact bucket."""

    def __init__(self, bucket: str, client: S3Client | None = None) -> None:
        self._bucket = bucket
        self._given_client = client

    @property
    def _client(self) -> S3Client:
        return self._given_client or aws_clients.s3()

    def put(self, key: str, text: str) -> ResultRef:
        """Write a JSON text and return where it lies. Raises :class:`ResultStoreFailed`."""
        body = text.encode()
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/json")
        except (BotoCoreError, ClientError) as error:
            message = "The artefact bucket did not take a large JSON text."
            raise ResultStoreFailed(message) from error
        return self._reference_to(key, body)

    def reference_to(self, key: str, text: str) -> ResultRef:
        """Return what :meth:`put` would, and write nothing: to see whether it is written already."""
        return self._reference_to(key, text.encode())

    def put_file(self, key: str, body: bytes, content_type: str) -> ResultRef:
        """Write a file that is no JSON and return where it lies. Raises :class:`ResultStoreFailed`."""
        try:
            self._client.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType=content_type)
        except (BotoCoreError, ClientError) as error:
            message = "The artefact bucket did not take a file."
            raise ResultStoreFailed(message) from error
        return self._reference_to(key, body)

    def find(self, key: str) -> str | None:
        """Return a text that nobody has a reference to, None if it is not there. Raises Unavailable, soon."""
        client = self._given_client or aws_clients.s3_glance()
        try:
            return client.get_object(Bucket=self._bucket, Key=key)["Body"].read().decode()
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] in _MISSING:
                return None
            message = "The artefact bucket did not answer."
            raise Unavailable(message) from error

    def get(self, ref: ResultRef) -> str:
        """Return the text that ``ref`` names. Raises ResultMissing, ResultCorrupt or Unavailable."""
        try:
            found = self._client.get_object(Bucket=ref.bucket, Key=ref.key)
            # What is longer than was written is another object, and may be longer than this function's memory.
            body = found["Body"].read() if found["ContentLength"] == ref.bytes else b""
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and error.response["Error"]["Code"] in _MISSING:
                message = f"The artefact {ref.key!r} is not there (any more)."
                raise ResultMissing(message) from error
            message = "The artefact bucket did not answer."
            raise Unavailable(message) from error
        if len(body) != ref.bytes or hashlib.sha256(body).hexdigest() != ref.sha256:
            message = f"The artefact {ref.key!r} is not what was written."
            raise ResultCorrupt(message)
        return body.decode()

    def _reference_to(self, key: str, body: bytes) -> ResultRef:
        return ResultRef(bucket=self._bucket, key=key, bytes=len(body), sha256=hashlib.sha256(body).hexdigest())


def artifact_key(execution_id: str, call_id: str, name: str) -> str:
    """Return where an artefact of a call lies in the bucket."""
    return f"executions/{execution_id}/{call_id}/{name}.json"
