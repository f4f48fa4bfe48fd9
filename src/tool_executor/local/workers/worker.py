"""One worker process: its Runtime API endpoint, its log, the invocation that it runs."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tool_executor.local.workers.environment import worker_command, worker_environment
from tool_executor.local.workers.invocation import Answer, Invocation
from tool_executor.local.workers.runtime_api import RuntimeEndpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_executor.local.workers.function_config import FunctionConfig

_LOG_TAIL_BYTES = 4096
_INIT_ALLOWANCE_SECONDS = 10.0
"""Lambda gives an init phase ten seconds and then repeats it within the function's timeout; here it simply has both."""


class ProcessRegistry(Protocol):
    """Is told of every process group, so that none outlives this process however it ends."""

    def add(self, process_group: int) -> None:
        """A worker has started."""

    def remove(self, process_group: int) -> None:
        """It has ended."""


class StandIns(Protocol):
    """What of AWS stands on this machine besides its APIs: browsers."""

    def environment(self, configured: Mapping[str, str]) -> Mapping[str, str]:
        """Return what replaces a function's own settings."""


class WorkerOwner(Protocol):
    """The pool that a worker belongs to."""

    def wait_for_work(self, worker: Worker) -> Invocation | None:
        """The worker is free; None tells it to end."""

    def answered(self, worker: Worker, request_id: str, answer: Answer) -> bool:
        """The worker has answered; False if it was not asked."""

    def ended(self, worker: Worker, exit_code: int) -> None:
        """The worker's process is gone."""


@dataclass(frozen=True)
class WorkerSettings:
    """What all workers of a run share."""

    run_folder: Path
    endpoint_url: str
    runtime: str
    registry: ProcessRegistry
    stand_ins: StandIns | None = None


class Worker:
    """A warm process. The pool assigns invocations through `slot`."""

    def __init__(
        self, number: int, config: FunctionConfig, task_root: Path, settings: WorkerSettings, owner: WorkerOwner
    ) -> None:
        self.current: Invocation | None = None
        self.init_error: Answer | None = None
        self.ready = False
        self.slot: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()
        self._owner = owner
        self._config = config
        self._settings = settings
        stream = f"{number:04d}-{os.getpid()}"
        self.log_file = settings.run_folder / "logs" / config.name / f"{stream}.log"
        self._temp = settings.run_folder / "tmp" / f"{config.name}-{stream}"
        self._log_offset = 0
        self._taken_at = 0.0
        self._endpoint = RuntimeEndpoint(self)
        self.process = self._launch(task_root, stream)
        settings.registry.add(self.process.pid)
        self._endpoint.start()
        limit = _INIT_ALLOWANCE_SECONDS + config.timeout_seconds
        self._init_limit = threading.Timer(limit, self._init_took_too_long)
        self._init_limit.daemon = True
        self._init_limit.start()
        threading.Thread(target=self._watch, name=f"watch-{config.name}-{stream}", daemon=True).start()

    def _launch(self, task_root: Path, stream: str) -> subprocess.Popen[bytes]:
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        self._temp.mkdir(parents=True, exist_ok=True)
        environment = worker_environment(
            self._config,
            task_root=task_root,
            temp=self._temp,
            runtime_api=self._endpoint.address,
            endpoint_url=self._settings.endpoint_url,
            log_stream=stream,
        )
        if self._settings.stand_ins is not None:
            environment |= self._settings.stand_ins.environment(self._config.environment)
        command = worker_command(task_root, self._config.handler, self._settings.runtime)
        with self.log_file.open("ab") as log:
            # A session of its own: a terminal's Ctrl-C does not reach it, and its children die with it.
            return subprocess.Popen(  # noqa: S603 - our own launcher
                command,
                cwd=task_root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """End the process and whatever it started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def _watch(self) -> None:
        exit_code = self.process.wait()
        self._init_limit.cancel()
        self.kill()  # what the process left behind
        self._settings.registry.remove(self.process.pid)
        self._endpoint.close()
        self._owner.ended(self, exit_code)
        shutil.rmtree(self._temp, ignore_errors=True)

    def _init_took_too_long(self) -> None:
        if not self.ready:
            self.init_error = Answer.failure("Sandbox.Timedout", "The init phase timed out")
            self.kill()

    # What the Runtime API reports (runtime_api.RuntimeEvents):

    def next_invocation(self) -> Invocation | None:
        """Wait until the pool has work for this worker."""
        self._init_limit.cancel()
        invocation = self._owner.wait_for_work(self)
        if invocation is not None:
            self._taken_at = time.monotonic()
            self._log_offset = self.log_file.stat().st_size
            self._log(f"START RequestId: {invocation.request_id} Version: {self._config.version}")
        return invocation

    def answered(self, request_id: str, answer: Answer) -> bool:
        """Pass the answer on, with the end of the log as Lambda's `LogResult` has it."""
        duration_ms = (time.monotonic() - self._taken_at) * 1000
        self._log(f"END RequestId: {request_id}\nREPORT RequestId: {request_id}\tDuration: {duration_ms:.2f} ms")
        return self._owner.answered(self, request_id, replace(answer, log_tail=self.log_tail()))

    def init_failed(self, answer: Answer) -> None:
        """Keep the answer until the process has ended."""
        self.init_error = answer

    def log_tail(self) -> bytes:
        """The last 4 KB of what the current invocation wrote."""
        with self.log_file.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_offset, size - _LOG_TAIL_BYTES))
            return log.read()

    def _log(self, line: str) -> None:
        with self.log_file.open("ab") as log:
            log.write(f"{line}\n".encode())
