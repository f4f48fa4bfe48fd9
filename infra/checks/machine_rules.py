"""The state machine: it ends in time, retries with an end and with jitter, and no call takes another one along."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import jsonata

from infra.checks.problem import Problem
from tool_contract import limits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.checks.template import Resource, Template

_EXPRESSION: Final = re.compile(r"\{%(.*)%\}", re.DOTALL)
_NOW: Final = datetime(2030, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class State:
    """A state with its place in the definition. `in_iteration` is true for the states of a Map."""

    name: str
    machine: Resource
    fields: dict[str, Any]
    in_iteration: bool

    def problem(self, code: str, message: str, hint: str) -> Problem:
        """Return a complaint of this state."""
        pointer = f"{self.machine.pointer}/DefinitionString"
        return Problem(code, pointer, f"The state {self.name} of {self.machine.logical_id} {message}", hint)


def tasks_have_timeouts(template: Template) -> Iterator[Problem]:
    """No task waits for ever, nor the machine."""
    for task in _tasks(template):
        if "TimeoutSeconds" not in task.fields:
            yield task.problem("TaskWithoutTimeout", "waits for ever.", "Give it TimeoutSeconds.")
    for machine in _running_tools(template):
        longest = limits.EXPRESS_TIMEOUT_BELOW_SECONDS if _is_express(machine) else limits.MAX_EXECUTION_TIMEOUT_SECONDS
        seconds, pointer = _definition(machine).get("TimeoutSeconds", 0), f"{machine.pointer}/DefinitionString"
        if seconds <= longest:
            message = f"The machine must outlive an execution of {longest} s."
            yield Problem("MachineWithoutTimeout", pointer, message, "Set the definition's TimeoutSeconds above it.")
        if _is_express(machine) and seconds > limits.EXPRESS_SECONDS:
            message = f"Step Functions ends an Express execution after {limits.EXPRESS_SECONDS} s, whatever it says."
            yield Problem("ExpressTooLong", pointer, message, "Set the definition's TimeoutSeconds to that.")


def express_is_seen(template: Template) -> Iterator[Problem]:
    """Step Functions keeps no history of an Express execution: its logs must have every event."""
    for machine in template.of_type(_MACHINE):
        level = machine.properties.get("LoggingConfiguration", {}).get("Level")
        if _is_express(machine) and level != "ALL":
            message = f"The Express machine logs at the level {level}, and nothing else tells what its executions did."
            pointer = f"{machine.pointer}/LoggingConfiguration"
            yield Problem("ExpressUnseen", pointer, message, "Log at the level ALL, without execution data.")


def retries_are_capped(template: Template) -> Iterator[Problem]:
    """A retrier has a number of attempts, a longest delay, and full jitter; or retries nothing."""
    for task in _tasks(template):
        for retrier in task.fields.get("Retry", ()):
            missing = [name for name in ("MaxAttempts", "MaxDelaySeconds") if name not in retrier]
            if retrier.get("JitterStrategy") != "FULL":
                missing.append("JitterStrategy FULL")
            if retrier.get("MaxAttempts") != 0 and missing:
                message = f"retries {', '.join(retrier['ErrorEquals'])} without {', '.join(missing)}."
                yield task.problem("RetrierWithoutCap", message, "Retries at one moment are an outage of their own.")


def iterations_catch_all(template: Template) -> Iterator[Problem]:
    """What goes wrong with one call stays with it: each task of an iteration catches everything."""
    for task in _tasks(template):
        caught = [error for catcher in task.fields.get("Catch", ()) for error in catcher["ErrorEquals"]]
        if task.in_iteration and "States.ALL" not in caught:
            message = "lets an error out, which ends all other calls."
            yield task.problem("NothingCaught", message, "Give it a Catch on States.ALL.")


def soft_limits_strike_first(template: Template) -> Iterator[Problem]:
    """A task gives its function up later than that gives itself up, whatever the call asks for."""
    for task in _tasks(template):
        if ":lambda:invoke" not in task.fields["Resource"]:
            continue
        limit, function = task.fields.get("TimeoutSeconds", 0), task.fields["Arguments"].get("FunctionName", "")
        if isinstance(limit, str):
            yield from _dynamic(task, limit)
        else:
            yield from _fixed(task, limit, _timeout_of(template, function))


def ends_before_the_machine(template: Template) -> Iterator[Problem]:
    """The longest tool's function ends before the machine does."""
    for machine in _running_tools(template):
        if _is_express(machine):
            continue  # no attempt outlives its execution's deadline, and those here are under five minutes
        total = _definition(machine).get("TimeoutSeconds", 0)
        for function in template.of_type("AWS::Lambda::Function"):
            if function.properties.get("Timeout", 3) >= total:
                message = f"The function runs as long as the machine, which ends after {total} s."
                yield Problem(
                    "FunctionTooLong", f"{function.pointer}/Timeout", message, "Lower the one, raise the other."
                )


