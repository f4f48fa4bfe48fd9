"""When a second attempt is sent, which answer stands, and what two failures come to: in virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.client.virtual_time import VirtualClock, run
from tool_contract.envelope import CallStatus, Envelope
from tool_contract.errors import Effect, ErrorCode
from tool_executor.direct.hedged_attempt import HedgedAttempt, Tried
from tool_executor.direct.hedging import HedgePolicy, Hedging
from tool_executor.direct.iteration import AttemptFailure, Candidate, Iteration

if TYPE_CHECKING:
    from tool_contract.attempt import Hedge

AFTER = 1.0
NOW_MS = 1_795_000_000_000
CANDIDATE = Candidate("look", "fn", 30.0, read_only=True, repeatable=True, delays=(1.0, 1.0, 1.0))
ITERATION = Iteration("c1", (CANDIDATE,))
POLICY = HedgePolicy(after_seconds=AFTER, share=1.0)
CODES = (ErrorCode.UNAVAILABLE, ErrorCode.NOT_FOUND, ErrorCode.SUPERSEDED, ErrorCode.THROTTLED, ErrorCode.CIRCUIT_OPEN)
NOT_BEGUN = {ErrorCode.SUPERSEDED, ErrorCode.THROTTLED, ErrorCode.CIRCUIT_OPEN}
FINAL = {ErrorCode.NOT_FOUND, ErrorCode.SUPERSEDED}


@dataclass
class Function:
    """A tool's function: by the attempt's number, how long it takes and which code it fails with, if it does."""

    behaviour: dict[int, tuple[float, ErrorCode | None]]
    sent: list[tuple[int, int | None]] = field(default_factory=list)
    cancelled: list[int] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)

    async def __call__(self, iteration: Iteration, hedge: Hedge | None = None) -> Envelope | AttemptFailure:
        number = iteration.attempt
        self.sent.append((number, hedge and hedge.count))
        seconds, code = self.behaviour[number]
        try:
            await asyncio.sleep(seconds)
        except asyncio.CancelledError:
            self.cancelled.append(number)
            raise
        self.answered.append(number)
        return answer(number) if code is None else failure(code)


def answer(number: int) -> Envelope:
    return Envelope(
        success=True, tool_name="look", status=CallStatus.SUCCESS, execution_time_ms=1, attempts=number, result=number
    )


def failure(code: ErrorCode) -> AttemptFailure:
    return AttemptFailure(code, code.value, code not in FINAL, Effect.NONE, begun=code not in NOT_BEGUN)


def tried(
    function: Function, iteration: Iteration = ITERATION, hedging: Hedging | None = None, deadline_seconds: float = 100
) -> tuple[Tried, float]:
    """Return what came of a try, and after how many seconds."""

    async def timed() -> tuple[Tried, float]:
        clock = VirtualClock()
        attempt = HedgedAttempt(
            function, hedging or Hedging(clock, POLICY), clock, NOW_MS + round(deadline_seconds * 1000)
        )
        return await attempt.run(iteration), asyncio.get_running_loop().time()

    return run(timed())


# Whole halves of seconds after the hedge's own, so that no two things happen at once.
first_seconds = st.sampled_from([0.25, 0.75, 1.25, 2.25, 3.25, 6.25])
second_seconds = st.sampled_from([0.5, 1.5, 2.5, 4.5])
codes = st.sampled_from([None, *CODES])


@given(first_seconds, codes, second_seconds, codes)
def test_the_first_success_is_the_answer_and_nothing_else_goes_on(
    first: float, first_code: ErrorCode | None, second: float, second_code: ErrorCode | None
) -> None:
    function = Function({1: (first, first_code), 2: (second, second_code)})
    came, at = tried(function)

    hedged = first > AFTER
    assert function.sent == [(1, None), (2, 1)] if hedged else [(1, None)]
    ends = {1: (first, first_code)} | ({2: (AFTER + second, second_code)} if hedged else {})
    successes = {end: number for number, (end, code) in ends.items() if code is None}
    expected = min(successes) if successes else max(end for end, _ in ends.values())
    assert at == pytest.approx(expected)
    if successes:
        assert isinstance(came.outcome, Envelope)
        assert came.outcome.result == successes[min(successes)]
    else:
        assert isinstance(came.outcome, AttemptFailure)
    assert sorted(function.answered + function.cancelled) == sorted(ends), "what was sent has ended, or was cancelled"


@given(st.sampled_from(CODES), st.sampled_from(CODES))
def test_two_failures_are_one_decision(first: ErrorCode, second: ErrorCode) -> None:
    came, _ = tried(Function({1: (3, first), 2: (1, second)}))

    assert isinstance(came.outcome, AttemptFailure)
    begun = [number for number, code in ((1, first), (2, second)) if code not in NOT_BEGUN]
    both = {first, second}
    assert came.iteration.begun(came.outcome) == max(begun, default=0)
    if ErrorCode.NOT_FOUND in both:
        assert came.outcome.error_code is ErrorCode.NOT_FOUND, "no other attempt can better it"
    elif ErrorCode.UNAVAILABLE in both:
        assert came.outcome.error_code is ErrorCode.UNAVAILABLE, "the other one has not run"
    elif both != {ErrorCode.SUPERSEDED}:
        assert came.outcome.error_code is not ErrorCode.SUPERSEDED
    assert [entry.decision for entry in came.iteration.log] == ["hedged"]
    assert came.iteration.tries == (2 if 2 in begun else 1), "a hedge that has begun uses up a retry"


def test_the_attempt_after_two_that_failed_has_a_number_above_both() -> None:
    came, _ = tried(Function({1: (3, ErrorCode.UNAVAILABLE), 2: (1, ErrorCode.UNAVAILABLE)}))
    assert isinstance(came.outcome, AttemptFailure)
    after = came.iteration.again(came.outcome, came.began_ms, 1.0)
    assert (after.attempt, after.tries, after.hedges) == (3, 3, 1)
    assert [(entry.attempt, entry.decision) for entry in after.log] == [(1, "hedged"), (2, "retry")]


def test_a_final_failure_of_the_first_stands_last_in_the_log_and_both_are_counted() -> None:
    came, _ = tried(Function({1: (3, ErrorCode.NOT_FOUND), 2: (1, ErrorCode.UNAVAILABLE)}))
    assert isinstance(came.outcome, AttemptFailure)
    log = came.iteration.ended(came.outcome, came.began_ms)
    assert [(entry.attempt, entry.decision) for entry in log] == [(2, "hedged"), (1, "end")]
    assert came.iteration.begun(came.outcome) == 2


@pytest.mark.parametrize(
    ("changes", "deadline_seconds"),
    [
        pytest.param({"tries": 4}, 100, id="no retry is left"),
        pytest.param({}, 1.9, id="the deadline is too near for an answer"),
        pytest.param({"candidates": (replace(CANDIDATE, delays=()),)}, 100, id="it was to have no retries"),
        pytest.param({"candidates": (replace(CANDIDATE, timeout_seconds=1.0),)}, 100, id="it times out by then"),
    ],
)
def test_where_a_second_attempt_is_of_no_use_none_is_sent(changes: dict[str, object], deadline_seconds: float) -> None:
    function = Function({1: (3, None)})
    tried(function, replace(ITERATION, **changes), deadline_seconds=deadline_seconds)  # type: ignore[arg-type]
    assert function.sent == [(1, None)]


@pytest.mark.parametrize("code", [ErrorCode.CIRCUIT_OPEN, ErrorCode.THROTTLED])
def test_where_there_is_no_room_or_trouble_no_more_are_sent_for_a_while(code: ErrorCode) -> None:
    async def calls() -> list[int]:
        clock = VirtualClock()
        hedging = Hedging(clock, POLICY)
        sent = []
        for pause in (0, 0, 31):
            await asyncio.sleep(pause)
            function = Function({1: (3, None), 2: (1, code)})
            await HedgedAttempt(function, hedging, clock, NOW_MS + 10_000_000).run(ITERATION)
            sent.append(len(function.sent))
        return sent

    assert run(calls()) == [2, 1, 2]


def test_cancelled_it_cancels_both() -> None:
    function = Function({1: (10, None), 2: (10, None)})

    async def cancelled() -> None:
        clock = VirtualClock()
        running = asyncio.create_task(HedgedAttempt(function, Hedging(clock, POLICY), clock, 2 * NOW_MS).run(ITERATION))
        await asyncio.sleep(5)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    run(cancelled())
    assert sorted(function.cancelled) == [1, 2]


def test_an_error_of_this_side_is_raised_and_leaves_nothing_running() -> None:
    async def broken(iteration: Iteration, hedge: Hedge | None = None) -> Envelope | AttemptFailure:
        await asyncio.sleep(10 if hedge is None else 1)
        raise LookupError(iteration.attempt)

    async def tasks_left() -> int:
        clock = VirtualClock()
        with pytest.raises(LookupError, match="2"):
            await HedgedAttempt(broken, Hedging(clock, POLICY), clock, 2 * NOW_MS).run(ITERATION)
        return len(asyncio.all_tasks())

    assert run(tasks_left()) == 1
