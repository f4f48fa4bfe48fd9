"""What ``import tool_executor`` costs, against ``import pydantic, boto3`` in the same run.

The package imports a name's module when the name is first asked for: what that costs is told, too.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Final

from bench.runs import options, print_json

#: The client is made of the two; its clients are made when first used.
MOST_RATIO: Final = 1.2


@dataclass(frozen=True, slots=True)
class ImportCost:
    """The least of some rounds, in milliseconds, without what starting Python costs."""

    tool_executor_ms: float
    with_the_executor_ms: float
    pydantic_and_boto3_ms: float
    ratio: float


def measure(rounds: int) -> ImportCost:
    """Return the costs. The kinds of process take turns, so that a busy moment meets all."""
    executor = "from tool_executor import ToolExecutor"
    statements = ("pass", "import tool_executor", executor, "import pydantic, boto3")
    times = [[_seconds(statement) for statement in statements] for _ in range(rounds)]
    start, own, executor_too, base = (min(column) for column in zip(*times, strict=True))
    return ImportCost(
        round(1000 * (own - start), 1),
        round(1000 * (executor_too - start), 1),
        round(1000 * (base - start), 1),
        round((own - start) / (base - start), 2),
    )


def _seconds(statement: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return time.perf_counter() - began


def report(cost: ImportCost) -> None:
    """Print a measurement for people."""
    print(f"import tool_executor {cost.tool_executor_ms:.0f} ms, import pydantic, boto3", end=" ")
    print(f"{cost.pydantic_and_boto3_ms:.0f} ms: ratio {cost.ratio:.2f} (at most {MOST_RATIO} is the aim)")
    print(f"  from tool_executor import ToolExecutor: {cost.with_the_executor_ms:.0f} ms")


def main() -> None:
    """Run the benchmark and print its figure."""
    given = options(__doc__, rounds=10)
    cost = measure(given.rounds)
    print_json({"imports": asdict(cost)}) if given.json else report(cost)


if __name__ == "__main__":
    main()
