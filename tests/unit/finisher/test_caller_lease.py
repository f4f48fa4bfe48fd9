"""An execution that has ended is no longer open for its caller, and ends whether or not that can be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdas.finisher.settlement import Ending
from lambdas.runtime import aws_clients
from tests.unit.finisher.executions import PENDING, finisher, planned, success
from tests.unit.runtime.aws import STATE_TABLE, Aws, FailingClient, service_error
from tool_contract.items import from_item
from tool_contract.record import EXECUTION_CALL_ID

if TYPE_CHECKING:
    from tests.unit.runtime.fake_clock import FakeClock

ACCOUNT = "caller#named#shop.one"


@pytest.fixture(autouse=True)
def table(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> FailingClient:
    client = FailingClient(aws.dynamodb)
    monkeypatch.setattr(aws_clients, "tool_state", lambda: client)
    monkeypatch.setenv("TOOL_STATE_TABLE", STATE_TABLE)
    return client


def open_execution(aws: Aws, execution_id: str, *others: str) -> None:
    planned(aws, execution_id, success(), PENDING)
    aws.put(**aws.row(execution_id, EXECUTION_CALL_ID), caller_account=ACCOUNT)
    held = {name: {"calls": 2, "until": 2_000_000_000} for name in (execution_id, *others)}
    aws.put_state(id=ACCOUNT, version=7, open=held, day="2026-11-20", day_calls=4)


def account(aws: Aws) -> Any:
    return from_item(aws.dynamodb.get_item(TableName=STATE_TABLE, Key={"id": {"S": ACCOUNT}})["Item"])


@pytest.mark.parametrize("ending", list(Ending))
def test_its_calls_are_given_back_however_it_ends_and_nobody_elses(
    aws: Aws, clock: FakeClock, execution_id: str, ending: Ending
) -> None:
    open_execution(aws, execution_id, "another.one")

    finisher(aws, clock).finish(execution_id, ending)

    assert set(account(aws)["open"]) == {"another.one"}
    assert (account(aws)["version"], account(aws)["day_calls"]) == (8, 4)
    assert "open" not in aws.row(execution_id, EXECUTION_CALL_ID)


def test_a_repeated_end_gives_nothing_back_again(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    open_execution(aws, execution_id)
    for _ in range(2):
        finisher(aws, clock).finish(execution_id, Ending.FINISHED)

    assert (account(aws)["open"], account(aws)["version"]) == ({}, 8)


def test_what_another_process_left_is_given_back_by_whoever_ends_the_execution(
    aws: Aws, clock: FakeClock, execution_id: str, table: FailingClient
) -> None:
    """It dies between the two writes: the execution's own record is still open, so that the sweep comes by."""
    open_execution(aws, execution_id)
    with pytest.raises(Exception, match="InternalServerError"):
        finisher(aws, clock, dynamodb=_ClosesNothing(aws.dynamodb)).finish(execution_id, Ending.FINISHED)
    assert table.calls == ["update_item"]

    finisher(aws, clock).finish(execution_id, Ending.TIMED_OUT)

    assert account(aws)["open"] == {}
    assert "open" not in aws.row(execution_id, EXECUTION_CALL_ID)


class _ClosesNothing(FailingClient):
    """A process that dies as it closes the execution's own record."""

    def __getattr__(self, operation: str) -> Any:
        def call(*positional: Any, **arguments: Any) -> Any:
            if operation == "transact_write_items":
                raise service_error()
            return getattr(self.real, operation)(*positional, **arguments)

        return call


def test_an_execution_ends_though_its_callers_account_cannot_be_written(
    aws: Aws, clock: FakeClock, execution_id: str, table: FailingClient
) -> None:
    open_execution(aws, execution_id)
    table.before = {"update_item": service_error()}

    output = finisher(aws, clock).finish(execution_id, Ending.FINISHED)

    assert output is not None
    assert "open" not in aws.row(execution_id, EXECUTION_CALL_ID)
    assert execution_id in account(aws)["open"]


def test_an_execution_that_counts_nowhere_asks_no_table(
    aws: Aws, clock: FakeClock, execution_id: str, table: FailingClient
) -> None:
    planned(aws, execution_id, success())

    finisher(aws, clock).finish(execution_id, Ending.FINISHED)

    assert table.calls == []