def logs_no_data(template: Template) -> Iterator[Problem]:
    """The machine logs what happened, and no request or result."""
    for machine in template.of_type(_MACHINE):
        logging = machine.properties.get("LoggingConfiguration", {})
        if not logging.get("Destinations") or logging.get("IncludeExecutionData") is not False:
            message = "The machine logs nothing, or logs requests with all that is in them."
            hint = "Log, with include_execution_data=False."
            yield Problem("LogsData", f"{machine.pointer}/LoggingConfiguration", message, hint)


def _dynamic(task: State, limit: str) -> Iterator[Problem]:
    allowance = limits.HARD_TIMEOUT_ALLOWANCE_SECONDS
    for asked, left in ((1, 600), (30, 600), (limits.MAX_CALL_TIMEOUT_SECONDS, 86_400), (30, 5), (30, -5)):
        hard, soft = _evaluated(limit, asked, left), min(asked, max(left, 1))
        if hard < soft + allowance:
            message = f"ends after {hard:g} s where the tool has {soft} s and {allowance} s are for a cold start."
            yield task.problem("HardLimitFirst", message, "The task's limit is the tool's plus the allowance.")
            return


def _fixed(task: State, limit: float, function_seconds: float | None) -> Iterator[Problem]:
    if function_seconds is None:
        hint = "Name one by a placeholder."
        yield task.problem("UnknownFunction", "invokes a function that is not in the template.", hint)
    elif function_seconds >= limit:
        message = f"gives its function up after {limit:g} s, which may run {function_seconds:g} s."
        yield task.problem("HardLimitFirst", message, "The function's timeout must be the shorter one.")


def _evaluated(limit: str, asked: int, left: int) -> float:
    """Return what a task's limit comes to, for a call that asks for so long with so much left of the deadline."""
    found = _EXPRESSION.fullmatch(limit)
    expression = (found.group(1) if found else limit).replace("$states.input", "$$")
    deadline = (_NOW + timedelta(seconds=left)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    compiled = jsonata.Jsonata(expression.replace("$millis()", str(int(_NOW.timestamp() * 1000))))
    call = {"candidates": [{"timeout_seconds": asked}]}
    return float(compiled.evaluate({"call": call, "candidate": 0, "deadline": deadline}))


def _timeout_of(template: Template, invoked: str) -> float | None:
    for function in template.of_type("AWS::Lambda::Function"):
        arn = template.arn(function.logical_id)
        if invoked == arn or invoked.startswith(f"{arn}:"):
            return float(function.properties.get("Timeout", 3))
    return None


def _running_tools(template: Template) -> Iterator[Resource]:
    """Yield the machines that invoke functions: one that only starts another has nothing to outlive."""
    return (each for each in template.of_type(_MACHINE) if ":lambda:invoke" in each.properties["DefinitionString"])


def _is_express(machine: Resource) -> bool:
    return machine.properties.get("StateMachineType") == "EXPRESS"


def _tasks(template: Template) -> Iterator[State]:
    for machine in template.of_type(_MACHINE):
        yield from (each for each in _states(_definition(machine), machine) if each.fields["Type"] == "Task")


def _states(part: dict[str, Any], machine: Resource, *, in_iteration: bool = False) -> Iterator[State]:
    for name, fields in part["States"].items():
        yield State(name, machine, fields, in_iteration)
        if "ItemProcessor" in fields:
            yield from _states(fields["ItemProcessor"], machine, in_iteration=True)
        for branch in fields.get("Branches", ()):
            yield from _states(branch, machine, in_iteration=in_iteration)


def _definition(machine: Resource) -> dict[str, Any]:
    definition: dict[str, Any] = json.loads(machine.properties["DefinitionString"])
    return definition


_MACHINE: Final = "AWS::StepFunctions::StateMachine"
