"""The functions: logs that end, limits that hold, concurrency by stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.checks.problem import Problem
from tool_contract.limits import MAX_CALL_TIMEOUT_SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.checks.template import Resource, Template

_GROUP: Final = "TOOL_GROUP"


def logs_with_an_end(template: Template) -> Iterator[Problem]:
    """A function logs into a group of its own that this template keeps for a while."""
    groups = {each.properties.get("LogGroupName", each.logical_id): each for each in template.of_type(_LOGS)}
    taken: set[str] = set()
    for function in template.of_type("AWS::Lambda::Function"):
        name = function.properties.get("LoggingConfig", {}).get("LogGroup", "")
        group = groups.get(name)
        if group is None or "RetentionInDays" not in group.properties or name in taken:
            message = f"{function.logical_id} has no log group of its own with a retention."
            hint = "Make it a StagedFunction: without a group in the template Lambda makes one that never ends."
            yield Problem("NoRetention", f"{function.pointer}/LoggingConfig", message, hint)
        taken.add(name)


def outlives_its_tools(template: Template) -> Iterator[Problem]:
    """A tool's function runs longer than the longest call may, so that the tool's own limit strikes first."""
    for function in _tools(template):
        if function.properties.get("Timeout", 3) <= MAX_CALL_TIMEOUT_SECONDS:
            message = (
                f"{function.logical_id} ends after {function.properties.get('Timeout', 3)} s; a call may ask for"
                f" {MAX_CALL_TIMEOUT_SECONDS} s."
            )
            yield Problem("FunctionTooShort", f"{function.pointer}/Timeout", message, "Give the group 900 s.")


def concurrency_in_prod(template: Template) -> Iterator[Problem]:
    """Where data is kept, tools have a share of the account's concurrency, which is their limit, too."""
    for function in _tools(template):
        if not function.properties.get("ReservedConcurrentExecutions"):
            message = f"{function.logical_id} may take all of the account's concurrency."
            hint = "Set the stage's tool_concurrency."
            yield Problem("NoConcurrencyLimit", function.pointer, message, hint)


def no_concurrency_in_dev(template: Template) -> Iterator[Problem]:
    """A young account has ten concurrent invocations and refuses any reservation."""
    for function in template.of_type("AWS::Lambda::Function"):
        if "ReservedConcurrentExecutions" in function.properties:
            pointer = f"{function.pointer}/ReservedConcurrentExecutions"
            message = f"{function.logical_id} reserves concurrency in a stage that must deploy to a new account."
            yield Problem("ConcurrencyReserved", pointer, message, "Reserve it in prod only.")


def _tools(template: Template) -> Iterator[Resource]:
    for function in template.of_type("AWS::Lambda::Function"):
        if _GROUP in function.properties.get("Environment", {}).get("Variables", {}):
            yield function


_LOGS: Final = "AWS::Logs::LogGroup"
