"""A plan: steps across agents, some of which need the results of others; and what may be wrong with one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem, close_names, json_pointer, shortened
from tool_executor.result import ToolExecutionResult

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

#: A tool's input, or a function that makes it of the results of the steps that a step comes after, by their names.
StepInput = Mapping[str, Any] | Callable[[Mapping[str, ToolExecutionResult]], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Step:
    """One call of a plan: who runs which tool on what, and after which other steps.

    ``agent`` is a name that the orchestrator knows. A step is run if all the steps in ``after`` succeeded, and their
    results are what a function as ``input`` is given::

        Step("forecast", "inventory", "forecast_demand", lambda done: worst_of(done["risks"].result), after=["risks"])
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
        return None if callable(self.input) else self.input

    def input_from(self, earlier: Mapping[str, ToolExecutionResult]) -> dict[str, Any]:
        """Return the input, made of the earlier results if it is to be made."""
        return dict(self.input(earlier) if callable(self.input) else self.input)


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
        for number, needed in enumerate(step.after):
            if needed not in names:
                message = f"There is no step named {shortened(needed)!r}."
                yield _problem((position, "after", number), message, close_names(needed, names))


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
