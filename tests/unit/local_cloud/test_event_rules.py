"""Rate schedules run their targets, again and again, until they are stopped."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import Any

import pytest

from tool_executor.local import execution_events
from tool_executor.local.execution_events import EventRules

TARGET = "arn:aws:lambda:us-east-1:123456789012:function:f"


class Invoker:
    """Keeps what it is asked to invoke."""

    def __init__(self) -> None:
        self.invoked: list[tuple[str, Any]] = []

    def invoke_later(self, _region: str, name: str, payload: bytes) -> None:
        self.invoked.append((name, json.loads(payload)))


def rule(expression: str, **target: Any) -> Any:
    return SimpleNamespace(
        arn=f"arn:{expression}", scheduled_expression=expression, targets=[{"Arn": TARGET, **target}], state="ENABLED"
    )


@pytest.fixture
def invoker(monkeypatch: pytest.MonkeyPatch) -> Invoker:
    monkeypatch.setattr(execution_events, "_TICK_SECONDS", 0.01)
    monkeypatch.setattr(execution_events, "_UNIT_SECONDS", {"minute": 0.05, "hour": 60.0, "day": 60.0})
    return Invoker()


def test_a_rate_runs_again_and_again_until_it_is_stopped(invoker: Invoker, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [rule("rate(1 minute)"), rule("rate(2 hours)"), rule("cron(0 1 * * ? *)"), rule("")]
    monkeypatch.setattr(execution_events, "_enabled_rules", lambda: iter(rules))
    events = EventRules(invoker)  # type: ignore[arg-type]
    events.start_schedules()
    time.sleep(0.5)
    events.stop()
    time.sleep(0.1)
    count = len(invoker.invoked)
    assert 3 <= count <= 10
    name, event = invoker.invoked[0]
    assert (name, event["detail-type"], event["resources"]) == (TARGET, "Scheduled Event", ["arn:rate(1 minute)"])
    time.sleep(0.2)
    assert len(invoker.invoked) == count


def test_a_targets_own_input_replaces_the_event(invoker: Invoker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execution_events, "_enabled_rules", lambda: iter([rule("rate(1 minute)", Input='{"a": 1}')]))
    events = EventRules(invoker)  # type: ignore[arg-type]
    events.start_schedules()
    time.sleep(0.2)
    events.stop()
    assert invoker.invoked[0] == (TARGET, {"a": 1})
