"""How many state transitions, which Standard workflows are paid by, does each course of events take?

Counted from the executions' histories: exact, and the same on AWS.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from bench.runs import options, print_json, probe_cloud, run, transitions

if TYPE_CHECKING:
    from tool_executor.execution import Runner

_GOOD: Final[dict[str, Any]] = {"tool_name": "noop", "input": {}}
_FAILING: Final[dict[str, Any]] = {"tool_name": "missing", "input": {"name": "x"}}
_AROUND_CALLS: Final = 3


def _flaky(failures: int) -> dict[str, Any]:
    return {"tool_name": "flaky", "input": {"failures": failures}, "retry": {"initial_delay_seconds": 0}}


@dataclass(frozen=True, slots=True)
class Course:
    """A request, how it ends, and its transitions."""

    name: str
    calls: tuple[dict[str, Any], ...]
    mode: str = "parallel"
    status: str = "succeeded"

    def counted(self, runner: Runner) -> Counted:
        """Run it and count."""
        _, execution = run(runner, {"calls": list(self.calls), "mode": self.mode}, self.status)
        total = transitions(runner, execution)
        return Counted(self.name, len(self.calls), total, (total - _AROUND_CALLS) / len(self.calls))


@dataclass(frozen=True, slots=True)
class Counted:
    """The transitions of an execution; ``per_call`` leaves out the three of the execution itself."""

    course: str
    calls: int
    transitions: int
    per_call: float


COURSES: Final = (
    Course("one call succeeds", (_GOOD,)),
    Course("ten calls succeed", (_GOOD,) * 10),
    Course("a call succeeds after one retry", (_flaky(1),)),
    Course("a call succeeds after two retries", (_flaky(2),)),
    Course("a call fails at once", (_FAILING,), status="failed"),
    Course("a fallback succeeds", ({**_FAILING, "fallbacks": [_GOOD]},)),
    Course("the second of three calls stops a sequence", (_GOOD, _FAILING, _GOOD), "sequence", "partial"),
)


def measure(runner: Runner) -> list[Counted]:
    """Run every course once: a count needs no second round."""
    return [course.counted(runner) for course in COURSES]


def report(counted: list[Counted]) -> None:
    """Print the counts for people."""
    print(f"State transitions; an execution itself takes {_AROUND_CALLS}")
    print(f"{'course':<44} {'calls':>6} {'transitions':>12} {'per call':>9}")
    for each in counted:
        print(f"{each.course:<44} {each.calls:>6} {each.transitions:>12} {each.per_call:>9.1f}")


def main() -> None:
    """Run the benchmark and print its figures."""
    given = options(__doc__, rounds=1)
    with probe_cloud() as runner:
        counted = measure(runner)
    print_json({"transitions": [asdict(each) for each in counted]}) if given.json else report(counted)


if __name__ == "__main__":
    main()
