"""The answer of one call, in the JSON that other programs are written against."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from pydantic import ValidationError

from tests.unit.contract.json_values import json_values
from tool_contract.envelope import CallStatus, Detail, Envelope, ResultRef
from tool_contract.errors import Effect, ErrorCode

SUCCESS: dict[str, Any] = {
    "success": True, "call_id": "c1", "tool_name": "calculate_reorder_points", "status": "success",
    "result": {}, "execution_time_ms": 150.5, "attempts": 1, "metadata": {},
}  # fmt: skip
FAILURE: dict[str, Any] = {
    "success": False, "call_id": "c2", "tool_name": "calculate_reorder_points", "status": "failed",
    "error": "There is no such warehouse.", "error_code": "InvalidInput", "retryable": False, "effect": "none",
    "details": [{"pointer": "/warehouse_code", "message": "There is none."}],
    "execution_time_ms": 3.0, "attempts": 1, "metadata": {},
}  # fmt: skip


@pytest.mark.parametrize("value", [SUCCESS, FAILURE], ids=["success", "failure"])
def test_the_contracts_json_reads_and_writes_unchanged(value: dict[str, Any]) -> None:
    assert Envelope.model_validate(value).to_json() == value


def test_an_envelope_made_of_parts_has_the_contracts_json() -> None:
    envelope = Envelope(
        success=False,
        call_id="c2",
        tool_name="calculate_reorder_points",
        status=CallStatus.FAILED,
        error="There is no such warehouse.",
        error_code=ErrorCode.INVALID_INPUT,
        retryable=False,
        effect=Effect.NONE,
        details=(Detail(pointer="/warehouse_code", message="There is none."),),
        execution_time_ms=3,
        attempts=1,
    )

    assert envelope.to_json() == FAILURE


def test_a_result_of_null_is_there_and_what_does_not_apply_is_not() -> None:
    value = Envelope.model_validate({**SUCCESS, "result": None}).to_json()

    assert value == {**SUCCESS, "result": None}


@given(json_values())
def test_a_result_comes_out_as_it_went_in(result: object) -> None:
    assert Envelope.model_validate({**SUCCESS, "result": result}).to_json()["result"] == result


def test_null_inside_of_metadata_and_results_stays() -> None:
    value = {**SUCCESS, "result": {"a": None, "b": [{"c": None}]}, "metadata": {"mine": None}}

    assert Envelope.model_validate(value).to_json() == value


def test_a_large_result_goes_by_reference_alone() -> None:
    ref = {"bucket": "b", "key": "k", "bytes": 300_000, "sha256": "0" * 64}

    value = Envelope.model_validate({**SUCCESS, "result": None, "result_ref": ref}).to_json()

    assert value["result_ref"] == ref
    assert "result" not in value
    assert ResultRef.model_validate(value["result_ref"]).bytes == 300_000


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param({**SUCCESS, "status": "failed"}, id="a success that failed"),
        pytest.param({**FAILURE, "status": "success"}, id="a failure that succeeded"),
        pytest.param({**FAILURE, "error": None}, id="a failure without a sentence"),
        pytest.param({**FAILURE, "error_code": None}, id="a failure without a code"),
        pytest.param({**FAILURE, "error_code": "Oops"}, id="a code that is none"),
        pytest.param({**FAILURE, "effect": "perhaps"}, id="an effect that is none"),
        pytest.param({**SUCCESS, "status": "done"}, id="a status that is none"),
        pytest.param({**SUCCESS, "attempts": -1}, id="negative attempts"),
        pytest.param({**SUCCESS, "execution_time_ms": float("nan")}, id="a time that is no number"),
        pytest.param({**SUCCESS, "surprise": 1}, id="an unknown field"),
    ],
)
def test_an_envelope_that_contradicts_itself_cannot_be_made(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Envelope.model_validate(wrong)


def test_the_statuses_are_the_contracts() -> None:
    assert [status.value for status in CallStatus] == [
        "pending", "running", "retrying", "success", "failed", "timeout", "skipped", "cancelled",
    ]  # fmt: skip
    assert {status.value for status in CallStatus if not status.is_terminal} == {"pending", "running", "retrying"}


@pytest.mark.parametrize(
    "envelope",
    [
        Envelope(
            success=True, tool_name="t", status=CallStatus.SUCCESS, result={"n": 1}, execution_time_ms=1, attempts=1
        ),
        Envelope(
            success=True,
            tool_name="t",
            status=CallStatus.SUCCESS,
            result_ref=ResultRef(bucket="b", key="k", bytes=9, sha256="0"),
            execution_time_ms=1,
            attempts=1,
            metadata={"result": "the tool's own"},
        ),
        Envelope(
            success=False,
            tool_name="t",
            status=CallStatus.FAILED,
            error="It failed.",
            error_code=ErrorCode.TOOL_FAILED,
            details=(Detail(pointer="/a", message="wrong"),),
            execution_time_ms=1,
            attempts=1,
        ),
    ],
)
def test_the_frame_is_what_is_left_without_the_result(envelope: Envelope) -> None:
    assert envelope.frame() == envelope.model_copy(update={"result": None, "result_ref": None}).to_json()
