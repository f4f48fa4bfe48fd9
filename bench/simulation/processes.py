"""Runs slices in processes of their own, so many at once: the models are put in place of a process's own clients."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from multiprocessing import resource_tracker
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Any, Final

from bench.simulation.report import Report
from bench.simulation.run import run

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from bench.simulation.scenario import Scenario
    from bench.simulation.slices import Slice

_SPAWN = multiprocessing.get_context("spawn")
_STOPPING: Final = frozenset({signal.SIGINT, signal.SIGTERM})


class SliceDied(Exception):
    """A slice's process ended without a report; what it raised it has written to stderr."""


def run_slices(slices: Iterable[Slice], processes: int) -> Generator[tuple[Slice, int | Report]]:
    """Yield how many calls of a slice have ended, from time to time, and each slice's report.

    Raises :class:`SliceDied`. Whoever stops asking ends the processes.
    """
    waiting: deque[Slice] = deque(slices)
    running: dict[Any, tuple[Slice, SpawnProcess]] = {}
    try:
        while waiting or running:
            while waiting and len(running) < processes:
                _start(waiting.popleft(), running)
            for ready in wait(list(running)):
                told = _told(ready, running)
                yield running[ready][0], told
                if isinstance(told, Report):
                    running.pop(ready)[1].join()
    finally:
        for _, process in running.values():
            process.terminate()
            process.join()


def _start(part: Slice, running: dict[Any, tuple[Slice, SpawnProcess]]) -> None:
    here, there = _SPAWN.Pipe(duplex=False)
    process = _SPAWN.Process(target=_run, args=(part.scenario, there), name=part.name, daemon=True)
    # A process that is half begun could not be ended. It inherits what is blocked: Ctrl-C reaches all processes of a
    # terminal, and the one that began the others decides.
    resource_tracker.ensure_running()  # at its own beginning it would let the signals through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        process.start()
        running[here] = part, process
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    there.close()  # the process has its own end: when that is closed, nothing more comes


def _told(ready: Any, running: dict[Any, tuple[Slice, SpawnProcess]]) -> int | Report:
    try:
        told: int | Report = ready.recv()
    except EOFError:
        part, process = running[ready]
        process.join()
        message = f"The process of {part.name} ended with exit code {process.exitcode} and no report."
        raise SliceDied(message) from None
    return told


def _run(scenario: Scenario, there: Connection) -> None:
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

    def tell(told: int | Report) -> None:
        try:
            there.send(told)
        except OSError:
            os._exit(1)  # who asked is gone, and nobody waits for the report

    tell(run(scenario, tell))
