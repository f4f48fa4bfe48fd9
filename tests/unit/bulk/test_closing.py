"""What batches have left open is ended by the finisher, as their executions ended."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from tool_executor.bulk.closing import Closer

ARN = "arn:aws:states:eu-west-1:1:execution:bulk/Batches:child"


class Finisher:
    """The Lambda service: whatever it is sent ends the batch."""

    def __init__(self, own: dict[str, Any]) -> None:
        self.own = own
        self.events: list[dict[str, Any]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert FunctionName == "finisher"
        self.events.append(json.loads(Payload))
        del self.own["open"]
        return {"Payload": SimpleNamespace(read=lambda: b"null")}


def events_for(status: str) -> list[dict[str, Any]]:
    own: dict[str, Any] = {"execution_id": "bulk-1-000000", "execution_arn": ARN, "open": "0"}
    finisher = Finisher(own)
    machine: Any = SimpleNamespace(
        arn="bulk", child_status=lambda _arn: status, aws=SimpleNamespace(functions=finisher)
    )
    records: Any = SimpleNamespace(with_own=lambda batches: [(batch, own) for batch in batches])
    batch: Any = SimpleNamespace(execution_id="bulk-1-000000")

    assert Closer(machine, records, "finisher", sleep=lambda _seconds: None).close([batch]) == 1
    return finisher.events


@pytest.mark.parametrize("status", ["ABORTED", "FAILED", "TIMED_OUT"])
def test_a_batch_that_ended_badly_is_ended_as_its_status_event_would(status: str) -> None:
    (event,) = events_for(status)

    assert event["detail"] == {
        "executionArn": ARN,
        "stateMachineArn": "bulk",
        "name": "bulk-1-000000",
        "status": status,
    }


def test_a_batch_that_ended_well_but_could_not_be_counted_is_finished_again() -> None:
    assert events_for("SUCCEEDED") == [{"execution_id": "bulk-1-000000"}]
