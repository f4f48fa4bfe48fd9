"""One side of the comparison, in a process of its own: a line on standard input is answered by a round's seconds.

What one side's libraries patch into the SDK must not reach the other's.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from contextlib import redirect_stdout
from pathlib import Path

from bench.overhead.lambda_world import CONTEXT, ENVIRONMENT, answer_without_the_sdk


def main() -> None:
    """Time rounds of as many calls as asked for, of the handler in the module named, whole or without the SDK."""
    kind, calls = sys.argv[2], int(sys.argv[3])
    os.environ.update(ENVIRONMENT)
    if kind == "without-sdk":
        os.environ["POWERTOOLS_TRACE_DISABLED"] = "true"
        answer_without_the_sdk()
    side = importlib.import_module(sys.argv[1])
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        for _ in sys.stdin:
            events = [side.event(number) for number in range(calls)]
            with redirect_stdout(nowhere):
                began = time.process_time()
                for event in events:
                    side.handler(event, CONTEXT)
                took = time.process_time() - began
            print(took, flush=True)


if __name__ == "__main__":
    main()
