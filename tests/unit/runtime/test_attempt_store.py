"""The number of an attempt fences its call's record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from lambdas.runtime.attempt_store import AttemptStore, HistoryUnavailable, Stands, Started
from tests.unit.runtime.aws import TABLE, Aws, FailingClient, service_error
from tests.unit.runtime.fake_clock import START, START_MS
from tests.unit.runtime.sample_tools import group, pending_call
from tool_contract.attempt import AttemptContext

if TYPE_CHECKING:
    from tool_contract.tool_spec import ToolSpec

SPECS: dict[str, ToolSpec] = {tool.spec.name: tool.spec for tool in group.tools}
TERMINAL = ("success", "failed", "timeout", "skipped", "cancelled")


def _context(execution_id: str, attempt: int = 1) -> AttemptContext:
    return AttemptContext(execution_id=execution_id, call_id="c1", attempt=attempt, route="workflow")


def _begin(aws: Aws, execution_id: str, attempt: int, *, owner: str = "me", tool: str = "orders") -> Started | Stands:
    store = AttemptStore(TABLE, aws.dynamodb)
    return store.begin(_context(execution_id, attempt), SPECS[tool], owner=owner, now_ms=START_MS)


def _succeed(
    aws: Aws, execution_id: str, attempt: int, *, owner: str = "me", result: str = "1", tool: str = "orders"
) -> Started | Stands:
    store = AttemptStore(TABLE, aws.dynamodb)
    return store.succeed(_context(execution_id, attempt), SPECS[tool], owner=owner, outcome={"result": result})


def test_the_first_attempt_takes_a_pending_call_and_gets_its_record(aws: Aws, execution_id: str) -> None:
    pending_call(aws, execution_id)

    began = _begin(aws, execution_id, 1, tool="sets")

    assert isinstance(began, Started)
    assert began.record == aws.row(execution_id, "c1")
    assert began.record.items() >= {
        "status": "running", "attempts": 1, "owner": "me", "attempt_started_at": START, "input": '{"text":"recorded"}',
        "tool_name": "sets",
    }.items()  # fmt: skip


def test_a_later_attempt_takes_a_call_over_from_an_earlier_one(aws: Aws, execution_id: str) -> None:
    pending_call(aws, execution_id)
    _begin(aws, execution_id, 1)

    assert isinstance(_begin(aws, execution_id, 3, owner="other"), Started)
    assert aws.row(execution_id, "c1").items() >= {"status": "retrying", "attempts": 3, "owner": "other"}.items()


@pytest.mark.parametrize("tool", ["orders", "sets", "reads"])
def test_an_attempt_of_an_older_number_changes_nothing(aws: Aws, execution_id: str, tool: str) -> None:
    pending_call(aws, execution_id)
    _begin(aws, execution_id, 2, owner="newer")
    before = aws.row(execution_id, "c1")

    assert _begin(aws, execution_id, 1, tool=tool) == Stands(before)
    assert _succeed(aws, execution_id, 1) == Stands(before)
    assert aws.row(execution_id, "c1") == before


def test_the_same_attempt_of_the_same_owner_passes(aws: Aws, execution_id: str) -> None:
    pending_call(aws, execution_id)

    for _ in range(2):
        assert isinstance(_begin(aws, execution_id, 1), Started)


@pytest.mark.parametrize(("tool", "taken"), [("orders", False), ("sets", True), ("reads", True)])
def test_the_same_attempt_of_another_owner_passes_only_where_repeating_is_harmless(
    aws: Aws,
    execution_id: str,
    tool: str,
    taken: bool,  # noqa: FBT001
) -> None:
    pending_call(aws, execution_id)
    _begin(aws, execution_id, 1, owner="first", tool=tool)

    assert isinstance(_begin(aws, execution_id, 1, owner="second", tool=tool), Started) is taken
    assert aws.row(execution_id, "c1")["owner"] == ("second" if taken else "first")


@pytest.mark.parametrize("status", TERMINAL)
@pytest.mark.parametrize("tool", ["orders", "reads"])
def test_a_call_that_has_ended_never_changes(aws: Aws, execution_id: str, status: str, tool: str) -> None:
    pending_call(aws, execution_id, status=status, attempts=1, owner="me", result="0")
    before = aws.row(execution_id, "c1")

    for attempt in (1, 2):
        began = _begin(aws, execution_id, attempt, tool=tool)
        assert isinstance(began, Stands)
        assert began.succeeded is (status == "success")
        if status != "success":
            assert isinstance(_succeed(aws, execution_id, attempt), Stands)
    assert aws.row(execution_id, "c1") == before


def test_a_success_ends_the_call_once(aws: Aws, execution_id: str) -> None:
    pending_call(aws, execution_id)
    _begin(aws, execution_id, 1)

    ended = _succeed(aws, execution_id, 1)

    assert isinstance(ended, Started)
    assert aws.row(execution_id, "c1").items() >= {"status": "success", "result": "1"}.items()


def test_the_same_success_told_again_after_a_lost_answer_passes(aws: Aws, execution_id: str) -> None:
    pending_call(aws, execution_id)
    _begin(aws, execution_id, 1)
    _succeed(aws, execution_id, 1)

    assert isinstance(_succeed(aws, execution_id, 1), Started)


@pytest.mark.parametrize("late", [{"attempt": 1, "owner": "other"}, {"attempt": 2, "owner": "me"}])
def test_a_success_of_whoever_does_not_own_the_call_is_refused(
    aws: Aws, execution_id: str, late: dict[str, Any]
) -> None:
    pending_call(aws, execution_id)
    _begin(aws, execution_id, 1)

    assert isinstance(_succeed(aws, execution_id, **late), Stands)
    assert aws.row(execution_id, "c1")["status"] == "running"


def test_a_call_that_nobody_planned_is_not_made(aws: Aws, execution_id: str) -> None:
    assert _begin(aws, execution_id, 1) == Stands({})
    assert aws.row(execution_id, "c1") == {}


@pytest.mark.parametrize(
    "fault", [service_error(), service_error("ThrottlingException"), EndpointConnectionError(endpoint_url="x")]
)
def test_a_table_that_does_not_answer_is_one_error(aws: Aws, execution_id: str, fault: Exception) -> None:
    pending_call(aws, execution_id)
    client: Any = FailingClient(aws.dynamodb, before={"update_item": fault})
    store = AttemptStore(TABLE, client)

    with pytest.raises(HistoryUnavailable):
        store.begin(_context(execution_id), SPECS["orders"], owner="me", now_ms=START_MS)
    with pytest.raises(HistoryUnavailable):
        store.succeed(_context(execution_id), SPECS["orders"], owner="me", outcome={"result": "1"})


def test_of_a_repeatable_tool_that_runs_twice_at_once_the_first_result_stands(aws: Aws, execution_id: str) -> None:
    pending_call(aws, execution_id)
    _begin(aws, execution_id, 1, owner="first", tool="sets")
    _begin(aws, execution_id, 1, owner="second", tool="sets")

    assert isinstance(_succeed(aws, execution_id, 1, owner="first", result="1", tool="sets"), Started)
    late = _succeed(aws, execution_id, 1, owner="second", result="2", tool="sets")

    assert isinstance(late, Stands)
    assert (late.succeeded, aws.row(execution_id, "c1")["result"]) == (True, "1")


def test_an_open_call_tells_what_ran_before_its_attempt(aws: Aws, execution_id: str) -> None:
    pending_call(aws, execution_id)
    earlier = {"attempt": 1, "tool_name": "orders", "started_at": START, "duration_ms": 5, "decision": "fallback"}
    context = AttemptContext.model_validate(
        {"execution_id": execution_id, "call_id": "c1", "attempt": 2, "candidate": 1, "attempt_log": [earlier]}
    )

    AttemptStore(TABLE, aws.dynamodb).begin(context, SPECS["reads"], owner="me", now_ms=START_MS)

    row = aws.row(execution_id, "c1")
    assert row["fallback_used"] is True
    assert '"tool_name":"orders"' in row["attempt_log"]


@pytest.mark.parametrize("tool", ["sets", "reads"])
def test_the_answer_of_an_older_attempt_ends_nothing(aws: Aws, execution_id: str, tool: str) -> None:
    """Not even of a tool that may be repeated: a newer attempt may have been told another failure already."""
    pending_call(aws, execution_id)
    _begin(aws, execution_id, 1, owner="older", tool=tool)
    _begin(aws, execution_id, 2, owner="newer", tool=tool)
    before = aws.row(execution_id, "c1")

    for owner in ("older", "newer"):
        assert _succeed(aws, execution_id, 1, owner=owner, tool=tool) == Stands(before)
    assert aws.row(execution_id, "c1") == before


def test_a_start_that_is_written_twice_counts_once(aws: Aws, execution_id: str) -> None:
    pending_call(aws, execution_id, status="running", attempts=1, owner="earlier")
    client = FailingClient(aws.dynamodb, after={"update_item": service_error()})

    with pytest.raises(HistoryUnavailable):
        AttemptStore(TABLE, client).begin(_context(execution_id, 2), SPECS["orders"], owner="me", now_ms=START_MS)
    assert isinstance(_begin(aws, execution_id, 2), Started)

    assert aws.row(execution_id, "c1")["attempts"] == 2
