"""The end of an execution counts its calls, once, whatever comes between."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from lambdas.finisher.counted_end import CountedEnd, TotalsBusy
from lambdas.finisher.history import History
from lambdas.finisher.settlement import Ending
from tests.unit.finisher.executions import PENDING, failure, finisher, planned, success
from tests.unit.runtime.aws import TABLE, Aws
from tool_contract.call_totals import CallTotals
from tool_contract.hourly_totals import SINCE_KEY, figures_of, totals_key
from tool_contract.items import from_item, to_item
from tool_contract.record import EXECUTION_CALL_ID
from tool_contract.timestamps import iso_from_ms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.runtime.fake_clock import FakeClock

TOOL = "set_level"
HOUR = "2026-11-20T10"
CONFLICT = {"Code": "TransactionConflict"}


def counted(aws: Aws, tool: str = TOOL, shards: int = 1) -> dict[str, int]:
    """Return a tool's figures of the hour, over all shards."""
    found: dict[str, int] = {}
    for shard in range(shards):
        key = to_item(totals_key(tool, HOUR, shard))
        row = from_item(aws.dynamodb.get_item(TableName=TABLE, Key=key).get("Item", {}))
        for name, value in figures_of(row).items():
            found[name] = found.get(name, 0) + value
    return found


@pytest.fixture(autouse=True)
def nothing_counted(aws: Aws) -> Iterator[None]:
    yield
    for item in aws.dynamodb.scan(TableName=TABLE)["Items"]:
        if item["execution_id"]["S"].startswith("#calls"):
            aws.dynamodb.delete_item(TableName=TABLE, Key={name: item[name] for name in ("execution_id", "call_id")})


class Cancelling:
    """A client whose first transactions are cancelled, for a reason."""

    def __init__(self, client: Any, times: int, reason: dict[str, str]) -> None:
        self.client, self.left, self.reason = client, times, reason
        self.tried: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def transact_write_items(self, **arguments: Any) -> Any:
        self.tried.append(arguments["TransactItems"])
        if self.left:
            self.left -= 1
            response: Any = {
                "Error": {"Code": "TransactionCanceledException", "Message": ""},
                "CancellationReasons": [{"Code": "None"}, self.reason],
            }
            raise self.client.exceptions.TransactionCanceledException(response, "TransactWriteItems")
        return self.client.transact_write_items(**arguments)


def ender(client: Any, clock: FakeClock, **settings: Any) -> CountedEnd:
    return CountedEnd(
        TABLE, client, clock=clock, sleep=lambda seconds: clock.advance(1 + round(seconds * 1000)), **settings
    )


def test_an_execution_that_ends_is_counted_with_its_calls(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, success(), failure(), PENDING)

    finisher(aws, clock).finish(execution_id, Ending.FINISHED)

    figures = counted(aws)
    assert {name: figures[name] for name in ("calls", "success", "failed", "ran", "attempts")} == {
        "calls": 3,
        "success": 1,
        "failed": 2,
        "ran": 2,
        "attempts": 2,
    }


def test_finishing_again_counts_nothing_more(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, success())

    for ending in (Ending.FINISHED, Ending.FINISHED, Ending.TIMED_OUT):
        finisher(aws, clock).finish(execution_id, ending)

    assert counted(aws)["calls"] == 1


def test_two_that_finish_at_once_count_once(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, success())
    rows = History(TABLE, aws.dynamodb).rows(execution_id)
    assert rows is not None
    totals = {TOOL: CallTotals.of(rows.calls)}

    both = [ender(aws.dynamodb, clock).end(rows.execution, {"status": "succeeded"}, totals) for _ in range(2)]

    assert both == [True, False]
    assert counted(aws)["calls"] == 1


def test_a_conflict_is_tried_again(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, success())
    rows = History(TABLE, aws.dynamodb).rows(execution_id)
    assert rows is not None
    client = Cancelling(aws.dynamodb, 3, CONFLICT)

    assert ender(client, clock).end(rows.execution, {"status": "succeeded"}, {TOOL: CallTotals.of(rows.calls)})

    assert len(client.tried) == 4
    assert counted(aws)["calls"] == 1


def test_each_try_draws_a_shard(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, success())
    rows = History(TABLE, aws.dynamodb).rows(execution_id)
    assert rows is not None
    client = Cancelling(aws.dynamodb, 8, CONFLICT)

    ender(client, clock, shards=64).end(rows.execution, {"status": "succeeded"}, {TOOL: CallTotals.of(rows.calls)})

    taken = {parts[1]["Update"]["Key"]["execution_id"]["S"] for parts in client.tried}
    assert len(taken) > 1
    assert counted(aws, shards=64)["calls"] == 1


