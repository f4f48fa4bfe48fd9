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
