"""An execution that was stopped has been stopped, whatever the interpreter meets on its way out."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.eval.program_state import (
    ProgramError,
    ProgramRunning,
    ProgramStopped,
    ProgramTimedOut,
)

from tool_executor.local.moto_patches import execution_end


def environment(state: Any) -> Any:
    return SimpleNamespace(
        _state_mutex=threading.RLock(), _program_state=state, _frames=[], program_state_event=threading.Event()
    )


@pytest.mark.parametrize("state", [ProgramStopped(None, None, None), ProgramTimedOut()])
def test_an_error_after_the_end_changes_nothing(state: Any) -> None:
    env = environment(state)
    execution_end._set_error(env, {"error": "States.Runtime", "cause": "the Map has no results"})
    assert env._program_state is state


def test_an_error_ends_what_runs() -> None:
    env = environment(ProgramRunning())
    execution_end._set_error(env, {"error": "States.Runtime"})
    assert isinstance(env._program_state, ProgramError)


@pytest.mark.parametrize(
    ("kind", "said", "limit"),
    [
        ("STANDARD", None, None),
        ("STANDARD", 3600, 3600),
        ("EXPRESS", None, 300),
        ("EXPRESS", 3600, 300),
        ("EXPRESS", 5, 5),
    ],
)
def test_an_express_execution_ends_after_five_minutes_whatever_its_definition_says(
    kind: str, said: int | None, limit: int | None
) -> None:
    timeout = None if said is None else SimpleNamespace(timeout_seconds=said)
    program, env = SimpleNamespace(timeout_seconds=timeout), SimpleNamespace(execution_type=kind)

    assert execution_end.limit_seconds(program, env) == limit
