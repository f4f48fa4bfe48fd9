"""How long do calls of a tool that does nothing take through the state machine, and how does that grow?

Runs on a warm local cloud: Step Functions' interpreter, Lambda's runtime client and DynamoDB are this machine's, so
the figures compare with each other and say nothing about AWS. Every size is run several times in turn; medians count.
"""

from __future__ import annotations

import platform
import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from bench.runs import options, print_json, probe_cloud, run, transitions

if TYPE_CHECKING:
    from tool_executor.execution import Execution, Runner

CONCURRENCY: Final = 10
SIZES: Final = (25, 100, 250)


@dataclass(frozen=True, slots=True)
class Figure:
    """Medians over the rounds. ``transitions`` counts the states entered in one execution's history."""

    calls: int
    concurrency: int
    seconds: float
    ms_per_call: float
    transitions: int


def measure(runner: Runner, rounds: int) -> list[Figure]:
    """Warm up, then run every size in turn."""
    run(runner, _request(CONCURRENCY * 4))
    runs = [[run(runner, _request(size)) for size in SIZES] for _ in range(rounds)]
    return [_figure(runner, size, list(of_size)) for size, of_size in zip(SIZES, zip(*runs, strict=True), strict=True)]


def report(figures: list[Figure]) -> None:
    """Print the figures for people."""
    print(f"No-op calls through the state machine, warm local cloud, concurrency {CONCURRENCY}, {platform.platform()}")
    print(f"{'calls':>6} {'total s':>9} {'ms a call':>10} {'transitions':>12}")
    for figure in figures:
        print(f"{figure.calls:>6} {figure.seconds:>9.2f} {figure.ms_per_call:>10.1f} {figure.transitions:>12}")
    print(f"ms a call at {SIZES[-1]} over that at {SIZES[0]}: {figures[-1].ms_per_call / figures[0].ms_per_call:.2f}")


def main() -> None:
    """Run the benchmark and print its figures."""
    given = options(__doc__)
    with probe_cloud() as runner:
        figures = measure(runner, given.rounds)
    print_json({"figures": [asdict(figure) for figure in figures]}) if given.json else report(figures)


def _request(calls: int) -> dict[str, Any]:
    return {"calls": [{"tool_name": "noop", "input": {}}] * calls, "max_concurrency": CONCURRENCY}


def _figure(runner: Runner, size: int, runs: list[tuple[float, Execution]]) -> Figure:
    seconds = statistics.median(one[0] for one in runs)
    return Figure(
        size, CONCURRENCY, round(seconds, 3), round(seconds / size * 1000, 2), transitions(runner, runs[-1][1])
    )


if __name__ == "__main__":
    main()
