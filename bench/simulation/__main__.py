"""``python -m bench.simulation``: so many calls through the project's code and modelled services, and what came of it.

Exit code: 0; 1 if a promise was broken; 2 if it cannot be run so.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import threading
import time
from dataclasses import fields, replace
from functools import reduce
from typing import Final

from bench.simulation.report import Report, lines_of, seed_line
from bench.simulation.workload import Scenario

_PROGRESS_SECONDS: Final = 5.0
_STACK_BYTES: Final = 64 * 1024 * 1024


def main() -> int:
    """Run what the command line asks for."""
    scenario, processes, as_json = _asked()
    say = (lambda text: print(text, file=sys.stderr)) if as_json else print
    say(seed_line(scenario))
    # Each process has a stretch of time of its own: what is shared in a second stays shared.
    share, more = divmod(scenario.calls, processes)
    parts = [
        replace(scenario, calls=share + (number < more), seed=scenario.seed + number) for number in range(processes)
    ]
    if processes == 1:
        report = run(scenario)
    else:
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            report = reduce(Report.joined, pool.map(run, parts))
    if as_json:
        print(json.dumps(report.to_json(), indent=2))
    else:
        print("\n".join(lines_of(report)))
    return 1 if report.broken else 0


def run(scenario: Scenario) -> Report:
    """Run one process's part, in a thread: a tool's time limit is a signal, which only the main thread gets."""
    found: list[Report] = []
    failed: list[BaseException] = []

    def go() -> None:
        try:
            found.append(_run(scenario))
        except BaseException as error:  # noqa: BLE001 - it is raised where the run was asked for
            failed.append(error)

    threading.stack_size(_STACK_BYTES)
    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


def _run(scenario: Scenario) -> Report:
    # The code reads its environment as it is imported, and the greenlets' hub is this thread's.
    from bench.simulation.deployment import Simulated  # noqa: PLC0415
    from bench.simulation.executions import StateMachine  # noqa: PLC0415

    began = time.perf_counter()
    simulated = Simulated.of(scenario)
    machine = StateMachine(simulated)
    ended = threading.Event()
    teller = threading.Thread(target=_tell, args=(machine, ended, began), daemon=True)
    teller.start()
    seen = machine.run()
    ended.set()
    teller.join()
    return Report.of(simulated, seen, time.perf_counter() - began)


def _tell(machine: object, ended: threading.Event, began: float) -> None:
    while not ended.wait(_PROGRESS_SECONDS):
        seen, now = machine.seen, machine.simulated.timeline.now  # type: ignore[attr-defined]
        took = time.perf_counter() - began
        print(f"{seen.calls:>12,} calls, {now:8.1f} s there, {took:7.0f} s here", file=sys.stderr, flush=True)


def _asked() -> tuple[Scenario, int, bool]:
    parser = argparse.ArgumentParser(prog="python -m bench.simulation", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the figures as JSON; progress goes to stderr")
    parser.add_argument("--processes", type=int, default=1, help="each runs a part of the time (default 1)")
    for each in fields(Scenario):
        option, default = f"--{each.name.replace('_', '-')}", each.default
        if isinstance(default, bool):
            parser.add_argument(option, action="store_true")
        else:
            parser.add_argument(option, type=type(default), default=default, help=f"default {default}")
    said = vars(parser.parse_args())
    as_json, processes = said.pop("json"), said.pop("processes")
    scenario = Scenario(**said)
    sizes = (scenario.calls, scenario.rate, scenario.calls_per_execution, scenario.tools, scenario.shards)
    if min(sizes) <= 0 or processes < 1 or scenario.calls_per_execution > 250:  # noqa: PLR2004 - an execution holds no more
        parser.error("calls, rates, shards and processes are above 0, and calls per execution at most 250.")
    return scenario, processes, as_json


if __name__ == "__main__":
    sys.exit(main())
