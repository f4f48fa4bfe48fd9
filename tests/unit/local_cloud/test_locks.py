"""What must happen one at a time does, however slow it is."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from tool_executor.local.moto_patches import dynamodb_requests, executions

if TYPE_CHECKING:
    import pytest


class Unguarded:
    """Counts how many are inside at once."""

    def __init__(self) -> None:
        self.inside = 0
        self.most = 0

    def __call__(self, *_: Any) -> None:
        self.inside += 1
        self.most = max(self.most, self.inside)
        time.sleep(0.01)
        self.inside -= 1


def test_requests_to_dynamodb_run_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    handler = Unguarded()
    monkeypatch.setattr(dynamodb_requests, "_original_call_action", handler)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(dynamodb_requests._call_action, range(16)))
    assert handler.most == 1


def test_executions_are_started_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    start = Unguarded()
    monkeypatch.setattr(executions, "_original_start", start)
    monkeypatch.setattr(executions, "_forget_old", lambda _: None)

    class Backend:
        describe_state_machine = staticmethod(lambda _: SimpleNamespace(type="STANDARD"))

    barrier = threading.Barrier(8)

    def run(number: int) -> None:
        barrier.wait()
        executions._start_execution(Backend(), "arn", f"n{number}", "{}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    assert start.most == 1
