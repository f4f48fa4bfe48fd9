"""What StartExecution is given for a request: the request itself, or, of a large one, where it lies in S3."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from tool_contract import strict_json
from tool_contract.envelope import ResultRef
from tool_contract.errors import ErrorCode
from tool_contract.invalid_request import InvalidRequestError as RequestProblems
from tool_contract.limits import MAX_REQUEST_BYTES, MAX_REQUEST_BYTES_BY_REFERENCE
from tool_contract.problems import Problem
from tool_contract.request import REQUEST_REF, REQUESTS_PREFIX, coded_by_place
from tool_executor.aws import translated_errors
from tool_executor.errors import invalid_request

if TYPE_CHECKING:
    from tool_executor.aws import Aws
    from tool_executor.errors import InvalidRequestError


def sent_text(request: object, aws: Aws, bucket: str) -> str:
    """Return the input of StartExecution for a request, and put the request into the bucket if it is too large for it.

    The object is named by its content: the same request started again is the same input. Raises InvalidRequestError,
    or what translated_errors raises.
    """
    text = checked_text(request)
    if strict_json.byte_size(text) <= MAX_REQUEST_BYTES:
        return text
    return strict_json.dumps({REQUEST_REF: _put(text.encode(), aws, bucket).model_dump()})


def checked_text(request: object) -> str:
    """Return a request as JSON. Raises InvalidRequestError where it is none, or too large for any route."""
    try:
        text = strict_json.dumps(request)
    except strict_json.JsonError as error:
        raise _refusal(coded_by_place(error.problem)) from None
    problem = size_problem(strict_json.byte_size(text))
    if problem is not None:
        raise _refusal(problem)
    return text


def size_problem(size: int) -> Problem | None:
    """Return what is wrong with a request of so many bytes, or None."""
    if size <= MAX_REQUEST_BYTES_BY_REFERENCE:
        return None
    message = f"The request has {size:,} bytes; {MAX_REQUEST_BYTES_BY_REFERENCE:,} fit."
    hint = "Split it into several requests."
    return Problem(pointer="", message=message, error_code=ErrorCode.INVALID_REQUEST, hint=hint)


def _put(body: bytes, aws: Aws, bucket: str) -> ResultRef:
    sha256 = hashlib.sha256(body).hexdigest()
    ref = ResultRef(bucket=bucket, key=f"{REQUESTS_PREFIX}{sha256}", bytes=len(body), sha256=sha256)
    with translated_errors():
        aws.s3.put_object(Bucket=bucket, Key=ref.key, Body=body, ContentType="application/json")
    return ref


def _refusal(problem: Problem) -> InvalidRequestError:
    return invalid_request(RequestProblems([problem]).to_json())
