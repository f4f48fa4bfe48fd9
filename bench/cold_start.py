"""What does a cold start import, and what does that cost, against what a handler of boto3 and Powertools imports?

Each import is a process of its own, in the environment that Lambda sets, tracing on; CPU counts, not the clock, as a
busy machine stretches the clock. The kinds of process take turns. `ready` is the import with DynamoDB's client made,
which the first event needs; the base makes one, too.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass
from typing import Final

from bench.overhead.lambda_world import ENVIRONMENT
from bench.runs import ROOT, options, print_json

#: Of planner and of a tool that needs nothing besides.
MOST_RATIO: Final = 1.2
_CLIENT: Final = "; from lambdas.runtime import aws_clients; aws_clients.dynamodb()"
_BASE: Final = (
    "import boto3; boto3.client('dynamodb'); from aws_lambda_powertools import Logger, Metrics, Tracer; "
    "Logger(), Metrics(namespace='Bench'), Tracer()"
)
HANDLERS: Final = {
    "planner": "lambdas.planner.handler",
    "plain tool": "tests.tool_groups.vault.handler",
    "finisher": "lambdas.finisher.handler",
    "browser": "lambdas.browser.handler",
    "inventory-optimizer": "lambdas.inventory_optimizer.handler",
}
_SHOWN_PACKAGES: Final = 6


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Milliseconds of CPU beyond starting Python, the least of some rounds; ratios are to the base's.

    ``packages`` are the most expensive ones' own milliseconds, by import time.
    """

    function: str
    import_ms: float
    import_ratio: float
    ready_ms: float
    ready_ratio: float
    modules: int
    packages: dict[str, float]


def measure(rounds: int) -> tuple[float, list[ColdStart]]:
    """Return the base's milliseconds and each function's figures."""
    statements = ["pass", _BASE]
    for module in HANDLERS.values():
        statements += [f"import {module}", f"import {module}{_CLIENT}"]
    times = [[_cpu_seconds(statement) for statement in statements] for _ in range(rounds)]
    start, base, *others = (1000 * min(column) for column in zip(*times, strict=True))
    unit = base - start
    pairs = zip(HANDLERS.items(), others[::2], others[1::2], strict=True)
    return round(unit, 1), [
        _figure(name, module, imported - start, ready - start, unit) for (name, module), imported, ready in pairs
    ]


def _figure(name: str, module: str, imported: float, ready: float, unit: float) -> ColdStart:
    modules, packages = _profile(module)
    return ColdStart(
        name,
        round(imported, 1),
        round(imported / unit, 2),
        round(ready, 1),
        round(ready / unit, 2),
        modules,
        packages,
    )


def _cpu_seconds(statement: str) -> float:
    process = subprocess.Popen([sys.executable, "-c", statement], cwd=ROOT, env=_environment())
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{statement!r} failed.")
    return used.ru_utime + used.ru_stime


def _profile(module: str) -> tuple[int, dict[str, float]]:
    """Return how many modules an import loads, and its most expensive packages' own milliseconds."""
    command = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    told = subprocess.run(command, cwd=ROOT, env=_environment(), check=True, capture_output=True, text=True).stderr
    lines = [line.removeprefix("import time:").split("|") for line in told.splitlines() if "|" in line][1:]
    own = Counter[str]()
    for microseconds, _, name in lines:
        own[name.strip().partition(".")[0]] += int(microseconds)
    return len(lines), {name: round(spent / 1000, 1) for name, spent in own.most_common(_SHOWN_PACKAGES)}


def _environment() -> dict[str, str]:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {**inherited, **ENVIRONMENT, "TOOL_FUNCTIONS": "{}", "HISTORY_TTL_DAYS": "1"}


def report(found: tuple[float, list[ColdStart]]) -> None:
    """Print a measurement for people."""
    base, figures = found
    print(f"Cold import, ms of CPU; boto3's DynamoDB client with Powertools Logger, Metrics, Tracer: {base:.0f}")
    print(f"{'':<20}{'import':>8}{'ratio':>7}{'ready':>8}{'ratio':>7}{'modules':>9}  most of it")
    for one in figures:
        most = ", ".join(f"{name} {spent:.0f}" for name, spent in one.packages.items())
        print(
            f"{one.function:<20}{one.import_ms:>8.0f}{one.import_ratio:>7.2f}{one.ready_ms:>8.0f}{one.ready_ratio:>7.2f}"
            f"{one.modules:>9}  {most}"
        )
    print(f"  at most {MOST_RATIO} is the aim for planner and plain tool")


def main() -> None:
    """Run the benchmark and print its figures."""
    given = options(__doc__, rounds=10)
    base, figures = found = measure(given.rounds)
    if given.json:
        print_json({"base_ms": base, "cold_start": [asdict(one) for one in figures]})
    else:
        report(found)


if __name__ == "__main__":
    main()
