"""Checks a line's call as every gate does, and measures what it takes in an execution."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from tool_contract import strict_json
from tool_contract.errors import ErrorCode
from tool_contract.invalid_request import InvalidRequestError as RequestProblems
from tool_contract.limits import MAX_JSON_DEPTH, MAX_REQUEST_BYTES_BY_REFERENCE
from tool_contract.options import ToolExecutorOptions
from tool_contract.preflight import preflight
from tool_contract.problems import Problem, json_pointer, shortened
from tool_contract.references import places_of
from tool_contract.request import CallRequest, ExecutionRequest, check_request, coded_by_place
from tool_contract.secret_fields import one_time_names
from tool_executor.arguments import call_problems
from tool_executor.one_time_secrets import References

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tool_contract.catalog import Catalog
    from tool_executor.bulk.source import Line
    from tool_executor.calls import Call

#: The longest call_id, which a measured call has.
_LONGEST_ID: Final = "x" * 64
#: What a request has around its one call, at most.
_FRAME_BYTES: Final = 300
#: How deep a call may be nested: around it a batch's line has itself, its request, and the request's calls.
_LEVELS: Final = MAX_JSON_DEPTH - 3


@dataclass(frozen=True, slots=True)
class Weight:
    """What a call takes of an execution's limits: bytes of the plan, and history events at worst."""

    plan_bytes: int
    events: int


@dataclass(frozen=True, slots=True)
class CheckedCall:
    """A call that can be run. ``text`` is its JSON; ``request`` the same, checked."""

    line: int
    text: str
    request: CallRequest
    weight: Weight

    @property
    def size(self) -> int:
        """Bytes of the call's JSON."""
        return strict_json.byte_size(self.text)


@dataclass(slots=True)
class Checker:
    """Checks one call after another. ``defaults`` makes a call of the program's what is sent.

    It remembers a hash of each call_id, and nothing else: 100 MB for a million of them.
    """

    catalog: Catalog
    defaults: Callable[[Call], dict[str, Any]]
    options: ToolExecutorOptions = field(default_factory=ToolExecutorOptions)
    _ids: set[bytes] = field(default_factory=set)
    _weights: dict[str, Weight] = field(default_factory=dict)

    def check(self, line: Line) -> CheckedCall | list[Problem]:
        """Return the call on a line, named after the line where it has no call_id; or everything wrong with it."""
        if line.problem is not None:
            return [line.problem]
        value = line.value
        if value is None or isinstance(value, (list, str, int, float)):
            return [_no_object()]
        if not isinstance(value, dict):
            problems = list(call_problems(value))
            if problems:
                return problems
            value = self.defaults(value)
        named = value.get("call_id") is not None
        return self._checked(line.number, value if named else {**value, "call_id": f"line-{line.number}"})

    def _checked(self, number: int, call: dict[str, Any]) -> CheckedCall | list[Problem]:
        unfit = _secret_problems(call) or _reference_problems(call) or _too_deep(call)
        if unfit:
            return unfit
        try:
            request = check_request({"calls": [call]}, self.catalog)
        except RequestProblems as error:
            return [_in_the_line(each) for each in error.problems]
        except strict_json.JsonError as error:
            return [coded_by_place(error.problem)]
        text = strict_json.dumps(call)
        problems = [*self._repeated(str(call["call_id"])), *_too_large(text)]
        checked = request.calls[0]
        return problems or CheckedCall(number, text, checked, self._weight(checked))

    def _repeated(self, call_id: str) -> list[Problem]:
        key = hashlib.blake2b(call_id.encode(), digest_size=8).digest()
        if key not in self._ids:
            self._ids.add(key)
            return []
        message = f"The call_id {shortened(call_id)!r} is used on a line before this one."
        hint = "Leave call_id out: a call is named after its line."
        return [Problem(pointer="/call_id", message=message, error_code=ErrorCode.INVALID_REQUEST, hint=hint)]

    def _weight(self, call: CallRequest) -> Weight:
        """Measure a call's shape once: neither its id nor its input makes a difference."""
        shape = call.model_dump_json(exclude={"call_id", "input", "metadata", "reasoning", "idempotency_key"})
        if shape not in self._weights:
            longest = call.model_copy(update={"call_id": _LONGEST_ID})
            one, two = (
                preflight(ExecutionRequest(calls=[longest] * count), self.catalog, self.options) for count in (1, 2)
            )
            self._weights[shape] = Weight(
                two.plan_bytes - one.plan_bytes, two.worst_case_events - one.worst_case_events
            )
        return self._weights[shape]


