"""A plan: steps across agents, some of which need the results of others; and what may be wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem, close_names, json_pointer, shortened
from tool_contract.references import (
    FROM,
    POINTER,
    NothingThereError,
    Reference,
    asks_for_a_secret,
    is_pointer,
    names_a_secret,
    places_of,
    references_in,
    replaced,
    secrets_named_in,
    value_at,
)
from tool_executor.calls import plain_input
from tool_executor.result import ToolExecutionResult

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tool_contract.secret_fields import Path

#: A tool's input, in which FromCall stands for a part of an earlier step's result; or a function that makes it of the
#: results of the steps that a step comes after, by their names.
StepInput = Mapping[str, Any] | Callable[[Mapping[str, ToolExecutionResult]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a plan: who runs which tool on what, and after which other steps.

    ``agent`` is a name that the orchestrator knows. A step is run if all the steps in ``after`` succeeded, and their
    results are what a function as ``input`` is given::

        Step("forecast", "inventory", "forecast_demand", lambda done: worst_of(done["risks"].result), after=["risks"])

    Where a part of a result is all that is wanted, it needs no function: ``{"product_code": FromCall("risks",
    "/risks/0/product_code"), "warehouse_code": "WH001"}``.
    """

    name: str
    agent: str
    tool_name: str
    input: StepInput = field(default_factory=dict)
    after: Sequence[str] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "after", (self.after,) if isinstance(self.after, str) else tuple(self.after))

    @property
    def known_input(self) -> Mapping[str, Any] | None:
        """The input, if it is known before anything was run."""
        return None if callable(self.input) or self.references else self.input

    @property
    def references(self) -> list[tuple[Path, dict[str, Any]]]:
        """Whatever in the input is meant to be a part of an earlier result, and where it stands."""
        return [] if callable(self.input) else list(places_of(plain_input(self.input)))

    def input_from(self, earlier: Mapping[str, ToolExecutionResult]) -> dict[str, Any]:
        """Return the input, made of the earlier results if it is to be made."""
        if callable(self.input):
            return dict(self.input(earlier))
        return dict(_with_results(plain_input(self.input), earlier) if self.references else self.input)


def _with_results(plain: Any, earlier: Mapping[str, ToolExecutionResult]) -> Any:  # noqa: ANN401 - JSON is any value
    values = {}
    for reference in references_in(plain):
        try:
            value = value_at(earlier[reference.call_id].result, reference.pointer)
        except NothingThereError as error:
            message = f"The result of {reference.call_id!r} {error}."
            raise NothingThereError(message) from None
        if asks_for_a_secret(value):
            message = f"The result of {reference.call_id!r} names a secret: only a plan may do so."
            raise NothingThereError(message)
        values[reference.path] = value
    whole = replaced(plain, values)
    # A text alone names nothing; where it was put, it may.
    if list(secrets_named_in(whole)) != list(secrets_named_in(plain)):
        message = "With the results in it the input names a secret that the plan does not."
        raise NothingThereError(message)
    return whole


def in_order(steps: Sequence[Step]) -> list[Step]:
    """Return the steps of a plan without problems so that each comes after those that it needs."""
    by_name = {step.name: step for step in steps}
    return [by_name[name] for name in TopologicalSorter({step.name: step.after for step in steps}).static_order()]


def plan_problems(steps: Sequence[Step], agents: Collection[str]) -> list[Problem]:
    """Return everything that is wrong with the names and the order of a plan's steps; pointers are into the plan."""
    if not steps:
        return [_problem((), "There are no steps to run.")]
    return [*_name_problems(steps, agents), *_cycle_problems(steps)]


def _name_problems(steps: Sequence[Step], agents: Collection[str]) -> Iterator[Problem]:
    names = [step.name for step in steps]
    for position, step in enumerate(steps):
        if step.name in names[:position]:
            yield _problem((position, "name"), f"There is another step named {shortened(step.name)!r}.")
        if step.agent not in agents:
            message = f"There is no agent named {shortened(step.agent)!r}."
            yield _problem((position, "agent"), message, close_names(step.agent, agents))
        yield from _reference_problems(step, position)
        for number, needed in enumerate(step.after):
            if needed not in names:
                message = f"There is no step named {shortened(needed)!r}."
                yield _problem((position, "after", number), message, close_names(needed, names))


def _reference_problems(step: Step, position: int) -> Iterator[Problem]:
    for path, held in step.references:
        name, place = held[FROM], (position, "input", *path)
        if not isinstance(name, str) or not is_pointer(held.get(POINTER, "")) or held.keys() - {FROM, POINTER}:
            yield _problem(place, "This is no reference to a step's result.", 'Say FromCall("step", "/field/0").')
        elif name not in step.after:
            message = f"The step refers to the result of {shortened(name)!r}, and does not come after it."
            yield _problem(place, message, f"Name {shortened(name)!r} in after.")
        elif names_a_secret(Reference(path, name, held.get(POINTER, ""))):
            yield _secret_named_by_a_result(place)


def _secret_named_by_a_result(place: tuple[str | int, ...]) -> Problem:
    message = "A secret is named by the plan: a result, which a page may have written, cannot name one."
    code, hint = ErrorCode.SECRET_IN_REQUEST, 'Say {"secret_ref": "name"}.'
    return Problem(pointer=json_pointer(("steps", *place)), message=message, error_code=code, hint=hint)


def _cycle_problems(steps: Sequence[Step]) -> Iterator[Problem]:
    positions = {step.name: position for position, step in enumerate(steps)}
    for first, cycle in sorted((min(positions[name] for name in cycle), cycle) for cycle in _cycles(steps)):
        waiting = " -> ".join(shortened(name) for name in cycle)
        yield _problem((first, "after"), f"These steps wait for each other: {waiting}.")


def _cycles(steps: Sequence[Step]) -> Iterator[list[str]]:
    """Yield each circle of steps, its first name again at its end; a step in two circles is told of once."""
    needs = {step.name: step.after for step in steps}
    while True:
        try:
            TopologicalSorter(needs).prepare()
        except CycleError as error:
            cycle: list[str] = error.args[1]
            yield cycle
            left = {name: after for name, after in needs.items() if name not in cycle}
            needs = {name: [needed for needed in after if needed not in cycle] for name, after in left.items()}
        else:
            return


def _problem(path: tuple[str | int, ...], message: str, hint: str | None = None) -> Problem:
    pointer = json_pointer(("steps", *path))
    return Problem(pointer=pointer, message=message, error_code=ErrorCode.INVALID_REQUEST, hint=hint)
