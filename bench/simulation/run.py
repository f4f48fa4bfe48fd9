"""One process's part of a simulation."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Final

from bench.simulation.report import Report

if TYPE_CHECKING:
    from bench.simulation.workload import Scenario

_PROGRESS_SECONDS: Final = 5.0
_STACK_BYTES: Final = 64 * 1024 * 1024


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
