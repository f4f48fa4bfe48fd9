"""What does the runtime add to a tool that does nothing, warm, in process, against Powertools on the same stub?

Both answer the same question in this process, in turns, with the same tool and real SDK clients whose requests to
DynamoDB are answered before they are sent; parts of traces go to a port where nobody listens, lines to /dev/null.

- The runtime, as the state machine calls it: the event's frame is checked, the attempt takes the record of its call and
  reads the input from it, cache, circuit breaker and retry budget are asked, the input is checked by schema and type,
  the time is limited, secrets are kept apart, the result is checked and written into the record; one line of metrics,
  one part of the trace with what it is found by, one for each request.
- Powertools: Logger with its context, Metrics with one metric, Tracer, the parser with a pydantic model, and the
  idempotency decorator with its DynamoDB layer, which writes a record in progress, and then its end. It logs nothing.

Then both once more without the SDK's own work, the most of it and much the same for both, and without traces.
"""

from __future__ import annotations

import subprocess
import sys
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import Final

from bench.runs import ROOT, options, print_json

CALLS: Final = 100
#: What the runtime must keep to.
MOST_RATIO: Final = 1.0
_SIDES: Final = ("bench.overhead.own_handler", "bench.overhead.powertools_handler")


@dataclass(frozen=True, slots=True)
class Share:
    """Microseconds of CPU a call, the least of some rounds; ``ratio`` is the runtime's to Powertools'."""

    runtime_us: float
    powertools_us: float
    ratio: float


@dataclass(frozen=True, slots=True)
class Overhead(Share):
    """The whole, and ``without_sdk``: neither the SDK's own work nor traces."""

    without_sdk: Share


def measure(rounds: int) -> Overhead:
    """Return what both take; they take turns, so that a busy moment meets both."""
    return Overhead(**asdict(_share(rounds, "whole")), without_sdk=_share(rounds, "without-sdk"))


def _share(rounds: int, kind: str) -> Share:
    with ExitStack() as stack:
        sides = [stack.enter_context(_process(module, kind)) for module in _SIDES]
        times = [[_seconds(side) for side in sides] for _ in range(rounds + 1)][1:]
        for side in sides:
            side.terminate()
    own, other = (min(column) / CALLS * 1e6 for column in zip(*times, strict=True))
    return Share(round(own, 1), round(other, 1), round(own / other, 2))


def _process(module: str, kind: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "bench.overhead.side", module, kind, str(CALLS)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _seconds(side: subprocess.Popen[str]) -> float:
    if side.stdin is None or side.stdout is None:
        raise AssertionError  # they are pipes
    side.stdin.write("\n")
    side.stdin.flush()
    return float(side.stdout.readline())


def report(found: Overhead) -> None:
    """Print a measurement for people."""
    print(f"A tool that does nothing, warm, in process: the runtime {found.runtime_us:.0f} us of CPU a call,", end=" ")
    print(f"Powertools {found.powertools_us:.0f} us: ratio {found.ratio:.2f} (at most {MOST_RATIO} is the aim)")
    bare = found.without_sdk
    print(f"  without the SDK's own work, and without traces: {bare.runtime_us:.0f} us,", end=" ")
    print(f"Powertools {bare.powertools_us:.0f} us: ratio {bare.ratio:.2f}")


def main() -> None:
    """Run the benchmark and print its figure."""
    given = options(__doc__, rounds=40)
    found = measure(given.rounds)
    print_json({"overhead": asdict(found)}) if given.json else report(found)


if __name__ == "__main__":
    main()
