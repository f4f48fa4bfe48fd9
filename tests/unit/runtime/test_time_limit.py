"""A tool that runs too long is stopped by an exception that it cannot catch by accident."""

from __future__ import annotations

import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from lambdas.runtime.attempt_outcome import Failed
from lambdas.runtime.time_limit import TimeLimitReached, time_limit
from lambdas.runtime.tool_run import Limit, run_tool
from tests.unit.runtime.fake_clock import START_MS, FakeClock
from tests.unit.runtime.sample_tools import EFFECTS, group, plain_invoker
from tool_contract.timestamps import iso_from_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

SHORT = 0.05


class Timers(list[str]):
    """What became of the last resort, in order."""

    def arm(self, seconds: float) -> None:
        self.append(f"armed {seconds:g}")

    def disarm(self) -> None:
        self.append("cancelled")


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Timers]:
    seen = Timers()
    monkeypatch.setattr("lambdas.runtime.time_limit.last_resort", lambda: seen)
    yield seen
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def _is_restored() -> bool:
    return signal.getsignal(signal.SIGALRM) is signal.SIG_DFL and signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.usefixtures("timers")
def test_the_limit_strikes_through_a_handler_of_ordinary_exceptions() -> None:
    def stubborn() -> None:
        try:
            time.sleep(1)
        except Exception:  # noqa: BLE001 - this is the point
            EFFECTS.append("caught")

    began = time.monotonic()
    with pytest.raises(TimeLimitReached), time_limit(SHORT):
        stubborn()

    assert SHORT <= time.monotonic() - began < 1
    assert _is_restored()


@pytest.mark.parametrize("seconds", [0.000_01, SHORT])
def test_a_body_in_time_is_left_alone_and_nothing_stays_armed(timers: Timers, seconds: float) -> None:
    with time_limit(10):
        pass
    assert _is_restored()
    with pytest.raises(TimeLimitReached), time_limit(seconds):
        time.sleep(1)

    assert timers == ["armed 22", "cancelled", f"armed {seconds + 12:g}", "cancelled"]
    assert _is_restored()


def test_an_alarm_on_the_very_end_leaves_nothing_armed(timers: Timers, monkeypatch: pytest.MonkeyPatch) -> None:
    stop = signal.setitimer

    def strike_while_stopping(which: int, seconds: float) -> None:
        stop(which, 0)
        if seconds == 0:
            raise TimeLimitReached

    monkeypatch.setattr(signal, "setitimer", strike_while_stopping)

    with pytest.raises(TimeLimitReached), time_limit(10):
        pass

    assert timers == ["armed 22", "cancelled"]
    assert _is_restored()


def test_outside_of_the_main_thread_there_is_no_limit(timers: Timers) -> None:
    reached = []

    def run() -> None:
        with time_limit(SHORT):
            reached.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    assert (reached, timers) == ([True], [])


_BY_TIMEOUT = {"timeout_seconds": SHORT}
_BY_DEADLINE = {"deadline": iso_from_ms(START_MS + 50)}


@pytest.mark.usefixtures("timers")
@pytest.mark.parametrize(
    ("tool", "context", "code", "effect"),
    [
        pytest.param("sleeps", _BY_TIMEOUT, "ToolTimeout", "none", id="read-only, by the call's timeout"),
        pytest.param("sleeps_unsafely", _BY_TIMEOUT, "ToolTimeout", "unknown", id="not read-only, by its timeout"),
        pytest.param("sleeps", _BY_DEADLINE, "DeadlineExceeded", "none", id="by the deadline"),
        pytest.param("sleeps", {**_BY_DEADLINE, "timeout_seconds": 9}, "DeadlineExceeded", "none", id="by the sooner"),
    ],
)
def test_a_tool_past_its_limit_is_a_timeout(tool: str, context: dict[str, object], code: str, effect: str) -> None:
    EFFECTS.clear()

    answer = plain_invoker(FakeClock()).invoke(
        {"tool_name": tool, "input": {"seconds": 5}, "context": context}, "request-1"
    )

    assert (answer["error_code"], answer["status"], answer["effect"]) == (code, "timeout", effect)
    assert (answer["retryable"], answer["attempts"]) == (code == "ToolTimeout", 1)
    assert EFFECTS == []


@pytest.mark.parametrize(("tool_name", "effect"), [("sleeps", "none"), ("sleeps_unsafely", "unknown")])
def test_what_the_deadline_cuts_off_may_have_had_its_effect(tool_name: str, effect: str) -> None:
    (tool,) = [each for each in group.tools if each.spec.name == tool_name]

    outcome = run_tool(tool, {"seconds": 5}, Limit(SHORT, by_deadline=True))

    assert isinstance(outcome, Failed)
    failure = outcome.for_tool(tool.spec).failure
    assert (failure.code, failure.effect, failure.begun) == ("DeadlineExceeded", effect, True)


def test_a_timeout_tells_the_seconds_of_the_attempt_whatever_was_used_before_the_run() -> None:
    (tool,) = [each for each in group.tools if each.spec.name == "sleeps"]

    outcome = run_tool(tool, {"seconds": 5}, Limit(2).after(1.5).after(0.499))

    assert isinstance(outcome, Failed)
    assert outcome.failure.message == "The tool did not end within 2 s."


@pytest.mark.parametrize(("left_ms", "begun"), [(1_999, False), (2_000, True)])
def test_what_may_have_an_effect_is_not_begun_close_to_the_deadline(left_ms: int, begun: bool) -> None:  # noqa: FBT001
    EFFECTS.clear()
    context = {"deadline": iso_from_ms(START_MS + left_ms)}

    answer = plain_invoker(FakeClock()).invoke({"tool_name": "orders", "input": {}, "context": context}, "request-1")

    assert (["orders "] if begun else []) == EFFECTS
    assert answer["success"] is begun
    if not begun:
        assert (answer["error_code"], answer["effect"], answer["attempts"]) == ("DeadlineTooClose", "none", 0)


def test_a_tool_that_says_nothing_else_has_the_limit_of_its_definition(timers: Timers) -> None:
    plain_invoker(FakeClock()).invoke({"tool_name": "reads", "input": {}}, "request-1")

    assert timers == ["armed 17", "cancelled"]
