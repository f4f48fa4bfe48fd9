"""What it takes to orchestrate a call: 1,000 calls of tools that do nothing, 100 at once, in the same run.

Nothing leaves a process, so that what is measured is each executor's own work, over the baseline: ``asyncio.gather``
of as many coroutines behind a semaphore. The least of some rounds counts; within a round all take turns.

- *ToolExecutor, direct route*: ``execute_tools`` whole, with its checks, deadlines, attempt numbers, executions of 250
  calls, attempt log and results. Only ``LambdaHttp`` is replaced, by one that answers at once. What the planner, the
  tool's function and the finisher answer was written down as bytes beforehand, for the ids that come: their own work
  is Lambda's, and so it is in none of the figures; reading their answers is the client's, and is. HTTP and signatures
  are left out, which ``python -m bench.direct`` measures.
- *LangGraph ToolNode*: one message with 1,000 tool calls; what comes is 1,000 tool messages. It starts all at once.
- *Strands ConcurrentToolExecutor*: one turn's 1,000 tool uses of an agent with no model. It starts all at once.
- *thread pool with tenacity*: a pool of 100 threads, awaited by asyncio with a time limit each.
- *asyncio with stamina and a timeout*: the baseline with retries and a time limit each.

The others run in an environment of their own (``requirements/bench.lock``). None of them keeps a record, checks a
request as a whole, or fences a late attempt; ToolNode and Strands check a tool's arguments, as the function does here.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import IO, TYPE_CHECKING, Any, Final

from bench.environment import rivals_python
from bench.runs import ROOT, options, print_json
from bench.stub_transport import AWS, DEPLOYMENT, StubTransport
from tool_executor import ToolCall, ToolExecutor

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLS: Final = 1000
CONCURRENCY: Final = 100
_OF_AN_EXECUTION: Final = 250
OWN: Final = "ToolExecutor, direct route"
_BASELINE: Final = "baseline"
#: Seconds by the clock, and of the processor.
_Took = tuple[float, float]


@dataclass(frozen=True)
class Figure:
    """One executor's microseconds a call over the baseline: by the clock, and of the processor."""

    name: str
    microseconds: float
    cpu_microseconds: float


def main() -> None:
    """Measure all, by turns, and print them."""
    given = options(__doc__, rounds=15)
    figures = measure(given.rounds)
    if given.json:
        print_json({"orchestration": [asdict(figure) for figure in figures]})
    else:
        report(figures)


def measure(rounds: int) -> list[Figure]:
    """Return a figure for each executor, this project's first."""
    own_rounds: dict[str, list[_Took]] = {OWN: [], _BASELINE: []}
    their_rounds: dict[str, list[_Took]] = {}
    with _rivals() as (asked, answers):
        _own_round(own_rounds)
        own_rounds = {name: [] for name in own_rounds}
        for _ in range(rounds):
            _own_round(own_rounds)
            print(file=asked, flush=True)
            for name, took in json.loads(answers.readline()).items():
                their_rounds.setdefault(name, []).append((took[0], took[1]))
    return _figures(own_rounds) + _figures(their_rounds)


def report(figures: list[Figure]) -> None:
    """Print the figures."""
    print(f"{CALLS} calls that do nothing, {CONCURRENCY} at once: microseconds a call over gather and a semaphore")
    own = figures[0]
    for figure in figures:
        times = "" if figure is own else f"{figure.microseconds / own.microseconds:8.1f} times"
        print(f"  {figure.name:<36}{figure.microseconds:8.1f}{figure.cpu_microseconds:8.1f} of CPU{times}")
    print("  the aim: Strands at least 2 times, ToolNode more than 1")


def _figures(rounds: dict[str, list[_Took]]) -> list[Figure]:
    least = {name: [min(values) for values in zip(*took, strict=True)] for name, took in rounds.items()}
    clock, cpu = least.pop(_BASELINE)
    scale = 1e6 / CALLS
    return [Figure(name, (took[0] - clock) * scale, (took[1] - cpu) * scale) for name, took in least.items()]


def _own_round(rounds: dict[str, list[_Took]]) -> None:
    rounds[_BASELINE].append(asyncio.run(_baseline()))
    rounds[OWN].append(asyncio.run(_own()))


async def _own() -> _Took:
    async with ToolExecutor(aws=AWS, deployment=DEPLOYMENT, route="direct", max_workers=CONCURRENCY) as executor:
        executor._connection.http = StubTransport([_OF_AN_EXECUTION])  # noqa: SLF001 - all but the network is its own
        calls = [ToolCall("stub") for _ in range(CALLS)]
        began, cpu = time.perf_counter(), time.process_time()
        results = await executor.execute_tools(calls)
        took = time.perf_counter() - began, time.process_time() - cpu
    if not all(result.success for result in results) or len(results) != CALLS:
        raise SystemExit(f"A call failed, so the figures would mean nothing: {results[0]}")
    return took


async def _baseline() -> _Took:
    gate = asyncio.Semaphore(CONCURRENCY)

    async def noop() -> str:
        return ""

    async def one() -> str:
        async with gate:
            return await noop()

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*[one() for _ in range(CALLS)])
    return time.perf_counter() - began, time.process_time() - cpu


@contextmanager
def _rivals() -> Iterator[tuple[IO[Any], IO[Any]]]:
    script = ROOT / "bench" / "rival_executors.py"
    command = [str(rivals_python()), str(script), str(CALLS), str(CONCURRENCY)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError  # they are pipes
        try:
            yield process.stdin, process.stdout
        finally:
            process.stdin.close()


if __name__ == "__main__":
    main()
