"""The direct route against a bare loop: 1,000 calls of a 20 ms stand-in, 100 at once, in the same run.

The bare loop is aiobotocore's, in an environment of its own, made at the first run. Ratios count, not the times.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from bench.environment import rivals_python
from bench.runs import ROOT, options, print_json
from tool_executor import ToolCall, ToolExecutor
from tool_executor.aws import Aws
from tool_executor.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CALLS: Final = 1000
CONCURRENCY: Final = 100


@dataclass(frozen=True)
class Figure:
    """The best of some rounds: calls a second, and milliseconds of this side's CPU a call."""

    name: str
    calls_a_second: float
    cpu_ms_a_call: float


def main() -> None:
    """Measure both, one after the other, and print them with their ratio."""
    given = options(__doc__, rounds=3)
    figures = measure(given.rounds)
    if given.json:
        print_json({"direct": [asdict(figure) for figure in figures]})
    else:
        report(figures)


def measure(rounds: int) -> list[Figure]:
    """Return the figures of the executor and of the bare loop."""
    bare_python = rivals_python()
    with _stub() as port:
        executor = _executor(port)
        own, bare = [], []
        for _ in range(rounds):
            own.append(asyncio.run(_timed(executor)))
            bare.append(_bare(bare_python, port))
    return [_best("ToolExecutor, direct route", own), _best("bare aiobotocore loop", bare)]


def report(figures: list[Figure]) -> None:
    """Print the figures."""
    print(f"{CALLS} direct calls of a 20 ms stand-in, {CONCURRENCY} at once")
    for figure in figures:
        print(f"  {figure.name:<28}{figure.calls_a_second:8.0f} calls/s{figure.cpu_ms_a_call:8.2f} ms CPU a call")
    own, bare = figures
    print(f"  throughput ratio {own.calls_a_second / bare.calls_a_second:.2f} (1 or more is the aim)")


async def _timed(executor: ToolExecutor) -> tuple[float, float]:
    """Run all calls once the connections stand; return seconds, and seconds of CPU."""
    async with executor:
        await executor.execute_tools([ToolCall("stub") for _ in range(CONCURRENCY)])
        began, cpu = time.perf_counter(), time.process_time()
        results = await executor.execute_tools([ToolCall("stub") for _ in range(CALLS)])
        took = time.perf_counter() - began, time.process_time() - cpu
    if not all(result.success for result in results):
        raise SystemExit("A call failed: the figures would mean nothing.")
    return took


def _bare(python: Path, port: int) -> tuple[float, float]:
    command = [str(python), str(ROOT / "bench" / "bare_loop.py"), str(port), str(CALLS), str(CONCURRENCY)]
    said = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return said["seconds"], said["cpu_seconds"]


def _best(name: str, rounds: list[tuple[float, float]]) -> Figure:
    seconds, cpu_seconds = (min(values) for values in zip(*rounds, strict=True))
    return Figure(name, CALLS / seconds, 1000 * cpu_seconds / CALLS)


def _executor(port: int) -> ToolExecutor:
    deployment = Deployment("none", "none", "none", "none", "bench-planner", "bench-finisher", {"stub": "bench-stub"})
    aws = Aws("us-east-1", f"http://127.0.0.1:{port}")
    return ToolExecutor(aws=aws, deployment=deployment, route="direct", max_workers=CONCURRENCY)


@contextmanager
def _stub() -> Iterator[int]:
    command = [sys.executable, "-m", "bench.stub_lambda"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            if process.stdout is None:
                raise AssertionError  # it is a pipe
            yield int(process.stdout.readline())
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
