"""An execution is claimed and counted together: once for all its Plans, never past a limit, whoever plans at once."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from lambdas.planner.caller_accounts import CallerAccountBusy, CallerAccounts
from lambdas.planner.caller_usage import Taking, owner_of
from tests.unit.runtime.aws import STATE_TABLE, TABLE, Aws, FailingClient, service_error
from tests.unit.runtime.fake_clock import FakeClock
from tool_contract.caller_policy import CallerPolicy
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.items import from_item

if TYPE_CHECKING:
    from collections.abc import Callable

_numbers = itertools.count(1)
POLICY = CallerPolicy(max_calls_per_minute=10, max_open_calls=10, max_calls_per_day=10, max_attempts_per_day=40)


@pytest.fixture
def account() -> str:
    return f"caller#named#{next(_numbers)}"


def accounts(aws: Aws, clock: FakeClock, client: Any = None) -> CallerAccounts:
    return CallerAccounts(STATE_TABLE, TABLE, client or aws.dynamodb, clock, clock.sleep)


def row(execution_id: str, **changes: Any) -> dict[str, Any]:
    return {"execution_id": execution_id, "call_id": "#execution", "execution_arn": f"arn:{execution_id}", **changes}


def taking(account: str, execution_id: str, calls: int = 4, policy: CallerPolicy = POLICY) -> Taking:
    deadline_ms = FakeClock().ms + 60_000
    return Taking(account, owner_of("shop", named=True), policy, execution_id, calls, calls * 4, deadline_ms)


def counted(aws: Aws, account: str) -> tuple[int, int, int, int]:
    item = from_item(aws.dynamodb.get_item(TableName=STATE_TABLE, Key={"id": {"S": account}}).get("Item", {}))
    recent, held = item.get("recent", {}), item.get("open", {})
    calls = sum(recent.values()), sum(each["calls"] for each in held.values())
    return (*calls, item.get("day_calls", 0), item.get("day_attempts", 0))


def test_a_claimed_execution_is_counted(aws: Aws, clock: FakeClock, execution_id: str, account: str) -> None:
    assert accounts(aws, clock).claim(row(execution_id), taking(account, execution_id)) is None

    assert counted(aws, account) == (4, 4, 4, 16)
    assert aws.row(execution_id, "#execution") == row(execution_id, caller_account=account)


def test_without_a_limit_of_open_calls_the_record_names_no_account(
    aws: Aws, clock: FakeClock, execution_id: str, account: str
) -> None:
    per_day = CallerPolicy(max_calls_per_day=9)

    accounts(aws, clock).claim(row(execution_id), taking(account, execution_id, policy=per_day))

    assert aws.row(execution_id, "#execution") == row(execution_id)


def test_a_repeated_plan_counts_once_and_finds_the_record(
    aws: Aws, clock: FakeClock, execution_id: str, account: str
) -> None:
    for _ in range(3):
        standing = accounts(aws, clock).claim(row(execution_id), taking(account, execution_id))

    assert counted(aws, account) == (4, 4, 4, 16)
    assert standing == row(execution_id, caller_account=account)


def test_a_repeated_plan_is_not_refused_for_what_its_first_one_took(
    aws: Aws, clock: FakeClock, execution_id: str, account: str
) -> None:
    accounts(aws, clock).claim(row(execution_id), taking(account, execution_id, 10))

    standing = accounts(aws, clock).claim(row(execution_id), taking(account, execution_id, 10))

    assert standing == row(execution_id, caller_account=account)


def test_a_repeated_plan_that_comes_after_the_end_takes_nothing_again(
    aws: Aws, clock: FakeClock, execution_id: str, account: str
) -> None:
    accounts(aws, clock).claim(row(execution_id), taking(account, execution_id))
    aws.put_state(id=account, version=2, expires_at=2_000_000_000)

    accounts(aws, clock).claim(row(execution_id), taking(account, execution_id))

    assert counted(aws, account) == (0, 0, 0, 0)


def test_a_lost_acknowledgement_counts_once(aws: Aws, clock: FakeClock, execution_id: str, account: str) -> None:
    deaf = FailingClient(aws.dynamodb, after={"transact_write_items": service_error()})
    with pytest.raises(ClientError):
        accounts(aws, clock, deaf).claim(row(execution_id), taking(account, execution_id))

    accounts(aws, clock).claim(row(execution_id), taking(account, execution_id))

    assert counted(aws, account) == (4, 4, 4, 16)


@pytest.mark.parametrize("operation", ["get_item", "transact_write_items"])
def test_what_cannot_be_counted_is_not_claimed(
    aws: Aws, clock: FakeClock, execution_id: str, account: str, operation: str
) -> None:
    down = FailingClient(aws.dynamodb, before={operation: service_error()})

    with pytest.raises(ClientError):
        accounts(aws, clock, down).claim(row(execution_id), taking(account, execution_id))

    assert aws.rows(execution_id) == []
    assert counted(aws, account) == (0, 0, 0, 0)


def test_a_refused_execution_is_neither_claimed_nor_counted(
    aws: Aws, clock: FakeClock, execution_id: str, account: str
) -> None:
    accounts(aws, clock).claim(row(execution_id), taking(account, execution_id, 8))

    with pytest.raises(InvalidRequestError) as refused:
        accounts(aws, clock).claim(row(f"{execution_id}b"), taking(account, f"{execution_id}b"))

    assert len(refused.value.problems) == 4
    assert refused.value.retry_after_seconds == 14 * 3600
    assert refused.value.to_json()["retryable"] is True
    assert aws.rows(f"{execution_id}b") == []
    assert counted(aws, account)[:3] == (8, 8, 8)


def test_the_record_of_another_execution_is_told_though_the_account_is_full(
    aws: Aws, clock: FakeClock, execution_id: str, account: str
) -> None:
    other = row(execution_id, execution_arn="other")
    aws.put(**other)

    assert accounts(aws, clock).claim(row(execution_id), taking(account, execution_id, 11)) == other
    assert accounts(aws, clock).claim(row(execution_id), taking(account, execution_id, 1)) == other
    assert counted(aws, account) == (0, 0, 0, 0)


def _conflict(*codes: str) -> Any:
    reasons = [{"Code": code} for code in codes]
    return {"Error": {"Code": "TransactionCanceledException", "Message": ""}, "CancellationReasons": reasons}


def test_a_transaction_in_the_way_is_waited_for(aws: Aws, clock: FakeClock, execution_id: str, account: str) -> None:
    @dataclass
    class Busy:
        times: int = 3
        exceptions: Any = field(default_factory=lambda: aws.dynamodb.exceptions)
        get_item: Any = field(default_factory=lambda: aws.dynamodb.get_item)

        def transact_write_items(self, **arguments: Any) -> Any:
            self.times -= 1
            if self.times >= 0:
                raise aws.dynamodb.exceptions.TransactionCanceledException(
                    _conflict("None", "TransactionConflict"), "TransactWriteItems"
                )
            return aws.dynamodb.transact_write_items(**arguments)

    assert accounts(aws, clock, Busy()).claim(row(execution_id), taking(account, execution_id)) is None
    assert counted(aws, account) == (4, 4, 4, 16)
    with pytest.raises(CallerAccountBusy):
        accounts(aws, clock, Busy(10**6)).claim(row(f"{execution_id}b"), taking(account, f"{execution_id}b"))


def test_planners_at_once_never_pass_a_limit_and_leave_nothing_of_it(aws: Aws, execution_id: str, account: str) -> None:
    def plan(number: int) -> bool:
        name = f"{execution_id}-{number}"
        try:
            # A clock that stands still: all of them plan in the same second, and none runs out of patience.
            CallerAccounts(STATE_TABLE, TABLE, aws.dynamodb, FakeClock(), lambda _: None).claim(
                row(name), taking(account, name, 1, CallerPolicy(max_calls_per_minute=5, max_open_calls=9))
            )
        except InvalidRequestError:
            return False
        return True

    with ThreadPoolExecutor(12) as planners:
        went = list(planners.map(plan, range(12)))

    assert sum(went) == 5
    assert counted(aws, account)[:2] == (5, 5)


@dataclass
class TableInMemory:
    """DynamoDB as far as accounts need it; ``before`` is called before each request, where others may come in."""

    before: Callable[[], None] = lambda: None
    items: dict[tuple[str, str], Any] = field(default_factory=dict)

    class exceptions:  # noqa: N801 - as botocore has it
        class TransactionCanceledException(Exception):
            def __init__(self, reasons: list[Any]) -> None:
                self.response = {"CancellationReasons": reasons}

    def get_item(self, **arguments: Any) -> Any:
        self.before()
        found = self.items.get((arguments["TableName"], _key(arguments["Key"])))
        return {"Item": found} if found else {}

    def transact_write_items(self, TransactItems: list[Any]) -> None:  # noqa: N803 - as botocore has it
        self.before()
        puts = [each["Put"] for each in TransactItems]
        standing = [self.items.get((put["TableName"], _key(put["Item"]))) for put in puts]
        met = [_met(put, item) for put, item in zip(puts, standing, strict=True)]
        if not all(met):
            reasons = [
                {"Code": "None"} if ok else {"Code": "ConditionalCheckFailed", **({"Item": item} if item else {})}
                for ok, item in zip(met, standing, strict=True)
            ]
            raise self.exceptions.TransactionCanceledException(reasons)
        self.items |= {(put["TableName"], _key(put["Item"])): put["Item"] for put in puts}


def _key(item: Any) -> str:
    return str(item["id"] if "id" in item else (item["execution_id"], item["call_id"]))


def _met(put: Any, standing: Any) -> bool:
    if put["ConditionExpression"].startswith("attribute_not_exists"):
        return standing is None
    return standing is not None and standing["version"] == put["ExpressionAttributeValues"][":version"]


@given(
    plans=st.lists(st.tuples(st.integers(0, 4), st.integers(1, 4)), min_size=2, max_size=6),
    schedule=st.lists(st.integers(0, 5), max_size=60),
)
def test_in_any_interleaving_no_limit_is_passed_and_each_execution_counts_once(
    plans: list[tuple[int, int]], schedule: list[int]
) -> None:
    """Planners, some of the same execution, step from request to request in the order that the schedule says."""
    table, turns = TableInMemory(), _Turns(len(plans), schedule)
    calls_of = dict(plans)
    policy = CallerPolicy(max_calls_per_minute=6, max_open_calls=5)

    def plan(number: int) -> int | None:
        name = f"e{plans[number][0]}"
        client: Any = replace(table, before=lambda: turns.wait_for(number), items=table.items)
        client.items = table.items
        try:
            CallerAccounts("state", "history", client, FakeClock(), lambda _: None).claim(
                row(name), taking("caller#named#x", name, calls_of[plans[number][0]], policy)
            )
        except InvalidRequestError:
            return None
        finally:
            turns.done(number)
        return plans[number][0]

    with ThreadPoolExecutor(len(plans)) as planners:
        went = {name for name in planners.map(plan, range(len(plans))) if name is not None}

    account = from_item(next((item for (kind, _), item in table.items.items() if kind == "state"), {}))
    total = sum(calls_of[name] for name in went)
    assert total <= 5
    assert sum(account.get("recent", {}).values()) == total
    assert {name for kind, name in table.items if kind == "history"} == {_key(_item(name)) for name in went}


def _item(name: int) -> Any:
    return {"execution_id": {"S": f"e{name}"}, "call_id": {"S": "#execution"}}


class _Turns:
    """Lets one of several threads go on at a time, in a given order; then whoever has the lowest number."""

    def __init__(self, count: int, schedule: list[int]) -> None:
        self._running, self._schedule = set(range(count)), [each % count for each in schedule]
        self._changed = threading.Condition()

    def wait_for(self, number: int) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._next() == number, timeout=10)
            if self._schedule:
                self._schedule.pop(0)
            self._changed.notify_all()

    def done(self, number: int) -> None:
        with self._changed:
            self._running.discard(number)
            self._changed.notify_all()

    def _next(self) -> int:
        while self._schedule and self._schedule[0] not in self._running:
            self._schedule.pop(0)
        return self._schedule[0] if self._schedule else min(self._running)
