"""Memory does not grow with every execution, and a forgotten one's name stays taken."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from moto.stepfunctions.exceptions import ExecutionAlreadyExists

from tool_executor.local.moto_patches import executions


def execution(name: str, status: str = "SUCCEEDED", events: int = 10) -> Any:
    manager = SimpleNamespace(_history_event_list=[None] * events)
    worker = SimpleNamespace(env=SimpleNamespace(event_manager=manager))
    return SimpleNamespace(
        name=name, status=status, execution_arn=f"arn:{name}", execution_input="{}", exec_worker=worker
    )


def machine(*kept: Any) -> Any:
    return SimpleNamespace(executions=list(kept))


def names(state_machine: Any) -> list[str]:
    return [kept.name for kept in state_machine.executions]


def test_the_oldest_that_have_ended_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "_KEPT_EXECUTIONS", 2)
    state_machine = machine(execution("a"), execution("b", "RUNNING"), execution("c"), execution("d"))
    executions._forget_old(state_machine)
    assert names(state_machine) == ["b", "d"]


def test_long_histories_are_forgotten_earlier(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "_KEPT_EVENTS", 100)
    state_machine = machine(execution("a", events=90), execution("b", events=80), execution("c", events=5))
    executions._forget_old(state_machine)
    assert names(state_machine) == ["b", "c"]


def test_few_executions_are_all_kept() -> None:
    state_machine = machine(*(execution(str(number)) for number in range(100)))
    executions._forget_old(state_machine)
    assert len(state_machine.executions) == 100


def test_a_forgotten_name_stays_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "_KEPT_EXECUTIONS", 0)
    state_machine = machine(execution("a"))
    executions._forget_old(state_machine)
    with pytest.raises(ExecutionAlreadyExists):
        executions._handle_name_input_idempotency(state_machine, "a", "{}")
    assert executions._handle_name_input_idempotency(state_machine, "b", "{}") is None


def test_a_running_one_is_returned_for_the_same_input_only() -> None:
    running = execution("a", "RUNNING")
    state_machine = machine(running)
    assert executions._handle_name_input_idempotency(state_machine, "a", "{}") is running
    with pytest.raises(ExecutionAlreadyExists):
        executions._handle_name_input_idempotency(state_machine, "a", '{"b": 1}')
