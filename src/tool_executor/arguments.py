"""What a caller may hand over by mistake, refused before anything is sent: one sentence and a JSON pointer each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from tool_contract import strict_json
from tool_contract.errors import ErrorCode
from tool_contract.invalid_request import InvalidRequestError as RequestProblems
from tool_contract.limits import MAX_EXECUTION_TIMEOUT_SECONDS
from tool_contract.problems import Problem, shortened
from tool_contract.request import check_request, coded_by_place
from tool_executor.calls import WithFallbacks
from tool_executor.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_contract.catalog import Catalog
    from tool_executor.calls import Call

_SAY_CALLS = "Say [ToolCall(...)]."


def checked_calls(calls: object) -> list[Call]:
    """Return calls as a list; any iterable of them is taken.

    Raises InvalidRequestError where there are none, or where it is something else: every problem is named.
    """
    problems = list(_list_problems(calls, "/calls", "The calls"))
    if problems or not isinstance(calls, Iterable):
        raise refused(*problems)
    listed: list[Call] = list(calls)
    if not listed:
        raise refused(problem("/calls", "There are no calls to run.", hint=_SAY_CALLS))
    problems = [one for number, call in enumerate(listed) for one in call_problems(call, f"/calls/{number}")]
    if problems:
        raise refused(*problems)
    return listed


def call_problems(call: object, pointer: str = "") -> Iterator[Problem]:
    """Yield what keeps a value from being read as a call; what is wrong with its fields' values, the contract says."""
    if isinstance(call, WithFallbacks):
        yield from call_problems(call.primary, pointer)
        yield from _fallback_problems(call.fallbacks, pointer)
        return
    if isinstance(call, type) or not (callable(getattr(call, "to_json", None)) and hasattr(call, "correlation_id")):
        yield problem(pointer, f"A call is needed, not {_told(call)}.", hint="Say ToolCall(...).")
        return
    if not isinstance(call.correlation_id, (str, type(None))):
        yield problem(f"{pointer}/correlation_id", f"It should be text, not {_told(call.correlation_id)}.")
    if not isinstance(getattr(call, "metadata", {}), Mapping):
        yield problem(f"{pointer}/metadata", f"It should be a mapping, not {_told(getattr(call, 'metadata', None))}.")
    if not isinstance(getattr(call, "use_cache", True), bool):
        yield problem(
            f"{pointer}/use_cache", f"It should be True or False, not {_told(getattr(call, 'use_cache', None))}."
        )
    yield from _fallback_problems(getattr(call, "fallbacks", ()), pointer)


def problems_of_call(call: Mapping[str, Any], catalog: Catalog) -> list[Problem]:
    """Return what is wrong with a call as it is sent; pointers are into the call."""
    try:
        # A sequence, so that a call which refers to earlier results is told that they are not there, and no more.
        check_request({"calls": [call], "mode": "sequence"}, catalog)
    except RequestProblems as error:
        found = error.problems
    except strict_json.JsonError as error:
        found = [coded_by_place(error.problem)]
    else:
        return []
    return [one.model_copy(update={"pointer": one.pointer.removeprefix("/calls/0")}) for one in found]


def checked_timeout(timeout: object, pointer: str = "/timeout_seconds") -> float | None:
    """Return a timeout in seconds, or None where nothing is said; how long it may be is checked where it is used.

    Raises InvalidRequestError for what is no number.
    """
    if timeout is None:
        return None
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not _is_finite(timeout):
        hint = "Say timeout.total_seconds()." if hasattr(timeout, "total_seconds") else None
        message = f"The timeout should be a number of seconds, not {_told(timeout)}."
        raise refused(problem(pointer, message, hint=hint))
    return timeout


def checked_execution_timeout(timeout: object, pointer: str = "/timeout_seconds") -> float | None:
    """Return a timeout of an execution, or None where nothing is said. Raises InvalidRequestError."""
    seconds = checked_timeout(timeout, pointer)
    if seconds is not None and not 0 < seconds <= MAX_EXECUTION_TIMEOUT_SECONDS:
        message = f"The timeout must be above 0 and at most {MAX_EXECUTION_TIMEOUT_SECONDS:,} seconds, not {seconds}."
        raise refused(problem(pointer, message))
    return seconds


def checked_text(value: object, name: str) -> str:
    """Return an id, which is text and not empty. Raises InvalidRequestError."""
    what = name.replace("_", " ")
    if not isinstance(value, str):
        raise _unusable(f"/{name}", f"The {what} should be text, not {_told(value)}.")
    if not value.strip():
        raise _unusable(f"/{name}", f"The {what} is empty.")
    return value


def checked_limit(limit: object, least: int = 1) -> int:
    """Return how many entries are wanted. Raises InvalidRequestError for what is no whole number, or too small."""
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < least:
        raise _unusable("/limit", f"The limit should be a whole number from {least} on, not {_told(limit)}.")
    return limit


def problem(pointer: str, message: str, hint: str | None = None) -> Problem:
    """Return what is wrong with a request."""
    return Problem(pointer=pointer, message=message, error_code=ErrorCode.INVALID_REQUEST, hint=hint)


def refused(*problems: Problem) -> InvalidRequestError:
    """Return the error that names these problems."""
    count = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    return InvalidRequestError(f"The request has {count}; nothing was run.", [one.as_detail() for one in problems])


def _unusable(pointer: str, message: str) -> InvalidRequestError:
    return InvalidRequestError(message, [problem(pointer, message).as_detail()])


def _list_problems(given: object, pointer: str, what: str) -> Iterator[Problem]:
    if isinstance(given, (str, bytes, Mapping)) or hasattr(given, "to_json") or not isinstance(given, Iterable):
        yield problem(pointer, f"{what} should be a list of calls, not {_told(given)}.", hint=_SAY_CALLS)


def _fallback_problems(fallbacks: Any, pointer: str) -> Iterator[Problem]:  # noqa: ANN401 - that is the question
    problems = list(_list_problems(fallbacks, f"{pointer}/fallbacks", "The fallbacks"))
    if problems:
        yield from problems
        return
    for number, call in enumerate(fallbacks):
        yield from call_problems(call, f"{pointer}/fallbacks/{number}")


def _told(value: object) -> str:
    """Name a value by its type; an input may be in it, so it is shown only where that cannot be."""
    if value is None or isinstance(value, (bool, int, float)):
        return shortened(repr(value)) if not isinstance(value, int) or abs(value) < 10**18 else "such a number"
    name = type(value).__name__
    return f"an {name}" if name[0].lower() in "aeio" else f"a {name}"


def _is_finite(number: float) -> bool:
    try:
        return not math.isnan(float(number))
    except OverflowError:
        return False
