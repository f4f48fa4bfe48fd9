"""The frame of a tool function's event: which tool, in which context. The input itself is checked by the tool."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from tool_contract import strict_json
from tool_contract.attempt import AttemptContext
from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem, problems_from
from tool_contract.timestamps import ms_from_iso


@dataclass(frozen=True, slots=True)
class ToolEvent:
    """An event as far as it could be read: name and context are good enough to answer, whatever is wrong.

    Without ``input`` the tool runs on the record's, or on nothing; an ``input`` of null is one, and a wrong one.
    """

    tool_name: str
    context: AttemptContext
    tool_input: Any = None
    has_input: bool = False
    problems: list[Problem] = field(default_factory=list)


def read_event(event: object) -> ToolEvent:
    """Return an event, or what is wrong with its frame."""
    if not isinstance(event, dict):
        problem = _problem("", 'The event must be a JSON object: {"tool_name": ..., "input": {...}}.')
        return ToolEvent("", AttemptContext(), problems=[problem])
    name, given = event.get("tool_name"), event.get("context")
    if not isinstance(name, str) or not name:
        problem = _problem("/tool_name", "tool_name must be the name of a tool.")
        return ToolEvent("", _nothing(given), problems=[problem])
    unreadable = strict_json.problem_in(event)
    if unreadable is not None:
        return ToolEvent(name, _nothing(given), problems=[_as_of_input(unreadable)])
    try:
        context = AttemptContext.model_validate({} if given is None else given)
    except ValidationError as error:
        found = problems_from(error.errors(include_url=False), given, ErrorCode.INVALID_REQUEST)
        return ToolEvent(name, _nothing(given), problems=[problem.under("/context") for problem in found])
    return ToolEvent(name, context, event.get("input", {}), "input" in event, _deadline_problems(context))


def _nothing(given: object) -> AttemptContext:
    """Return the context of an event that says none that can be used: the state machine must see a failure as one."""
    asked_by_workflow = isinstance(given, dict) and given.get("route") == "workflow"
    return AttemptContext(route="workflow" if asked_by_workflow else "direct")


def _as_of_input(problem: Problem) -> Problem:
    """Return a problem inside the input as the other gates tell it: pointed at from the input."""
    if problem.pointer != "/input" and not problem.pointer.startswith("/input/"):
        return problem.model_copy(update={"error_code": ErrorCode.INVALID_REQUEST})
    inside = problem.pointer.removeprefix("/input")
    return problem.model_copy(update={"pointer": inside, "error_code": ErrorCode.INVALID_INPUT})


def _deadline_problems(context: AttemptContext) -> list[Problem]:
    try:
        ms_from_iso(context.deadline or "1970-01-01T00:00:00.000Z")
    except ValueError:
        return [_problem("/context/deadline", "The deadline must be an ISO 8601 time with its zone.")]
    return []


def _problem(pointer: str, message: str) -> Problem:
    return Problem(pointer=pointer, message=message, error_code=ErrorCode.INVALID_REQUEST)
