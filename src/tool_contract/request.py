"""The request that starts an execution, and the one check that every gate makes of it."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tool_contract import strict_json
from tool_contract.errors import ErrorCode
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.limits import (
    DEFAULT_EXECUTION_TIMEOUT_SECONDS,
    MAX_CALL_TIMEOUT_SECONDS,
    MAX_CALLS,
    MAX_CONCURRENCY,
    MAX_EXECUTION_TIMEOUT_SECONDS,
    MAX_FALLBACKS,
    MAX_METADATA_BYTES,
    MAX_ONE_TIME_SECRETS,
    MAX_REASONING_CHARACTERS,
    MAX_RETRIES,
)
from tool_contract.problems import Problem, json_pointer, problems_from, shortened
from tool_contract.reference_checks import NO_KEY, reference_problems
from tool_contract.references import places_of, with_meant
from tool_contract.retry import RetryPolicy
from tool_contract.secret import SECRET_REF
from tool_contract.secret_fields import one_time_names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_contract.catalog import Catalog

CALL_ID_PATTERN: Final = r"^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,63}$"
CORRELATION_ID_PATTERN: Final = r"^[!-~]{1,128}$"
IDEMPOTENCY_KEY_PATTERN: Final = r"^[ -~]{1,256}$"

_PATTERN_SENTENCES: Final = {
    CALL_ID_PATTERN: "A call_id is 1 to 64 of A-Z a-z 0-9 _ . : - and begins with none of the last three.",
    CORRELATION_ID_PATTERN: "A correlation_id is 1 to 128 visible ASCII characters, no blanks.",
    IDEMPOTENCY_KEY_PATTERN: "An idempotency_key is 1 to 256 printable ASCII characters.",
}
_NO_CALLS: Final = "There should be at least 1 call."
_IN_AN_INPUT: Final = re.compile(r"/calls/\d+(/fallbacks/\d+)?/input(/|$)")

#: The one field of a request that lies in S3: its value is a ResultRef below the prefix.
REQUEST_REF: Final = "request_ref"
REQUESTS_PREFIX: Final = "requests/"

#: Metadata keys that the executor writes itself.
RESERVED_METADATA: Final = frozenset(
    {
        "attempt_durations",
        "cached",
        "correlation_id",
        "degraded",
        "error_type",
        "fallback_index",
        "fallback_used",
        "primary_error",
        "replayed",
        "retry_delays",
        "retry_reasons",
        "shortened",
    }
)

CallTimeout = Annotated[float, Field(ge=1, le=MAX_CALL_TIMEOUT_SECONDS, allow_inf_nan=False)]
Retries = Annotated[int, Field(ge=0, le=MAX_RETRIES)]
# A pattern would answer an unknown name with a regular expression; the catalog answers it with close names.
ToolName = Annotated[str, Field(min_length=1)]


class FallbackRequest(BaseModel):
    """What to try when the candidate before it has failed for good. Policies default to the fallback tool's own."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    tool_name: ToolName
    input: dict[str, Any]
    function_name: str | None = None
    timeout_seconds: CallTimeout | None = None
    max_retries: Retries | None = None
    retry: RetryPolicy | None = None


class CallRequest(FallbackRequest):
    """A request to run one tool with one input."""

    call_id: Annotated[str, Field(pattern=CALL_ID_PATTERN)] | None = None
    fallbacks: Annotated[list[FallbackRequest], Field(max_length=MAX_FALLBACKS)] = []
    idempotency_key: Annotated[str, Field(pattern=IDEMPOTENCY_KEY_PATTERN)] | None = None
    use_cache: bool = True
    reasoning: Annotated[str, Field(max_length=MAX_REASONING_CHARACTERS)] | None = None
    metadata: dict[str, Any] = {}

    @property
    def candidates(self) -> tuple[FallbackRequest, ...]:
        """The call itself, then its fallbacks, in order."""
        return (self, *self.fallbacks)


class ExecutionRequest(BaseModel):
    """What StartExecution takes as its input."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    calls: Annotated[list[CallRequest], Field(min_length=1, max_length=MAX_CALLS)]
    correlation_id: Annotated[str, Field(pattern=CORRELATION_ID_PATTERN)] | None = None
    mode: Literal["parallel", "sequence"] = "parallel"
    timeout_seconds: Annotated[float, Field(ge=1, le=MAX_EXECUTION_TIMEOUT_SECONDS, allow_inf_nan=False)] = (
        DEFAULT_EXECUTION_TIMEOUT_SECONDS
    )
    max_concurrency: Annotated[int, Field(ge=1, le=MAX_CONCURRENCY)] | None = None
    caller: Annotated[str, Field(min_length=1, max_length=128)] | None = None


def one_time_secrets(request: ExecutionRequest) -> list[str]:
    """Return the names of the one-time secrets in a request's inputs, each once."""
    inputs = [candidate.input for call in request.calls for candidate in call.candidates]
    return sorted(set(one_time_names(inputs)))


def _too_many_secrets(request: ExecutionRequest | None) -> list[Problem]:
    count = 0 if request is None else len(one_time_secrets(request))
    if count <= MAX_ONE_TIME_SECRETS:
        return []
    message = f"The inputs hold {count:,} one-time secrets; {MAX_ONE_TIME_SECRETS} fit into an execution."
    return [Problem(pointer="/calls", message=message, error_code=ErrorCode.INVALID_REQUEST)]


