"""How long do 100 calls of a tool that takes a second need at concurrency 40, against the 3 s that are ideal?"""

from __future__ import annotations

import math
import platform
import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from bench.runs import options, print_json, probe_cloud, run

if TYPE_CHECKING:
    from tool_executor.execution import Runner

CALLS: Final = 100
CONCURRENCY: Final = 40
TOOL_SECONDS: Final = 1
#: What a warm local cloud must keep to.
MOST_RATIO: Final = 1.5
_WARM_UP_SECONDS: Final = 6
_WARM_RATIO: Final = 1.3
_MOST_WARM_UPS: Final = 5


@dataclass(frozen=True, slots=True)
class Makespan:
    """The median over the rounds. ``ratio`` is that of ``seconds`` to ``ideal_seconds``."""

    calls: int
    concurrency: int
    tool_seconds: float
    ideal_seconds: float
    seconds: float
    ratio: float


def measure(runner: Runner, rounds: int) -> Makespan:
    """Return the makespan once there is a warm worker for each call that runs at once."""
    _warm_up(runner)
    seconds = statistics.median(run(runner, _request(CALLS, TOOL_SECONDS))[0] for _ in range(rounds))
    ideal = math.ceil(CALLS / CONCURRENCY) * TOOL_SECONDS
    return Makespan(CALLS, CONCURRENCY, TOOL_SECONDS, ideal, round(seconds, 3), round(seconds / ideal, 2))


def _warm_up(runner: Runner) -> None:
    """Workers start as many at once as there are processors: calls are repeated until none waits for a worker."""
    for _ in range(_MOST_WARM_UPS):
        seconds, _ = run(runner, _request(CONCURRENCY, _WARM_UP_SECONDS))
        if seconds < _WARM_UP_SECONDS * _WARM_RATIO:
            return


def report(figure: Makespan) -> None:
    """Print a measurement for people."""
    print(f"{figure.calls} calls of a tool that takes {figure.tool_seconds} s, warm local cloud, {platform.platform()}")
    print(f"{'concurrency':>12} {'ideal s':>9} {'makespan s':>11} {'ratio':>7}")
    print(f"{figure.concurrency:>12} {figure.ideal_seconds:>9} {figure.seconds:>11.2f} {figure.ratio:>7.2f}")
    if figure.ratio > MOST_RATIO:
        print(f"The ratio is over {MOST_RATIO}.")


def main() -> None:
    """Run the benchmark and print its figure."""
    given = options(__doc__, rounds=3)
    with probe_cloud() as runner:
        figure = measure(runner, given.rounds)
    print_json({"makespan": asdict(figure)}) if given.json else report(figure)


def _request(calls: int, seconds: float) -> dict[str, Any]:
    call = {"tool_name": "echo", "input": {"seconds": seconds}}
    return {"calls": [call] * calls, "max_concurrency": CONCURRENCY}


if __name__ == "__main__":
    main()
