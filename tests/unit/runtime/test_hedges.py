"""Two attempts of one call beside each other: whichever writes its success first has ended the call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import pytest

from lambdas.runtime.attempt_metrics import noting
from lambdas.runtime.attempt_outcome import Failed, Succeeded
from lambdas.runtime.attempt_store import AttemptStore, Stands, Started
from lambdas.runtime.breaker_store import Admission, Breakers
from lambdas.runtime.guarded_run import Guards, Run
from lambdas.runtime.tool_group import ToolGroup
from lambdas.runtime.tool_run import Limit
from tests.unit.runtime.aws import TABLE, Aws
from tests.unit.runtime.fake_clock import START, START_MS
from tests.unit.runtime.sample_tools import EFFECTS, event, group, invoker, pending_call
from tool_contract.attempt import AttemptContext, Hedge
from tool_contract.metrics import Metric
from tool_contract.record import attempt_log_of, envelope_from_record, overtaken_hedge

if TYPE_CHECKING:
    from tests.unit.runtime.fake_clock import FakeClock

SPECS = {tool.spec.name: tool.spec for tool in group.tools}
HEDGE = {"started_at": START, "count": 1}


class Call:
    """A call in the history, for attempts that come and succeed in an order of the test's choice."""

    def __init__(self, aws: Aws, execution_id: str, tool: str = "reads") -> None:
        self.aws, self.execution_id, self.spec = aws, execution_id, SPECS[tool]
        self.store = AttemptStore(TABLE, aws.dynamodb)
        pending_call(aws, execution_id, tool_name=tool)

    def begin(self, attempt: int, *, hedge: bool = False) -> Started | Stands:
        context = self._context(attempt, Hedge(started_at=START) if hedge else None)
        return self.store.begin(context, self.spec, owner=f"owner {attempt}", now_ms=START_MS)

    def succeed(self, attempt: int) -> Started | Stands:
        outcome = {"result": str(attempt)}
        return self.store.succeed(self._context(attempt), self.spec, owner=f"owner {attempt}", outcome=outcome)

    @property
    def row(self) -> dict[str, Any]:
        return self.aws.row(self.execution_id, "c1")

    def _context(self, attempt: int, hedge: Hedge | None = None) -> AttemptContext:
        return AttemptContext(execution_id=self.execution_id, call_id="c1", attempt=attempt, hedge=hedge)


@pytest.fixture(autouse=True)
def _no_effects() -> None:
    EFFECTS.clear()


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1)])
def test_the_first_of_two_successes_stands_and_the_other_learns_of_it(
    aws: Aws, execution_id: str, first: int, second: int
) -> None:
    call = Call(aws, execution_id)
    call.begin(1)
    assert isinstance(call.begin(2, hedge=True), Started)

    assert isinstance(call.succeed(first), Started)
    stood = call.row
    late = call.succeed(second)

    assert isinstance(late, Stands)
    assert late.succeeded
    assert call.row == stood
    assert stood.items() >= {"result": str(first), "attempts": 2, "hedges": 1, "status": "success"}.items()


def test_a_success_whose_acknowledgement_was_lost_passes_once_more(aws: Aws, execution_id: str) -> None:
    call = Call(aws, execution_id)
    call.begin(1)
    call.begin(2, hedge=True)
    for _ in range(2):
        assert isinstance(call.succeed(1), Started)


def test_a_hedges_start_whose_acknowledgement_was_lost_keeps_the_owner_of_the_attempt_beside_it(
    aws: Aws, execution_id: str
) -> None:
    call = Call(aws, execution_id)
    call.begin(1)
    for _ in range(2):
        began = call.begin(2, hedge=True)
        assert isinstance(began, Started)
        assert not began.redelivered
        assert (began.record["owner"], began.record["hedges"]) == ("owner 2", 1)

    assert call.row["hedged_owner"] == "owner 1"


def test_any_later_attempt_fences_both(aws: Aws, execution_id: str) -> None:
    call = Call(aws, execution_id)
    call.begin(1)
    call.begin(2, hedge=True)
    call.begin(3)
    before = call.row

    for attempt in (1, 2):
        assert call.succeed(attempt) == Stands(before)
        assert call.begin(attempt, hedge=attempt == 2) == Stands(before)
    assert "hedge_attempt" not in before
    assert (before["hedges"], before["attempts"]) == (1, 3)


def test_a_hedge_spares_the_attempt_before_it_and_none_older(aws: Aws, execution_id: str) -> None:
    call = Call(aws, execution_id)
    for attempt in (1, 2):
        call.begin(attempt)
    call.begin(3, hedge=True)

    assert isinstance(call.succeed(1), Stands)
    assert isinstance(call.succeed(2), Started)


def test_an_attempt_that_comes_after_its_hedge_is_not_begun(aws: Aws, execution_id: str) -> None:
    call = Call(aws, execution_id)
    assert isinstance(call.begin(2, hedge=True), Started)
    assert isinstance(call.begin(1), Stands)
    assert isinstance(call.succeed(2), Started)


@pytest.mark.parametrize("tool", ["sets", "orders"])
def test_the_right_to_end_beside_a_hedge_is_of_tools_that_only_read(aws: Aws, execution_id: str, tool: str) -> None:
    call = Call(aws, execution_id, tool)
    call.begin(1)
    call.begin(2, hedge=True)
    assert isinstance(call.succeed(1), Stands)