def check_request(value: object, catalog: Catalog) -> ExecutionRequest:
    """Return the request if every part of it can be run. Raises :class:`InvalidRequestError` with every problem."""
    try:
        # Through JSON text, so that a caller's tuple or enum is checked as the array or text that is sent.
        value = strict_json.parse(strict_json.dumps(value))
    except strict_json.JsonError as error:
        raise InvalidRequestError([coded_by_place(error.problem)]) from None
    request, problems = _shaped(value)
    problems += [problem for pointer, call in calls_of(value) for problem in _call_problems(pointer, call, catalog)]
    problems = _with_reference_problems(problems, _reference_problems(value, catalog))
    problems += _repeated_call_ids(value)
    problems += _too_many_secrets(request)
    if request is None or problems:
        raise InvalidRequestError(problems)
    return request


def _shaped(value: object) -> tuple[ExecutionRequest | None, list[Problem]]:
    try:
        return ExecutionRequest.model_validate_json(strict_json.dumps(value)), []
    except ValidationError as error:
        found = problems_from(
            error.errors(include_url=False), value, schema=_request_schema(), patterns=_PATTERN_SENTENCES
        )
        return None, [coded_by_place(_in_our_words(problem, value)) for problem in found]


def _in_our_words(problem: Problem, value: object) -> Problem:
    is_empty = problem.pointer == "/calls" and isinstance(value, dict) and value.get("calls") == []
    return problem.model_copy(update={"message": _NO_CALLS}) if is_empty else problem


@cache
def _request_schema() -> dict[str, Any]:
    return ExecutionRequest.model_json_schema()


def coded_by_place(problem: Problem) -> Problem:
    """Return a request's problem with its code: inside an input, the one that the tool would give it."""
    code = ErrorCode.INVALID_INPUT if _IN_AN_INPUT.match(problem.pointer) else ErrorCode.INVALID_REQUEST
    return problem.model_copy(update={"error_code": code})


def calls_of(value: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield whatever looks like a call, however broken the rest is: every problem is told at once."""
    calls = value.get("calls") if isinstance(value, dict) else None
    if not isinstance(calls, list):
        return
    for index, call in enumerate(calls[:MAX_CALLS]):
        if isinstance(call, dict):
            yield json_pointer(("calls", index)), call


def _call_problems(pointer: str, call: dict[str, Any], catalog: Catalog) -> Iterator[Problem]:
    yield from _candidate_problems(pointer, call, catalog)
    yield from _metadata_problems(f"{pointer}/metadata", call.get("metadata"))
    fallbacks = call.get("fallbacks")
    for index, fallback in enumerate(fallbacks if isinstance(fallbacks, list) else ()):
        if isinstance(fallback, dict):
            yield from _candidate_problems(f"{pointer}/fallbacks/{index}", fallback, catalog)


def _candidate_problems(pointer: str, candidate: dict[str, Any], catalog: Catalog) -> Iterator[Problem]:
    tool_name, tool_input = candidate.get("tool_name"), candidate.get("input")
    if not isinstance(tool_name, str) or not tool_name:
        return
    spec = catalog.by_name.get(tool_name)
    if spec is None:
        yield catalog.unknown_tool(tool_name, f"{pointer}/tool_name")
        return
    if isinstance(tool_input, dict):
        refers = any(True for _ in places_of(tool_input))
        found = catalog.input_problems(tool_name, tool_input, references=refers)
        yield from (problem.under(f"{pointer}/input") for problem in with_meant(found, tool_input))
    function_name = candidate.get("function_name")
    if isinstance(function_name, str) and function_name != spec.function_name:
        yield Problem(
            pointer=f"{pointer}/function_name",
            message=f"The tool {tool_name!r} does not run in {shortened(function_name)!r}.",
            error_code=ErrorCode.INVALID_REQUEST,
            hint=f"Leave function_name out, or give {spec.function_name!r}.",
        )


def _reference_problems(value: object, catalog: Catalog) -> list[Problem]:
    if not isinstance(value, dict) or not isinstance(value.get("calls"), list):
        return []
    return reference_problems(value["calls"][:MAX_CALLS], value.get("mode"), catalog)


def _with_reference_problems(problems: list[Problem], of_references: list[Problem]) -> list[Problem]:
    """Return all of them, but one alone where no reference may stand at all: that it is no text says nothing more."""
    nowhere = {problem.pointer for problem in of_references if _may_not_stand(problem)}
    nowhere |= {pointer.removesuffix(f"/{SECRET_REF}") for pointer in nowhere}
    return [problem for problem in problems if problem.pointer not in nowhere] + of_references


def _may_not_stand(problem: Problem) -> bool:
    return problem.error_code == ErrorCode.SECRET_IN_REQUEST or problem.message == NO_KEY


def _metadata_problems(pointer: str, metadata: object) -> Iterator[Problem]:
    if not isinstance(metadata, dict):
        return
    for key in sorted(RESERVED_METADATA & metadata.keys()):
        yield Problem(
            pointer=pointer + json_pointer((key,)),
            message=f"The executor writes the metadata key {key!r} itself.",
            error_code=ErrorCode.INVALID_REQUEST,
        )
    if strict_json.byte_size(strict_json.dumps(metadata)) > MAX_METADATA_BYTES:
        yield Problem(
            pointer=pointer,
            message=f"Metadata may be at most {MAX_METADATA_BYTES} bytes of JSON.",
            error_code=ErrorCode.INVALID_REQUEST,
        )


def _repeated_call_ids(value: object) -> list[Problem]:
    seen: dict[str, str] = {}
    problems = []
    for pointer, call in calls_of(value):
        call_id = call.get("call_id")
        if not isinstance(call_id, str):
            continue
        if call_id in seen:
            problems.append(
                Problem(
                    pointer=f"{pointer}/call_id",
                    message=f"The call_id {shortened(call_id)!r} is used twice; it stands at {seen[call_id]} first.",
                    error_code=ErrorCode.INVALID_REQUEST,
                )
            )
        else:
            seen[call_id] = f"{pointer}/call_id"
    return problems
