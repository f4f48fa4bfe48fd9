"""What do a thousand calls cost by this design, and by what is published for agents on Step Functions?

Ten calls an execution of a tool that runs 150 ms at 512 MB, by the project's own arithmetic and list prices
(``tool-executor cost``): counted, not measured. The others are counted in their files, and given their best case.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Final

from bench.runs import options, print_json
from tool_executor.costs.assumptions import Assumptions
from tool_executor.costs.comparison import options_for
from tool_executor.costs.work import CallWork, ExecutionWork

CALLS: Final = 10
_CALL: Final = CallWork(run_seconds=0.15, memory_mb=512, input_bytes=200, result_bytes=1000)


@dataclass(frozen=True, slots=True)
class Cost:
    """State transitions and dollars of a thousand calls, and what that way does without."""

    name: str
    transitions: float
    dollars: float
    without: str


def measure() -> list[Cost]:
    """Return each way's cost, the dearest first."""
    work = ExecutionWork(calls=(_CALL,) * CALLS, lanes=CALLS)
    scale = 1000 / CALLS
    return [
        Cost(
            option.name,
            round(option.bill.count_of("Step Functions", "state transitions") * scale, 1),
            round(option.bill.dollars * scale, 4),
            option.without,
        )
        for option in options_for(work, Assumptions())
    ]


def report(costs: list[Cost]) -> None:
    """Print the costs for people."""
    print(f"A thousand calls of 150 ms, {CALLS} an execution, at list prices")
    print(f"  {'':<34}{'transitions':>12}{'dollars':>10}  does without")
    for cost in costs:
        print(f"  {cost.name:<34}{cost.transitions:>12.0f}{cost.dollars:>10.4f}  {cost.without}")


def main() -> None:
    """Count, and print."""
    given = options(__doc__, rounds=1)
    costs = measure()
    print_json({"cost": [asdict(cost) for cost in costs]}) if given.json else report(costs)


if __name__ == "__main__":
    main()
