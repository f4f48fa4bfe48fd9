"""An execution that is accepted can die neither of its bytes nor of its events."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.contract.small_catalog import CATALOG
from tests.unit.planner.planning import LOOK_UP, SET_LEVEL, plan_of
from tool_contract import strict_json
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.limits import MAX_HISTORY_EVENTS, MAX_PLAN_BYTES, MAX_STATE_BYTES
from tool_contract.request import check_request


def _refusal(*calls: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(InvalidRequestError) as refused:
        plan_of(*calls)
    complaint: dict[str, Any] = refused.value.to_json()
    return complaint


def _promised(**changes: Any) -> dict[str, Any]:
    return {**LOOK_UP, "max_retries": 3, "fallbacks": [{**SET_LEVEL, "max_retries": 3}], **changes}


def test_250_calls_with_a_fallback_and_three_retries_each_are_accepted() -> None:
    state = plan_of(*[_promised()] * 250).state

    size = strict_json.byte_size(strict_json.dumps(state))
    assert size < MAX_PLAN_BYTES < MAX_STATE_BYTES
    # What the design counts with: about 640 bytes a call.
    assert size / 250 < 640


def test_so_many_are_accepted_with_the_longest_names_and_waits_too() -> None:
    calls = [
        _promised(call_id=f"{number:x<64}", retry={"initial_delay_seconds": 3_600, "max_delay_seconds": 3_600})
        for number in range(250)
    ]

    assert len(plan_of(*calls).state["calls"]) == 250


def test_251_calls_are_refused_before_they_are_planned() -> None:
    with pytest.raises(InvalidRequestError) as refused:
        check_request({"calls": [LOOK_UP] * 251}, CATALOG)

    assert [problem.pointer for problem in refused.value.problems] == ["/calls"]


def test_a_plan_of_too_many_bytes_is_refused_with_how_many_calls_fit() -> None:
    calls = [{**LOOK_UP, "max_retries": 0, "fallbacks": [{**LOOK_UP, "max_retries": 0}] * 5}] * 250

    complaint = _refusal(*calls)

    (detail,) = complaint["details"]
    assert (detail["pointer"], detail["error_code"]) == ("/calls", "InvalidRequest")
    assert f"{MAX_PLAN_BYTES:,} fit" in detail["message"]
    fits = int(detail["hint"].split()[2])
    assert plan_of(*calls[:fits])
    _refusal(*calls[: fits + 1])


def test_a_plan_of_too_many_events_is_refused_with_how_many_calls_fit() -> None:
    calls = [{**LOOK_UP, "max_retries": 10, "fallbacks": [{**LOOK_UP, "max_retries": 10}]}] * 250

    (detail,) = _refusal(*calls)["details"]

    assert "history events" in detail["message"]
    fits = int(detail["hint"].split()[2])
    assert plan_of(*calls[:fits])
    _refusal(*calls[: fits + 1])


def test_what_is_too_large_in_both_ways_is_told_in_both() -> None:
    calls = [{**LOOK_UP, "max_retries": 10, "fallbacks": [{**LOOK_UP, "max_retries": 10}] * 5}] * 250

    messages = [detail["message"] for detail in _refusal(*calls)["details"]]

    assert len(messages) == 2
    assert f"{MAX_PLAN_BYTES:,} fit" in messages[0]
    assert f"{MAX_HISTORY_EVENTS:,} fit" in messages[1]
