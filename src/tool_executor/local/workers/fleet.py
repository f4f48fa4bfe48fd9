"""All functions' workers of one local cloud."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tool_executor.local.workers.invocation import Answer, Throttled
from tool_executor.local.workers.pool import FunctionPool

if TYPE_CHECKING:
    from tool_executor.local.workers.code_store import CodeStore
    from tool_executor.local.workers.function_config import FunctionConfig
    from tool_executor.local.workers.worker import WorkerSettings

_ENDED = Answer.failure("Runtime.ExitError", "The local cloud has ended")


class InvocationMetrics(Protocol):
    """Is told of every invocation, by the function's name."""

    def invoked(self, function_name: str, *, failed: bool) -> None:
        """It ran."""

    def throttled(self, function_name: str) -> None:
        """It was refused."""


class WorkerFleet:
    """A pool per function, replaced when the function's code or configuration changes."""

    def __init__(self, settings: WorkerSettings, code: CodeStore, metrics: InvocationMetrics | None = None) -> None:
        self._settings = settings
        self._metrics = metrics
        self._code = code
        self._lock = threading.Lock()
        self._pools: dict[str, FunctionPool] = {}
        self._closed = False

    def invoke(
        self,
        config: FunctionConfig,
        zipped_code: Callable[[], bytes],
        payload: bytes,
        client_context: str | None = None,
        kill_after: float | None = None,
    ) -> Answer:
        """Run the function once; with `kill_after` its worker is killed that many seconds after it took the event.

        Raises:
            Throttled: if its reserved concurrency is used up.
        """
        pool = self._pool(config, zipped_code)
        if pool is None:
            return _ENDED
        try:
            answer = pool.invoke(payload, client_context, kill_after)
        except Throttled:
            if self._metrics is not None:
                self._metrics.throttled(config.name)
            raise
        if self._metrics is not None:
            self._metrics.invoked(config.name, failed=answer.function_error is not None)
        return answer

    def _pool(self, config: FunctionConfig, zipped_code: Callable[[], bytes]) -> FunctionPool | None:
        with self._lock:
            if self._closed:
                return None
            pool = self._pools.get(config.arn)
            if pool is not None and pool.config == config:
                return pool
            if pool is not None:
                pool.close()
            task_root = self._code.task_root(config.code_sha256, zipped_code())
            self._pools[config.arn] = FunctionPool(config, task_root, self._settings)
            return self._pools[config.arn]

    def logs_folder(self, function_name: str) -> Path:
        """Where the function's workers write, a file each."""
        return self._settings.run_folder / "logs" / function_name

    def close(self) -> None:
        """Kill every worker."""
        with self._lock:
            self._closed = True  # an execution that still runs must not start another worker
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.kill()
