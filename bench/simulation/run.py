"""One slice of a simulation, in the process that asks: there is one deployment in a process."""

from __future__ import annotations

import gc
import threading
import time
from typing import TYPE_CHECKING, Final

from bench.simulation.report import Report

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.simulation.executions import StateMachine
    from bench.simulation.scenario import Scenario

_TOLD_EACH_SECONDS: Final = 1.0
_STACK_BYTES: Final = 64 * 1024 * 1024
#: What waits is hundreds of thousands of objects, none of them in a cycle: to look through them took a third of a run.
_GARBAGE_THRESHOLDS: Final = (200_000, 20, 1_000)


def run(scenario: Scenario, tell: Callable[[int], object]) -> Report:
    """Run a scenario and tell now and then how many calls have ended.

    It runs in a thread: a tool's time limit is a signal, which only the main thread gets.
    """
    found: list[Report] = []
    failed: list[BaseException] = []

    def go() -> None:
        try:
            found.append(_run(scenario, tell))
        except BaseException as error:  # noqa: BLE001 - it is raised where the run was asked for
            failed.append(error)

    threading.stack_size(_STACK_BYTES)
    thread = threading.Thread(target=go)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return found[0]


def _run(scenario: Scenario, tell: Callable[[int], object]) -> Report:
    # The code reads its environment as it is imported, and the greenlets' hub is this thread's.
    from bench.simulation.deployment import Simulated  # noqa: PLC0415
    from bench.simulation.executions import StateMachine  # noqa: PLC0415

    began, began_cpu = time.perf_counter(), time.process_time()
    simulated = Simulated.of(scenario)
    machine = StateMachine(simulated)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    ended = threading.Event()
    teller = threading.Thread(target=_tell_of, args=(machine, ended, tell), daemon=True)
    teller.start()
    seen = machine.run()
    ended.set()
    teller.join()
    return Report.of(simulated, seen, time.perf_counter() - began, time.process_time() - began_cpu)


def _tell_of(machine: StateMachine, ended: threading.Event, tell: Callable[[int], object]) -> None:
    while not ended.wait(_TOLD_EACH_SECONDS):
        tell(machine.seen.calls)
