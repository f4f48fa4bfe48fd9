"""The files of bulks in the artefact bucket."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from tool_contract import strict_json
from tool_contract.request import REQUESTS_PREFIX
from tool_executor.aws import translated_errors
from tool_executor.bulk.beginning import Decision
from tool_executor.bulk.errors import BulkNotFoundError, BulkRunningError
from tool_executor.bulk.manifest import (
    CONTENT_PREFIX,
    PREFIX,
    BatchEntry,
    BulkManifest,
    RunManifest,
    manifest_key,
    run_folder,
)
from tool_executor.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tool_executor.aws import Aws
    from tool_executor.bulk.preparation import PreparedRun

_NOT_THERE: Final = frozenset({"NoSuchKey", "404"})
_THERE_ALREADY: Final = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})
_TRIES: Final = 5
_PART_BYTES: Final = 16 * 1024 * 1024
_TRANSFER: Final = TransferConfig(multipart_threshold=_PART_BYTES, multipart_chunksize=_PART_BYTES, max_concurrency=4)


@dataclass(frozen=True, slots=True)
class BulkStore:
    """The artefact bucket of one deployment, for bulks. Methods raise what translated_errors raises."""

    aws: Aws
    bucket: str

    def manifest(self, bulk_id: str) -> BulkManifest:
        """Return a bulk's manifest. Raises BulkNotFoundError."""
        told = self._read(manifest_key(bulk_id))
        if told is None:
            message = f"There is no bulk {bulk_id!r}."
            raise BulkNotFoundError(message, hint="List them with: tool-executor bulk list")
        return BulkManifest.from_json(told)

    def runs(self, bulk_id: str) -> list[RunManifest]:
        """Return a bulk's runs, the first first."""
        runs: list[RunManifest] = []
        while (told := self._read(f"{run_folder(bulk_id, len(runs) + 1)}manifest.json")) is not None:
            runs.append(RunManifest.from_json(told))
        return runs

    def bulk_ids(self) -> list[str]:
        """Return the ids of all bulks, in the order of their ids, which begin with their times."""
        with translated_errors():
            pages = self.aws.s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=PREFIX, Delimiter="/"
            )
            prefixes = [each["Prefix"] for page in pages for each in page.get("CommonPrefixes", ())]
        return [prefix.removeprefix(PREFIX).rstrip("/") for prefix in prefixes]

    def made_of(self, sha256: str) -> list[str]:
        """Return the ids of the bulks that were made of this content."""
        return [key.rsplit("/", 1)[-1] for key in self._keys(f"{CONTENT_PREFIX}{sha256}/")]

    def put_bulk(self, manifest: BulkManifest) -> None:
        """Write down a bulk."""
        self._write(manifest.key, manifest.to_json())
        self._write(f"{CONTENT_PREFIX}{manifest.sha256}/{manifest.bulk_id}", {"bulk_id": manifest.bulk_id})

    def claim(self, manifest: RunManifest) -> None:
        """Write down a run before its files. Raises BulkRunningError where somebody else has begun the same run."""
        key = f"{manifest.folder}manifest.json"
        body = strict_json.dumps(manifest.to_json()).encode()
        try:
            with translated_errors():
                self._put_new(key, body)
        except _TakenError:
            message = f"Somebody else has begun run {manifest.run} of the bulk {manifest.bulk_id}."
            raise BulkRunningError(message, hint="See how it stands: tool-executor bulk status") from None

    def upload(self, manifest: RunManifest, prepared: PreparedRun) -> None:
        """Upload the files of a run."""
        for sha256 in dict.fromkeys(prepared.large):
            self._upload(prepared.folder / sha256, f"{REQUESTS_PREFIX}{sha256}")
        self._upload(prepared.index, f"{manifest.folder}index.jsonl")
        self._upload(prepared.batches, f"{manifest.folder}batches.jsonl")

    def decision(self, run: RunManifest) -> Decision | None:
        """Return what was decided of a run; None where nothing was."""
        told = self._read(f"{run.folder}decided.json")
        return None if told is None else Decision.from_json(told)

    def decide(self, run: RunManifest, decision: Decision) -> Decision:
        """Write down what is decided of a run, and return what holds: the first who writes decides."""
        for _ in range(_TRIES):
            try:
                with translated_errors():
                    self._put_new(f"{run.folder}decided.json", strict_json.dumps(decision.to_json()).encode())
            except _TakenError:
                # S3 says so also of two who write at the same moment, when neither need have written yet.
                written = self.decision(run)
                if written is not None:
                    return written
            else:
                return decision
        message = f"S3 does not say who decided of run {run.run} of the bulk {run.bulk_id}."
        raise ServiceError(message)

    def index(self, run: RunManifest) -> Iterator[BatchEntry]:
        """Yield a run's batches, in their order."""
        return map(BatchEntry.from_text, self.lines(f"{run.folder}index.jsonl"))

    def batches(self, run: RunManifest) -> Iterator[dict[str, Any]]:
        """Yield a run's batches as they were sent, in their order, large requests fetched."""
        for text in self.lines(f"{run.folder}batches.jsonl"):
            batch = strict_json.parse(text)
            ref = batch["request"].get("request_ref")
            yield {**batch, "request": self._read(ref["key"])} if ref else batch

    def result_files(self, run: RunManifest) -> list[str]:
        """Return the keys of the files that Step Functions wrote a run's outputs to."""
        manifests = [key for key in self._keys(f"{run.folder}results/") if key.endswith("/manifest.json")]
        told = [self._read(key) or {} for key in manifests]
        return [file["Key"] for each in told for file in each.get("ResultFiles", {}).get("SUCCEEDED", ())]

    def lines(self, key: str) -> Iterator[str]:
        """Yield the lines of an object, which are empty where there is none."""
        with translated_errors():
            body = self._get(key)
            if body is not None:
                yield from (line.decode() for line in body.iter_lines(chunk_size=65_536) if line)

    def _read(self, key: str) -> Any:  # noqa: ANN401 - JSON is any value
        with translated_errors():
            body = self._get(key)
            return None if body is None else strict_json.parse(body.read())

    def _get(self, key: str) -> Any:  # noqa: ANN401 - botocore's stream
        try:
            return self.aws.s3.get_object(Bucket=self.bucket, Key=key)["Body"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_THERE:
                raise
            return None

    def _write(self, key: str, value: object) -> None:
        with translated_errors():
            body = strict_json.dumps(value).encode()
            self.aws.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")

    def _put_new(self, key: str, body: bytes) -> None:
        try:
            self.aws.s3.put_object(
                Bucket=self.bucket, Key=key, Body=body, ContentType="application/json", IfNoneMatch="*"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _THERE_ALREADY:
                raise _TakenError from error
            raise

    def _upload(self, file: Path, key: str) -> None:
        with translated_errors():
            try:
                self.aws.s3.upload_file(str(file), self.bucket, key, Config=_TRANSFER)
            except S3UploadFailedError as error:
                message = f"The upload of {key} failed: {error.__cause__ or error}"
                raise ServiceError(message) from error

    def _keys(self, prefix: str) -> list[str]:
        with translated_errors():
            pages = self.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
            return [each["Key"] for page in pages for each in page.get("Contents", ())]


class _TakenError(Exception):
    """The object is there already."""
