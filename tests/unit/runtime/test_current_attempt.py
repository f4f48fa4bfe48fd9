"""Which attempt runs is known while it runs, and not a moment longer: a warm process goes on to another call."""

from __future__ import annotations

import pytest

from lambdas.runtime.current_attempt import current_attempt, running
from tests.unit.runtime.fake_clock import FakeClock
from tests.unit.runtime.sample_tools import plain_invoker
from tool_contract.attempt import AttemptContext

FIRST = AttemptContext(call_id="first", correlation_id="first", attempt=3, session="first")


@pytest.mark.parametrize(("tool_name", "tool_input"), [("reads", {}), ("fails", {"how": "bug"}), ("reads", {"x": 1})])
def test_nothing_of_an_attempt_stays_when_it_has_ended(tool_name: str, tool_input: dict[str, object]) -> None:
    context = FIRST.model_dump(exclude_none=True)

    plain_invoker(FakeClock()).invoke({"tool_name": tool_name, "input": tool_input, "context": context}, "request-1")

    assert current_attempt() == AttemptContext()


def test_an_attempt_within_another_gives_its_place_back() -> None:
    second = AttemptContext(call_id="second")

    with running(FIRST):
        with running(second):
            assert current_attempt() == second
        assert current_attempt() == FIRST

    assert current_attempt() == AttemptContext()
