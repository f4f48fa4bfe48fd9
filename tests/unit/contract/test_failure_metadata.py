"""What a tool tells of a failure beside its sentence: masked, bounded, and of the last attempt alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tool_contract.errors import NotFound
from tool_contract.failures import failure_from
from tool_contract.masking import Masks, masking
from tool_contract.record import envelope_from_record, failure_metadata

RECORD: dict[str, Any] = {
    "call_id": "c1",
    "tool_name": "click",
    "correlation_id": "x",
    "status": "failed",
    "error_code": "ElementNotFound",
    "error": "Nothing matched.",
}


def entry(attempt: int) -> dict[str, Any]:
    return {
        "attempt": attempt,
        "tool_name": "click",
        "started_at": "2026-11-29T00:00:00.000Z",
        "duration_ms": 1.0,
        "decision": "end",
    }


def recorded(*attempts: int, told_by: int, **changes: Any) -> dict[str, Any]:
    record = {
        **RECORD,
        "attempts": attempts[-1],
        "attempt_log": json.dumps([entry(attempt) for attempt in attempts]),
        "failure_metadata": failure_metadata(told_by, {"url": "http://a", "error_type": "mine"}),
        **changes,
    }
    return dict(envelope_from_record(record).metadata)


def test_the_last_attempts_metadata_is_in_the_envelope_and_replaces_nothing_of_ours() -> None:
    metadata = recorded(1, 2, told_by=2)

    assert metadata["url"] == "http://a"
    assert metadata["correlation_id"] == "x"


def test_an_older_attempts_metadata_is_not() -> None:
    assert "url" not in recorded(1, 2, told_by=1)


def test_a_success_has_none() -> None:
    assert "url" not in recorded(1, told_by=1, status="success", result="{}")


def test_a_callers_own_metadata_wins() -> None:
    assert recorded(1, told_by=1, metadata='{"url": "mine"}')["url"] == "mine"


@pytest.mark.parametrize("metadata", [None, "text", ["x"], {"x": float("nan")}, {"x": object()}, {"x": "y" * 5_000}])
def test_what_is_no_small_json_object_is_left_out(metadata: Any) -> None:
    assert failure_from(NotFound("There is none.", metadata=metadata)).metadata == {}


def test_a_secret_in_it_is_masked() -> None:
    masks = Masks()
    masks.add('canary "1"')
    with masking(masks):
        failure = failure_from(
            NotFound("no", metadata={"page_title": 'it is canary "1"', "deep": ["canary &quot;1&quot;"]})
        )

    assert failure.metadata == {"page_title": "it is ***", "deep": ["***"]}
