"""From envelopes and records to results: large results are fetched, and their length and hash checked."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from tool_contract import strict_json
from tool_contract.envelope import CallStatus, Envelope, ResultRef
from tool_contract.errors import Effect, ErrorCode
from tool_contract.record import envelope_from_record
from tool_executor.aws import translated_errors
from tool_executor.errors import ResultCorruptError, ResultMissingError, ResultUnavailableError, ServiceError
from tool_executor.result import ToolExecutionResult, ToolExecutionStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tool_executor.aws import Aws
    from tool_executor.history import Record

_FETCHERS: Final = 8
_NOT_THERE: Final = frozenset({"NoSuchKey", "NoSuchBucket", "404"})


@dataclass(frozen=True, slots=True)
class ResultReader:
    """Turns what the executor stores and answers into results, each complete or an error."""

    aws: Aws

    def read(self, ref: ResultRef) -> Any:  # noqa: ANN401 - JSON is any value
        """Return a large result.

        Raises:
            ResultMissingError: it is not there any more.
            ResultCorruptError: it is not what was stored.
            ServiceError: S3 refused or did not answer.
        """
        body = self._fetched(ref)
        if len(body) != ref.bytes or hashlib.sha256(body).hexdigest() != ref.sha256:
            raise ResultCorruptError(f"The result at {ref.key!r} is not what was stored: length or SHA-256 differ.")
        return strict_json.parse(body.decode("utf-8"))

    def results(self, envelopes: Iterable[Envelope], execution_id: str) -> list[ToolExecutionResult]:
        """Return the results of an execution's envelopes, in their order."""
        listed = list(envelopes)
        large = sum(envelope.result_ref is not None for envelope in listed)
        if not large:
            return [ToolExecutionResult.from_envelope(envelope, execution_id) for envelope in listed]
        with ThreadPoolExecutor(min(_FETCHERS, large)) as fetchers:
            return list(fetchers.map(partial(self.result, execution_id=execution_id), listed))

    def result(self, envelope: Envelope, execution_id: str) -> ToolExecutionResult:
        """Return the result of an envelope. One that cannot be read costs its siblings nothing: it is a failure."""
        result = ToolExecutionResult.from_envelope(envelope, execution_id)
        if envelope.result_ref is None:
            return result
        try:
            return replace(result, result=self.read(envelope.result_ref))
        except (ResultUnavailableError, ServiceError) as error:
            return replace(
                result,
                status=ToolExecutionStatus.FAILED,
                error=error.sentence,
                error_code=_code_of(error),
                effect=Effect.APPLIED,
            )

    def _fetched(self, ref: ResultRef) -> bytes:
        with translated_errors():
            try:
                return self.aws.s3.get_object(Bucket=ref.bucket, Key=ref.key)["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] not in _NOT_THERE:
                    raise
                message = f"The result at {ref.key!r} is not there any more."
                raise ResultMissingError(message) from error


def envelopes_of(records: Sequence[Record]) -> list[Envelope]:
    """Return the envelopes of calls' records; a call that has not ended by now is a timeout."""
    return [_ended(envelope_from_record(record), record) for record in records]


def _ended(envelope: Envelope, record: Record) -> Envelope:
    if envelope.status.is_terminal:
        return envelope
    begun = envelope.status is not CallStatus.PENDING
    changes: dict[str, Any] = {
        "status": CallStatus.TIMEOUT,
        "error": "The time to wait was up before the call had ended; its record says later how it ends.",
        "error_code": ErrorCode.DEADLINE_EXCEEDED,
        "retryable": False,
        "effect": Effect.UNKNOWN if begun else Effect.NONE,
        "metadata": {**envelope.metadata, "execution_id": record["execution_id"]},
    }
    return envelope.model_copy(update=changes)


def _code_of(error: ResultUnavailableError | ServiceError) -> ErrorCode:
    if isinstance(error, ResultMissingError):
        return ErrorCode.RESULT_MISSING
    return ErrorCode.RESULT_CORRUPT if isinstance(error, ResultCorruptError) else ErrorCode.UNAVAILABLE
