"""Does the local cloud hold its pace in a crowd? Four executions of 250 calls at once, against one of 100.

Calls of a tool that does nothing, each execution with ten at once, on a warm local cloud: what a call takes is what the
cloud itself costs. Rounds take turns; the least of each counts, as all else on the machine only adds to it.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from bench.runs import options, print_json, probe_cloud

if TYPE_CHECKING:
    from tool_executor.execution import Runner

ALONE: Final = 100
CROWD: Final = 4
EACH: Final = 250
#: What a call in the crowd may take of what one takes alone.
MOST_RATIO: Final = 1.2
_CONCURRENCY: Final = 10
_PAUSE_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Pace:
    """Milliseconds a call, from the first start to the last end."""

    alone_ms: float
    crowd_ms: float
    ratio: float


def measure(runner: Runner, rounds: int) -> Pace:
    """Warm up as many workers as the crowd uses, then measure both in turns."""
    _seconds(runner, CROWD, ALONE)
    times = [(_seconds(runner, 1, ALONE), _seconds(runner, CROWD, EACH)) for _ in range(rounds)]
    alone, crowd = (min(column) for column in zip(*times, strict=True))
    alone_ms, crowd_ms = 1000 * alone / ALONE, 1000 * crowd / (CROWD * EACH)
    return Pace(round(alone_ms, 2), round(crowd_ms, 2), round(crowd_ms / alone_ms, 2))


def _seconds(runner: Runner, executions: int, calls: int) -> float:
    """Start executions at once and return the seconds until all have ended."""
    began = time.perf_counter()
    started = [runner.start(_request(calls)) for _ in range(executions)]
    for one in started:
        # Seldom, and of one at a time: the cloud is this process, and each question is work for it.
        while runner.aws.step_functions.describe_execution(executionArn=one.arn)["status"] == "RUNNING":
            time.sleep(_PAUSE_SECONDS)
    took = time.perf_counter() - began
    for one in started:
        output = runner.output(one)
        if output["counts"]["success"] != calls:
            raise SystemExit(f"Not all calls succeeded: {output['counts']}")
    return took


def _request(calls: int) -> dict[str, Any]:
    return {"calls": [{"tool_name": "noop", "input": {}}] * calls, "max_concurrency": _CONCURRENCY}


def report(found: Pace) -> None:
    """Print a measurement for people."""
    print(f"Local cloud: one execution of {ALONE} calls {found.alone_ms:.1f} ms a call,", end=" ")
    print(f"{CROWD} of {EACH} at once {found.crowd_ms:.1f} ms: ratio {found.ratio:.2f}", end=" ")
    print(f"(at most {MOST_RATIO} is the aim)")


def main() -> None:
    """Run the benchmark and print its figure."""
    given = options(__doc__, rounds=3)
    with probe_cloud() as runner:
        found = measure(runner, given.rounds)
    print_json({"crowd": asdict(found)}) if given.json else report(found)


if __name__ == "__main__":
    main()
