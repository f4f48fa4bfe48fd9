"""The Lambda function of the state Finish, of status events and of the sweep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.finisher import handler
from lambdas.finisher.finish import Finisher
from lambdas.runtime import aws_clients
from tests.unit.contract.small_catalog import CATALOG
from tests.unit.finisher.executions import PENDING, RUNNING, planned, success
from tests.unit.planner.planning import identity
from tests.unit.runtime.aws import BUCKET, STATE_TABLE, TABLE, Aws
from tests.unit.runtime.fake_clock import START_MS
from tests.unit.runtime.test_direct_call import LAMBDA_CONTEXT

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY_MS = 86_400_000


@pytest.fixture(autouse=True)
def _deployed(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(handler, "load_catalog", lambda: CATALOG)
    monkeypatch.setattr(aws_clients, "dynamodb", lambda: aws.dynamodb)
    monkeypatch.setattr(aws_clients, "tool_state", lambda: aws.dynamodb)
    monkeypatch.setattr("lambdas.finisher.gauges.load_catalog", lambda: CATALOG)
    monkeypatch.setattr(aws_clients, "s3", lambda: aws.s3)
    monkeypatch.setattr("lambdas.runtime.clock.SystemClock.now_ms", lambda _self: START_MS)
    monkeypatch.setenv("HISTORY_TABLE", TABLE)
    monkeypatch.setenv("ARTIFACT_BUCKET", BUCKET)
    monkeypatch.setenv("TOOL_STATE_TABLE", STATE_TABLE)
    yield
    handler._finisher.cache_clear()
    handler._gauges.cache_clear()


def _handle(event: dict[str, Any]) -> Any:
    return handler.lambda_handler(event, LAMBDA_CONTEXT)


def _status_event(execution_id: str, status: str, arn: str | None = None) -> dict[str, Any]:
    detail = {"name": execution_id, "status": status, "executionArn": arn or identity(execution_id).arn}
    return {"source": "aws.states", "detail": detail}


def test_the_workflow_gets_the_output(aws: Aws, execution_id: str) -> None:
    planned(aws, execution_id, success("a"))

    output = _handle({"execution_id": execution_id, "unrecorded": []})

    assert (output["status"], output["results"][0]["result"]) == ("succeeded", "a")
    json.dumps(output, allow_nan=False)


@pytest.mark.parametrize(
    ("status", "pending", "running"),
    [("ABORTED", "cancelled", "cancelled"), ("TIMED_OUT", "timeout", "timeout"), ("FAILED", "failed", "failed")],
)
def test_a_status_event_ends_what_the_workflow_left_open(
    aws: Aws, execution_id: str, status: str, pending: str, running: str
) -> None:
    planned(aws, execution_id, success(), PENDING, RUNNING)

    assert _handle(_status_event(execution_id, status)) is None

    assert [row["status"] for row in aws.rows(execution_id)[1:]] == ["success", pending, running]
    assert "open" not in aws.row(execution_id, "#execution")


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_the_end_of_an_execution_that_was_refused_the_id_ends_nothing_of_its_holder(
    aws: Aws, execution_id: str, status: str
) -> None:
    planned(aws, execution_id, success(), PENDING, RUNNING)

    assert _handle(_status_event(execution_id, status, "arn:of-another-that-came-late")) is None

    assert [row["status"] for row in aws.rows(execution_id)[1:]] == ["success", "pending", "running"]
    assert "open" in aws.row(execution_id, "#execution")


def test_a_status_event_of_an_execution_that_never_was_planned_is_nothing(aws: Aws, execution_id: str) -> None:
    assert _handle(_status_event(execution_id, "FAILED")) is None
    assert aws.rows(execution_id) == []


@pytest.mark.parametrize(
    ("ago_ms", "closed"), [(31_000, True), (DAY_MS, True), (29_000, False), (0, False), (-60_000, False)]
)
def test_the_sweep_ends_what_is_past_its_deadline_and_the_margin(
    aws: Aws,
    execution_id: str,
    ago_ms: int,
    closed: bool,  # noqa: FBT001
) -> None:
    planned(aws, execution_id, RUNNING, started_ms=START_MS - ago_ms - 60_000)

    answer = _handle({"sweep": True})

    assert (execution_id in answer["ended"], answer["failed"]) == (closed, [])
    assert ("open" in aws.row(execution_id, "#execution")) is not closed
    expected = ("timeout", "DeadlineExceeded", "unknown") if closed else ("running", None, None)
    row = aws.row(execution_id, "c1")
    assert (row["status"], row.get("error_code"), row.get("effect")) == expected


def test_one_execution_that_cannot_be_ended_does_not_keep_the_others_open(
    aws: Aws, execution_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = f"{execution_id}-bad", f"{execution_id}-good"
    for name in (bad, good):
        planned(aws, name, RUNNING, started_ms=START_MS - DAY_MS)
    finish = Finisher.finish

    def failing(self: Finisher, execution_id: str, *rest: Any) -> Any:
        if execution_id == bad:
            message = "broken row"
            raise RuntimeError(message)
        return finish(self, execution_id, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(Finisher, "finish", failing)
        answer = _handle({"sweep": True})
    _handle({"sweep": True})

    assert (bad in answer["failed"], good in answer["ended"]) == (True, True)
    assert aws.row(good, "c1")["status"] == "timeout"


def test_a_second_sweep_finds_nothing_more(aws: Aws, execution_id: str) -> None:
    planned(aws, execution_id, RUNNING, started_ms=START_MS - DAY_MS)
    _handle({"sweep": True})

    assert _handle({"sweep": True}) == {"ended": [], "failed": []}


def test_a_sweep_may_ask_for_another_margin(aws: Aws, execution_id: str) -> None:
    planned(aws, execution_id, RUNNING, started_ms=START_MS - 61_000)

    assert execution_id not in _handle({"sweep": True})["ended"]
    assert execution_id not in _handle({"sweep": True, "margin_seconds": 2})["ended"]
    assert execution_id in _handle({"sweep": True, "margin_seconds": 0.5})["ended"]