def test_what_cannot_be_counted_in_time_stays_open_and_its_caller_is_answered(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    planned(aws, execution_id, success("the answer"))
    busy = finisher(aws, clock)
    busy.history._counted_end = ender(Cancelling(aws.dynamodb, 10_000, CONFLICT), clock)

    output = busy.finish(execution_id, Ending.FINISHED)

    assert output is not None
    assert output["results"][0]["result"] == "the answer"
    assert "open" in aws.row(execution_id, EXECUTION_CALL_ID)
    assert counted(aws) == {}

    finisher(aws, clock).finish(execution_id, Ending.TIMED_OUT)

    assert "open" not in aws.row(execution_id, EXECUTION_CALL_ID)
    assert counted(aws)["success"] == 1


def test_a_table_that_refuses_for_good_is_not_asked_again(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, success())
    rows = History(TABLE, aws.dynamodb).rows(execution_id)
    assert rows is not None
    client = Cancelling(aws.dynamodb, 1, {"Code": "ValidationError"})

    with pytest.raises(ClientError):
        ender(client, clock).end(rows.execution, {"status": "succeeded"}, {TOOL: CallTotals.of(rows.calls)})

    assert len(client.tried) == 1


def test_more_tools_than_a_transaction_holds_are_counted_in_parts(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    planned(aws, execution_id, success())
    rows = History(TABLE, aws.dynamodb).rows(execution_id)
    assert rows is not None
    totals = {f"tool_{number}": CallTotals({"calls": 1}) for number in range(7)}

    assert ender(aws.dynamodb, clock, tools_a_transaction=3).end(rows.execution, {"status": "succeeded"}, totals)

    assert [counted(aws, tool)["calls"] for tool in totals] == [1] * 7
    assert "open" not in aws.row(execution_id, EXECUTION_CALL_ID)


class Dies(Exception):
    """A finisher's process is no more."""


class Dying(Cancelling):
    """A client whose process dies at a transaction after so many."""

    def transact_write_items(self, **arguments: Any) -> Any:
        if not self.left:
            raise Dies
        self.left -= 1
        return self.client.transact_write_items(**arguments)


def test_whoever_goes_on_after_two_parts_counts_the_rest(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, success())
    rows = History(TABLE, aws.dynamodb).rows(execution_id)
    assert rows is not None
    totals = {f"tool_{number}": CallTotals({"calls": 1}) for number in range(7)}
    with pytest.raises(Dies):
        ender(Dying(aws.dynamodb, 2, {}), clock, tools_a_transaction=2).end(
            rows.execution, {"status": "failed"}, totals
        )

    # It goes by what it has read before the other one came: the table tells it how far that was.
    assert ender(aws.dynamodb, clock, tools_a_transaction=2).end(rows.execution, {"status": "failed"}, totals)

    assert [counted(aws, tool)["calls"] for tool in totals] == [1] * 7


def test_from_when_on_all_is_counted_is_written_once(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, success())
    finisher(aws, clock).finish(execution_id, Ending.FINISHED)
    first = from_item(aws.dynamodb.get_item(TableName=TABLE, Key=to_item(SINCE_KEY))["Item"])
    clock.advance(5 * 3_600_000)

    assert CountedEnd(TABLE, aws.dynamodb, clock=clock).begin_counting()

    assert from_item(aws.dynamodb.get_item(TableName=TABLE, Key=to_item(SINCE_KEY))["Item"]) == first


def test_busy_is_said_with_the_execution(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    planned(aws, execution_id, success())
    rows = History(TABLE, aws.dynamodb).rows(execution_id)
    assert rows is not None

    with pytest.raises(TotalsBusy, match=execution_id):
        ender(Cancelling(aws.dynamodb, 10_000, CONFLICT), clock).end(rows.execution, {"status": "failed"}, {})


def test_what_cannot_be_counted_now_is_left_to_the_next_sweep_with_the_moment_of_its_end(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    planned(aws, execution_id, success(), timeout_seconds=3600)
    clock.advance(2_000)
    busy = finisher(aws, clock)
    ending = ender(Cancelling(aws.dynamodb, 10_000, CONFLICT), clock)
    ended_at = iso_from_ms(clock.now_ms())

    output = replace(busy, history=History(TABLE, aws.dynamodb, end=ending)).finish(execution_id, Ending.FINISHED)

    own = aws.row(execution_id, EXECUTION_CALL_ID)
    assert output is not None
    assert (output["status"], own["open"], own["deadline"]) == ("succeeded", "0", ended_at)
    clock.advance(60_000)
    assert execution_id in list(busy.history.overdue(iso_from_ms(clock.now_ms() - 30_000)))
    busy.finish(execution_id, Ending.TIMED_OUT)
    own = aws.row(execution_id, EXECUTION_CALL_ID)
    assert (own["status"], own["finished_at"], "open" in own) == ("succeeded", ended_at, False)
    assert counted(aws)["calls"] == 1
