"""The warm workers of one function."""

from __future__ import annotations

import os
import queue
import signal
import threading
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING

from tool_executor.local.workers.invocation import (
    Answer,
    Invocation,
    Throttled,
    process_ended,
    timed_out,
)
from tool_executor.local.workers.worker import Worker, WorkerSettings

if TYPE_CHECKING:
    from tool_executor.local.workers.function_config import FunctionConfig

_IDLE_SECONDS = 300.0
_STARTING_AT_ONCE = max(2, os.cpu_count() or 1)
"""Python's start is CPU-bound: more starts at once than processors would only delay the first to be ready. Whoever
is ready first takes the work that waits, so short invocations do not start a process each."""


class FunctionPool:
    """One worker per concurrent invocation, reused; the most recently used first, as Lambda does."""

    def __init__(self, config: FunctionConfig, task_root: Path, settings: WorkerSettings) -> None:
        self.config = config
        self._task_root = task_root
        self._settings = settings
        self._lock = threading.RLock()
        self._pending: deque[Invocation] = deque()
        self._idle: list[Worker] = []
        self._workers: set[Worker] = set()
        self._started = 0
        self._open = 0
        self._closed = False

    def invoke(self, payload: bytes, client_context: str | None = None, kill_after: float | None = None) -> Answer:
        """Run the function once and wait for its answer; `kill_after` is a test's.

        Raises:
            Throttled: if the function's reserved concurrency is used up.
        """
        invocation = Invocation(payload, self.config.arn, self.config.timeout_seconds, client_context)
        limit = self.config.reserved_concurrency
        with self._lock:
            if limit is not None and self._open >= limit:
                raise Throttled
            if self._closed:
                return process_ended(invocation, -signal.SIGKILL)
            self._open += 1
            self._pending.append(invocation)
            try:
                self._dispatch()
            except OSError:  # no process could be started
                self._pending.remove(invocation)
                self._open -= 1
                raise
        try:
            return self._await(invocation, kill_after)
        finally:
            with self._lock:
                self._open -= 1

    def _await(self, invocation: Invocation, kill_after: float | None) -> Answer:
        invocation.taken.wait()
        if kill_after is not None and not invocation.done.wait(kill_after):
            self._kill_worker_of(invocation)
        if not invocation.done.wait(invocation.timeout_seconds):
            self._time_out(invocation)
        if invocation.answer is None:
            raise AssertionError  # done is set by resolve() alone
        return invocation.answer

    def _time_out(self, invocation: Invocation) -> None:
        with self._lock:
            invocation.resolve(timed_out(invocation))
            self._kill_worker_of(invocation)

    def _kill_worker_of(self, invocation: Invocation) -> None:
        with self._lock:
            for worker in self._workers:
                if worker.current is invocation:
                    worker.kill()

    def _dispatch(self) -> None:
        while self._pending and self._idle:
            worker = self._idle.pop()
            if worker.alive():
                worker.current = self._pending.popleft()
                worker.slot.put(worker.current)
        starting = sum(1 for worker in self._workers if not worker.ready)
        # Who has answered asks for the next in a moment; who dies instead comes back here through ended().
        free_soon = sum(1 for worker in self._workers if worker.current and worker.current.answer)
        needed = min(len(self._pending) - free_soon, _STARTING_AT_ONCE)
        while not self._closed and starting < needed:
            self._started += 1
            starting += 1
            self._workers.add(Worker(self._started, self.config, self._task_root, self._settings, self))

    # What workers report (worker.WorkerOwner):

    def wait_for_work(self, worker: Worker) -> Invocation | None:
        """Called by a worker that is free; None tells it to end."""
        with self._lock:
            worker.ready = True
            worker.current = None
            if self._closed:
                worker.kill()
                return None
            self._idle.append(worker)
            self._dispatch()
        try:
            invocation = worker.slot.get(timeout=_IDLE_SECONDS)
        except queue.Empty:
            invocation = self._leave_idle(worker)
        if invocation is not None:
            invocation.start_clock()
        return invocation

    def _leave_idle(self, worker: Worker) -> Invocation | None:
        with self._lock:
            if worker in self._idle:
                self._idle.remove(worker)
                worker.kill()
                return None
        return worker.slot.get()  # work was assigned in the same moment

    def answered(self, worker: Worker, request_id: str, answer: Answer) -> bool:
        """Take a worker's answer; False for a request that is not its current one."""
        with self._lock:
            current = worker.current
            if current is None or current.request_id != request_id:
                return False
            return current.resolve(answer)

    def ended(self, worker: Worker, exit_code: int) -> None:
        """A process is gone: whatever it was running, or was started for, is answered now."""
        with self._lock:
            self._workers.discard(worker)
            if worker in self._idle:
                self._idle.remove(worker)
            lost = worker.current
            if lost is None and not worker.ready and self._pending:
                lost = self._pending.popleft()
            if lost is not None:
                lost.resolve(worker.init_error or process_ended(lost, exit_code))
            worker.slot.put(None)
            self._dispatch()

    def close(self) -> None:
        """Kill idle workers now and busy ones when they are done."""
        with self._lock:
            self._closed = True
            for worker in self._idle:
                worker.kill()

    def kill(self) -> None:
        """Kill every worker now; what runs is answered as a crash."""
        with self._lock:
            self._closed = True
            for worker in list(self._workers):
                worker.kill()
            while self._pending:
                lost = self._pending.popleft()
                lost.resolve(process_ended(lost, -signal.SIGKILL))
