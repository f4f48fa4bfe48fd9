"""What may happen while an input's references are read: time passes, the call ends, another attempt takes over."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.aws import FailingClient
from tests.unit.runtime.fake_clock import START, START_MS
from tests.unit.runtime.referring_calls import attempt, earlier, ref, referring
from tests.unit.runtime.sample_tools import EFFECTS
from tool_contract import strict_json
from tool_contract.limits import MAX_INLINE_BYTES
from tool_contract.timestamps import iso_from_ms

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock

LARGE = "x" * (MAX_INLINE_BYTES + 1)


@pytest.fixture(autouse=True)
def _no_effects() -> None:
    EFFECTS.clear()


class Meanwhile(FailingClient):
    """A client to which something happens before each operation of a name, from the call of a number on."""

    def __init__(self, real: Any, operation: str, happens: Callable[[], Any], *, spared: int = 0) -> None:
        super().__init__(real, spared=spared)
        self._operation, self._happens = operation, happens

    def __getattr__(self, operation: str) -> Any:
        if operation == self._operation and len(self.calls) >= self.spared:
            self._happens()
        return super().__getattr__(operation)


def changed(aws: Aws, execution_id: str, **row: Any) -> None:
    aws.put(**{**aws.row(execution_id, "c1"), **row})


@pytest.mark.parametrize("status", ["cancelled", "timeout", "failed"])
def test_a_call_that_ends_while_its_references_are_read_is_not_run(
    aws: Aws, clock: FakeClock, execution_id: str, status: str
) -> None:
    earlier(aws, execution_id)
    referring(aws, execution_id, {"text": ref("/items/0/code")}, tool_name="orders")
    database = Meanwhile(aws.dynamodb, "get_item", lambda: changed(aws, execution_id, status=status))

    told = attempt(aws, clock, execution_id, "orders", dynamodb=database)

    assert (told["error_code"], told["effect"], told["retryable"]) == ("Superseded", "none", False)
    assert EFFECTS == []
    assert "resolved_input" not in aws.row(execution_id, "c1")


def test_an_attempt_that_is_overtaken_while_it_reads_runs_nothing_and_writes_nothing_down(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    earlier(aws, execution_id)
    referring(aws, execution_id, {"text": ref("/items/0/code")})
    database = Meanwhile(aws.dynamodb, "get_item", lambda: changed(aws, execution_id, attempts=2, owner="another"))

    told = attempt(aws, clock, execution_id, dynamodb=database)

    assert (told["error_code"], EFFECTS) == ("Superseded", [])
    assert "resolved_input" not in aws.row(execution_id, "c1")
    assert aws.row(execution_id, "c1")["owner"] == "another"


def test_a_success_of_who_overtook_it_answers_the_attempt(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    earlier(aws, execution_id)
    referring(aws, execution_id, {"text": ref("/items/0/code")}, tool_name="sets")
    ended = {"status": "success", "attempts": 2, "owner": "another", "result": '"theirs"', "finished_at": START}
    database = Meanwhile(aws.dynamodb, "get_item", lambda: changed(aws, execution_id, **ended))

    told = attempt(aws, clock, execution_id, "sets", dynamodb=database, route="direct")

    assert (told["result"], told["metadata"]["replayed"], EFFECTS) == ("theirs", True, [])


def test_an_attempt_beside_which_a_hedge_began_runs_and_writes_down_what_on(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    """The hedge may end before it comes to that."""
    earlier(aws, execution_id)
    referring(aws, execution_id, {"text": ref("/items/0/code")})
    hedged = {"attempts": 2, "owner": "hedge", "hedge_attempt": 2, "hedged_owner": "request-1"}
    database = Meanwhile(aws.dynamodb, "get_item", lambda: changed(aws, execution_id, **hedged))

    assert attempt(aws, clock, execution_id, dynamodb=database, owner="request-1") == {"call_id": "c1"}

    assert EFFECTS == ["reads AB1"]
    assert json.loads(aws.row(execution_id, "c1")["resolved_input"]) == {"text": "AB1"}


def test_a_second_delivery_that_was_overtaken_does_not_run_beside_a_hedge_of_the_other(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    earlier(aws, execution_id)
    referring(aws, execution_id, {"text": ref("/items/0/code")})
    hedged = {"attempts": 2, "owner": "hedge", "hedge_attempt": 2, "hedged_owner": "the other delivery"}
    database = Meanwhile(aws.dynamodb, "get_item", lambda: changed(aws, execution_id, **hedged))

    assert attempt(aws, clock, execution_id, dynamodb=database)["error_code"] == "Superseded"
    assert EFFECTS == []


def keyed(aws: Aws, execution_id: str, *fallbacks: Any) -> None:
    listed = [{"tool_name": "orders", "input": each} for each in fallbacks]
    more = {"fallbacks": strict_json.dumps(listed)} if listed else {}
    own = {"text": ref("/items/0/code")}
    referring(aws, execution_id, own, tool_name="orders", idempotency_key="k", caller=execution_id, **more)


def test_a_call_with_a_key_reads_each_result_once_whatever_its_fallbacks_refer_to(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    earlier(aws, execution_id)
    keyed(aws, execution_id, {"text": ref("/items/1/code")}, {"text": ref("/count")})
    database = FailingClient(aws.dynamodb)

    assert attempt(aws, clock, execution_id, "orders", dynamodb=database) == {"call_id": "c1"}

    assert database.calls == ["update_item", "get_item", "update_item", "put_item", "update_item"]


def test_a_fallback_that_refers_to_what_is_not_there_costs_the_call_nothing(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    earlier(aws, execution_id)
    keyed(aws, execution_id, {"text": ref("/nowhere")}, {"text": ref("", "never ran")})

    assert attempt(aws, clock, execution_id, "orders") == {"call_id": "c1"}
    assert EFFECTS == ["orders AB1"]


@pytest.mark.parametrize(
    ("claim_ms", "code"),
    [
        pytest.param(28_000, "DeadlineExceeded", id="after the deadline"),
        pytest.param(9_900, "DeadlineTooClose", id="so close to it that an effect might come after it"),
    ],
)
def test_a_tool_is_not_begun_too_late_because_its_key_took_long(
    aws: Aws, clock: FakeClock, execution_id: str, claim_ms: int, code: str
) -> None:
    earlier(aws, execution_id)
    keyed(aws, execution_id)
    database = Meanwhile(aws.dynamodb, "put_item", lambda: clock.advance(claim_ms))
    deadline = iso_from_ms(START_MS + 10_000)

    told = attempt(aws, clock, execution_id, "orders", dynamodb=database, deadline=deadline)

    assert (told["error_code"], told["effect"], EFFECTS) == (code, "none", [])


@pytest.mark.parametrize("operation", ["get_item", "update_item"])
@pytest.mark.parametrize(
    ("deadline", "code", "again"), [(None, "ToolTimeout", True), (2_000, "DeadlineExceeded", False)]
)
def test_time_that_went_into_reading_and_writing_is_told_as_what_bounds_it(
    aws: Aws,
    clock: FakeClock,
    execution_id: str,
    operation: str,
    deadline: int | None,
    code: str,
    again: bool,  # noqa: FBT001 - as above
) -> None:
    """With the clock gone on, and the process not stopped: as on a thread that no signal reaches."""
    earlier(aws, execution_id)
    referring(aws, execution_id, {"text": ref("/items/0/code")}, tool_name="orders")
    database = Meanwhile(aws.dynamodb, operation, lambda: clock.advance(6_000), spared=1)
    bounds: dict[str, Any] = (
        {"timeout_seconds": 5} if deadline is None else {"deadline": iso_from_ms(START_MS + deadline)}
    )

    told = attempt(aws, clock, execution_id, "orders", dynamodb=database, **bounds)

    assert (told["error_code"], told["retryable"], told["effect"]) == (code, again, "none")
    assert EFFECTS == []


@pytest.mark.parametrize("operation", ["get_item", "update_item"])
def test_reading_and_writing_are_stopped_when_the_attempts_time_is_over(
    aws: Aws, clock: FakeClock, execution_id: str, operation: str
) -> None:
    earlier(aws, execution_id)
    referring(aws, execution_id, {"text": ref("/items/0/code")}, tool_name="orders")
    database = Meanwhile(aws.dynamodb, operation, lambda: time.sleep(30), spared=1)
    began = time.monotonic()

    told = attempt(aws, clock, execution_id, "orders", dynamodb=database, timeout_seconds=1)

    assert (told["error_code"], told["retryable"], told["effect"]) == ("ToolTimeout", True, "none")
    assert time.monotonic() - began < 10
    assert EFFECTS == []


def test_a_second_attempt_stores_a_large_input_no_second_time(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    earlier(aws, execution_id, result={"how": LARGE})
    referring(aws, execution_id, {"text": ref("/how"), "fail": True}, tool_name="looks_up")
    bucket = FailingClient(aws.s3)

    told = [attempt(aws, clock, execution_id, "looks_up", s3=bucket, attempt=n, owner=f"owner {n}") for n in (1, 2)]

    assert [each["error_code"] for each in told] == ["Unavailable", "Unavailable"]
    assert bucket.calls == ["put_object"]


def test_another_candidates_large_input_is_stored_beside_the_first(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    earlier(aws, execution_id, result={"how": LARGE})
    given = {"text": ref("/how"), "fail": True}
    listed = strict_json.dumps([{"tool_name": "looks_up", "input": given}])
    referring(aws, execution_id, given, tool_name="looks_up", fallbacks=listed)

    for candidate in (0, 1):
        attempt(aws, clock, execution_id, "looks_up", attempt=candidate + 1, candidate=candidate)

    row = aws.row(execution_id, "c1")
    assert row["resolved_candidate"] == 1
    assert json.loads(row["resolved_input_ref"])["key"].endswith("/resolved-1.json")
    assert len(aws.keys(f"executions/{execution_id}/c1/resolved-")) == 2