@pytest.mark.parametrize("tool", ["sets", "orders"])
def test_a_hedge_of_what_may_change_something_is_refused_and_runs_nothing(
    aws: Aws, clock: FakeClock, execution_id: str, tool: str
) -> None:
    pending_call(aws, execution_id, tool_name=tool)
    before = aws.row(execution_id, "c1")

    told = invoker(aws, clock).invoke(
        event(tool, execution_id, {"text": "a"}, route="direct", attempt=2, hedge=HEDGE), "request-2"
    )

    assert (told["error_code"], told["details"][0]["pointer"]) == ("InvalidRequest", "/context/hedge")
    assert (EFFECTS, aws.row(execution_id, "c1")) == ([], before)


def test_a_hedges_answer_tells_of_the_attempt_that_it_overtook(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    pending_call(aws, execution_id)
    clock.advance(1_500)
    given = event("reads", execution_id, {"text": "a"}, route="direct", attempt=2, hedge=HEDGE)
    envelope = invoker(aws, clock).invoke(given, "request-2")

    row = aws.row(execution_id, "c1")
    assert [(one.attempt, one.decision, one.duration_ms) for one in attempt_log_of(row)] == [
        (1, "overtaken", 1_500.0),
        (2, "done", 0.0),
    ]
    assert envelope["metadata"]["hedges"] == 1
    assert overtaken_hedge(row, attempt_log_of(row)) is None
    assert row["execution_time_ms"] == 1_500


def test_the_answer_of_an_attempt_that_was_hedged_tells_of_the_hedge(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    call = Call(aws, execution_id)
    first = invoker(aws, clock)
    given = event("reads", execution_id, {"text": "a"}, route="direct")

    def hedged_meanwhile(*_: object) -> Succeeded:
        call.begin(2, hedge=True)
        clock.advance(400)
        return Succeeded('"a"')

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Guards, "run", hedged_meanwhile)
        envelope = first.invoke(given, "request-1")

    row = call.row
    assert (envelope["attempts"], envelope["metadata"]["hedges"]) == (2, 1)
    recorded = envelope_from_record(row)
    assert (recorded.attempts, recorded.metadata["hedges"]) == (2, 1)
    hedge = overtaken_hedge(row, attempt_log_of(row))
    assert hedge is not None
    assert (hedge.attempt, hedge.started_at, hedge.duration_ms) == (2, START, 400.0)


@pytest.mark.parametrize("winner", [1, 2])
def test_whoever_loses_to_its_pair_is_not_late(aws: Aws, clock: FakeClock, execution_id: str, winner: int) -> None:
    call = Call(aws, execution_id)
    call.begin(1)
    call.begin(2, hedge=True)
    call.succeed(winner)
    loser = 3 - winner
    hedge = {"hedge": HEDGE} if loser == 2 else {}

    with noting() as counts:
        told = invoker(aws, clock).invoke(
            event("reads", execution_id, {"text": "a"}, route="direct", attempt=loser, **hedge), "request of the loser"
        )

    assert (told["success"], told["metadata"]["replayed"]) == (True, True)
    assert counts[Metric.LATE_ATTEMPTS] == 0
    assert EFFECTS == []


class Probing:
    """A breaker that lets a call through as a probe, and hears whether it gives its place back."""

    withdrawn = False

    def admit(self, *_: object) -> Admission:
        return Admission(allowed=True, generation=1, is_probe=True)

    def withdraw(self, *_: object) -> None:
        self.withdrawn = True

    def report(self, *_: object, **__: object) -> None:
        return


@pytest.mark.parametrize("is_hedge", [True, False])
def test_a_hedge_is_no_probe_of_a_circuit_that_is_half_open(
    clock: FakeClock,
    is_hedge: bool,  # noqa: FBT001
) -> None:
    own, breaker, ran = ToolGroup("own"), Probing(), []

    @own.tool(read_only=True)
    def looks() -> None:
        """Look."""
        ran.append(1)

    guards = Guards(breakers=cast("Breakers", breaker), clock=clock, is_hedge=is_hedge)
    outcome = guards.run(Run(own.tools[0], {}, {}, Limit(10), "owner"))

    assert (isinstance(outcome, Failed), breaker.withdrawn, ran) == (is_hedge, is_hedge, [] if is_hedge else [1])


def test_a_hedge_does_not_wait_for_the_run_that_it_is_to_overtake(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    pending_call(aws, execution_id, tool_name="looks_up")
    made = invoker(aws, clock)
    assert made.stores is not None
    value = {"text": execution_id}
    assert not isinstance(made.stores.cache.look_up(SPECS["looks_up"], value, "the first attempt", 30), Succeeded)
    began = clock.now_ms()

    envelope = made.invoke(
        event("looks_up", execution_id, value, route="direct", attempt=2, hedge=HEDGE), "the second attempt"
    )

    assert (envelope["success"], len(EFFECTS), clock.now_ms() - began) == (True, 1, 0)


def test_a_broken_hedge_is_refused_with_its_place(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    told = invoker(aws, clock).invoke(
        event("reads", execution_id, {"text": "a"}, route="direct", attempt=2, hedge={"count": 0}), "request"
    )
    assert told["error_code"] == "InvalidRequest"
    assert {detail["pointer"] for detail in told["details"]} == {"/context/hedge/started_at", "/context/hedge/count"}


def test_log_texts_are_what_the_contract_reads(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    pending_call(aws, execution_id)
    given = event("reads", execution_id, {"text": "a"}, route="direct", attempt=2, hedge=HEDGE)
    invoker(aws, clock).invoke(given, "request-2")
    log = json.loads(aws.row(execution_id, "c1")["attempt_log"])
    assert [set(entry) for entry in log] == [
        {"attempt", "candidate", "tool_name", "started_at", "duration_ms", "decision"}
    ] * 2
