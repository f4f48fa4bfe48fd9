"""What hedging does to the tail: the same calls with it and without it, by turns, on a local cloud.

Each round runs 200 calls of a tool that mostly takes 0.1 s on the direct route, four at once; three in a hundred take
2 s in their first attempt, as a container may that meets a cold start or a busy neighbour. Times are the calls' own,
from the first attempt's start to the end of the one that answered, over all rounds. The round before the first is not
counted: in it the executor learns how long the tool takes. What hedging costs is its share of more invocations.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from bench.runs import options, print_json, probe_cloud
from tool_executor import ToolCall, ToolExecutor

if TYPE_CHECKING:
    from tool_executor.execution import Runner
    from tool_executor.result import ToolExecutionResult

CALLS: Final = 200
CONCURRENCY: Final = 4
USUAL_SECONDS: Final = 0.1
SLOW_SECONDS: Final = 2.0
_SLOW_EVERY: Final = 33


@dataclass(frozen=True)
class Figure:
    """Milliseconds a call at four quantiles, and how many more invocations there were than calls, in percent."""

    name: str
    p50_ms: float
    p95_ms: float
    p99_ms: float
    longest_ms: float
    more_invocations_percent: float


def main() -> None:
    """Measure both, by turns, and print them."""
    given = options(__doc__, rounds=2)
    with probe_cloud() as runner:
        figures = measure(runner, given.rounds)
    if given.json:
        print_json({"hedging": [asdict(figure) for figure in figures]})
    else:
        report(figures)


def measure(runner: Runner, rounds: int) -> list[Figure]:
    """Return the figures without hedging, and with it."""
    plain: list[ToolExecutionResult] = []
    hedged: list[ToolExecutionResult] = []
    with _executor(runner, hedge=False) as without, _executor(runner, hedge=True) as with_hedges:
        for executor in (without, with_hedges):
            _round(executor)
        for _ in range(rounds):
            plain += _round(without)
            hedged += _round(with_hedges)
    return [_figure("alone", plain), _figure("hedged", hedged)]


def report(figures: list[Figure]) -> None:
    """Print the figures."""
    slow = f"{100 / _SLOW_EVERY:.0f} % of them {SLOW_SECONDS * 1000:.0f} ms"
    print(f"{CALLS} direct calls of {USUAL_SECONDS * 1000:.0f} ms, {slow}, in ms")
    for one in figures:
        print(
            f"  {one.name:<8} p50 {one.p50_ms:6.0f}   p95 {one.p95_ms:6.0f}   p99 {one.p99_ms:6.0f}"
            f"   longest {one.longest_ms:6.0f}   {one.more_invocations_percent:4.1f} % more invocations"
        )


def _executor(runner: Runner, *, hedge: bool) -> ToolExecutor:
    return ToolExecutor(
        aws=runner.aws, deployment=runner.deployment, route="direct", max_workers=CONCURRENCY, hedge=hedge
    )


def _round(executor: ToolExecutor) -> list[ToolExecutionResult]:
    calls = [
        ToolCall("straggle", {"seconds": SLOW_SECONDS if number % _SLOW_EVERY == _SLOW_EVERY - 1 else USUAL_SECONDS,
                              "usual_seconds": USUAL_SECONDS})
        for number in range(CALLS)
    ]  # fmt: skip
    results = executor.execute_tools_sync(calls)
    if not all(result.success for result in results):
        raise SystemExit("A call failed: the figures would mean nothing.")
    return results


def _figure(name: str, results: list[ToolExecutionResult]) -> Figure:
    times = sorted(result.execution_time_ms for result in results)
    hedges = sum(int(result.metadata.get("hedges", 0)) for result in results)

    def at(share: float) -> float:
        return times[math.ceil(share * len(times)) - 1]

    return Figure(name, at(0.5), at(0.95), at(0.99), at(1), 100 * hedges / len(results))


if __name__ == "__main__":
    main()
