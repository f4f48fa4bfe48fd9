"""The request of an execution: its input, or the object in S3 that its input names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from lambdas.runtime.artifacts import ResultCorrupt, ResultMissing
from tool_contract import strict_json
from tool_contract.envelope import ResultRef
from tool_contract.errors import ErrorCode
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.limits import MAX_REQUEST_BYTES_BY_REFERENCE
from tool_contract.problems import Problem, problems_from
from tool_contract.request import REQUEST_REF, REQUESTS_PREFIX, coded_by_place

if TYPE_CHECKING:
    from lambdas.runtime.artifacts import ArtifactStore

_POINTER = f"/{REQUEST_REF}"


def resolved_request(value: Any, bucket: str, artifacts: ArtifactStore) -> Any:  # noqa: ANN401 - any JSON
    """Return the request that an execution's input is or names. A ``caller`` beside the reference wins over its own.

    Raises InvalidRequestError where the reference cannot be followed, and Unavailable where S3 does not answer.
    """
    if not isinstance(value, dict) or REQUEST_REF not in value:
        return value
    ref = _checked_ref({name: given for name, given in value.items() if name != "caller"}, bucket)
    request = _fetched(ref, artifacts)
    # A caller's entrance cannot look into the object that the input names.
    return {**request, "caller": value["caller"]} if "caller" in value and isinstance(request, dict) else request


def _fetched(ref: ResultRef, artifacts: ArtifactStore) -> Any:  # noqa: ANN401 - any JSON
    try:
        return strict_json.parse(artifacts.get(ref))
    except (ResultMissing, ResultCorrupt) as error:
        raise _refused(error.message) from None
    except strict_json.JsonError as error:
        if error.problem.pointer:
            raise InvalidRequestError([coded_by_place(error.problem)]) from None
        raise _refused(f"The object holds no request: {error}") from None
    except UnicodeDecodeError:
        raise _refused("The object holds no request: the text is not UTF-8.") from None


def _checked_ref(value: dict[str, Any], bucket: str) -> ResultRef:
    if len(value) > 1:
        raise _refused("A reference stands alone: the other fields belong into the request in S3.")
    try:
        ref = ResultRef.model_validate(value[REQUEST_REF], strict=True)
    except ValidationError as error:
        found = problems_from(error.errors(include_url=False), value[REQUEST_REF], ErrorCode.INVALID_REQUEST)
        raise InvalidRequestError([problem.under(_POINTER) for problem in found]) from None
    if ref.bucket != bucket:
        raise _refused("A request may lie in the artefact bucket of its own deployment only.", "/bucket")
    if not ref.key.startswith(REQUESTS_PREFIX):
        raise _refused(f"A request may lie under {REQUESTS_PREFIX!r} only.", "/key")
    if not 0 < ref.bytes <= MAX_REQUEST_BYTES_BY_REFERENCE:
        message = f"The request has {ref.bytes:,} bytes; {MAX_REQUEST_BYTES_BY_REFERENCE:,} fit."
        raise _refused(message, "/bytes", hint="Split it into several requests.")
    return ref


def _refused(message: str, field: str = "", hint: str | None = None) -> InvalidRequestError:
    pointer = _POINTER + field
    return InvalidRequestError(
        [Problem(pointer=pointer, message=message, error_code=ErrorCode.INVALID_REQUEST, hint=hint)]
    )