def _secret_problems(call: Mapping[str, Any]) -> list[Problem]:
    """A one-time secret ends with its execution, and a bulk may be resumed weeks later: it takes named ones alone."""
    references = References()
    with_references = references.in_call(call) if _may_hold_secrets(call) else call
    inputs = [with_references.get("input"), [each.get("input") for each in _fallbacks(with_references)]]
    if not references.secrets and not any(True for _ in one_time_names(inputs)):
        return []
    message = "A bulk takes no one-time secrets: they end with their execution, and a bulk may be resumed later."
    hint = "Store it once, and refer to it by its name: docs/secrets.md says how."
    return [Problem(pointer="/input", message=message, error_code=ErrorCode.SECRET_IN_REQUEST, hint=hint)]


def _reference_problems(call: Mapping[str, Any]) -> list[Problem]:
    """The calls of a bulk run beside each other, in executions that are packed as they fit."""
    inputs = {"/input": call.get("input")}
    inputs |= {f"/fallbacks/{number}/input": each.get("input") for number, each in enumerate(_fallbacks(call))}
    message = "A bulk's calls know nothing of each other's results."
    hint = "Run a sequence for each: docs/plans.md says how."
    return [
        Problem(pointer=pointer + json_pointer(path), message=message, error_code=ErrorCode.INVALID_REQUEST, hint=hint)
        for pointer, value in inputs.items()
        for path, _ in places_of(value)
    ]


def _may_hold_secrets(call: Mapping[str, Any]) -> bool:
    return isinstance(call.get("fallbacks", []), list) and all(
        isinstance(each, dict) for each in call.get("fallbacks", [])
    )


def _fallbacks(call: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = call.get("fallbacks")
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _no_object() -> Problem:
    message = "A line should be a JSON object, which is one call."
    hint = 'Write {"tool_name": "NAME", "input": {}} on it.'
    return Problem(pointer="", message=message, error_code=ErrorCode.INVALID_REQUEST, hint=hint)


def _too_deep(call: Mapping[str, Any]) -> list[Problem]:
    """Each field that could be sent, and not be read again from a batch's line."""
    levels = _LEVELS - 1  # the call itself
    deep = [name for name, value in call.items() if _is_deeper(value, levels)]
    message = f"The value is nested deeper than {levels} levels, which is all that a call of a bulk may have."
    return [
        _in_the_line(coded_by_place(Problem(pointer=f"/calls/0{json_pointer((name,))}", message=message)))
        for name in deep
    ]


def _in_the_line(problem: Problem) -> Problem:
    return problem.model_copy(update={"pointer": problem.pointer.removeprefix("/calls/0")})


def _is_deeper(value: object, levels: int) -> bool:
    # Whatever else is wrong with it the request's own check says, in its words.
    return strict_json.problem_in(value, MAX_JSON_DEPTH) is None and strict_json.problem_in(value, levels) is not None


def _too_large(text: str) -> list[Problem]:
    size = strict_json.byte_size(text) + _FRAME_BYTES
    if size <= MAX_REQUEST_BYTES_BY_REFERENCE:
        return []
    message = f"The call has {size - _FRAME_BYTES:,} bytes; {MAX_REQUEST_BYTES_BY_REFERENCE - _FRAME_BYTES:,} fit."
    return [Problem(pointer="", message=message, error_code=ErrorCode.INVALID_REQUEST)]
