"""A sequence of ten no-op tools through the state machine, as a program sees it: the time above the tools' own."""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from bench.runs import options, print_json, probe_cloud
from tool_executor import ToolCall, ToolExecutor

if TYPE_CHECKING:
    from tool_executor.execution import Runner

CALLS: Final = 10
#: What the texts promise: about 50 ms a tool in a sequence, under 100 ms a call.
MOST_MS: Final = 500


@dataclass(frozen=True, slots=True)
class Overhead:
    """Medians over the rounds, in milliseconds. ``tools_ms`` is what the tools say that they took, together."""

    calls: int
    total_ms: float
    tools_ms: float
    overhead_ms: float


def measure(runner: Runner, rounds: int) -> Overhead:
    """Return the overhead of a sequence on a warm local cloud."""
    with ToolExecutor(aws=runner.aws, deployment=runner.deployment, route="state_machine") as executor:
        executor.execute_sequence_sync([ToolCall("noop") for _ in range(CALLS)])
        totals, own = zip(*[_once(executor) for _ in range(rounds)], strict=True)
    total, tools = statistics.median(totals), statistics.median(own)
    return Overhead(CALLS, round(total, 1), round(tools, 1), round(total - tools, 1))


def _once(executor: ToolExecutor) -> tuple[float, float]:
    began = time.perf_counter()
    results = executor.execute_sequence_sync([ToolCall("noop") for _ in range(CALLS)])
    return 1000 * (time.perf_counter() - began), sum(result.execution_time_ms for result in results)


def report(figure: Overhead) -> None:
    """Print a measurement for people."""
    print(f"A sequence of {figure.calls} no-op tools through the state machine, warm local cloud")
    print(f"  {figure.total_ms:.0f} ms in all, {figure.tools_ms:.0f} ms of them the tools' own:", end=" ")
    print(f"{figure.overhead_ms:.0f} ms above ({MOST_MS} ms is the aim)")


def main() -> None:
    """Run the benchmark and print its figure."""
    given = options(__doc__)
    with probe_cloud() as runner:
        figure = measure(runner, given.rounds)
    print_json({"sequence": asdict(figure)}) if given.json else report(figure)


if __name__ == "__main__":
    main()
