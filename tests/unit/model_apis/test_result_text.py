"""What a model reads of a result."""

from __future__ import annotations

import json

from tool_contract.envelope import CallStatus, Detail
from tool_contract.errors import Effect, ErrorCode
from tool_executor import ToolExecutionResult
from tool_executor.model_apis.result_text import result_text


def test_a_success_is_the_results_json() -> None:
    assert result_text(ToolExecutionResult.succeeded("t", {"a": [1, "é"]}), 1000) == '{"a":[1,"é"]}'
    assert result_text(ToolExecutionResult.succeeded("t", None), 1000) == "null"


def test_a_failure_says_what_is_wrong_and_where() -> None:
    failed = ToolExecutionResult(
        tool_name="t",
        status=CallStatus.FAILED,
        error="No.",
        error_code=ErrorCode.INVALID_INPUT,
        effect=Effect.NONE,
        details=(Detail(pointer="/a", message="No."),),
    )
    told = json.loads(result_text(failed, 1000))
    assert told == {
        "success": False,
        "status": "failed",
        "error": "No.",
        "error_code": "InvalidInput",
        "retryable": False,
        "effect": "none",
        "details": [{"pointer": "/a", "message": "No."}],
    }


def test_an_unknown_effect_comes_with_a_warning() -> None:
    assert "may have done it" in json.loads(result_text(ToolExecutionResult.failed("t", "Lost."), 1000))["note"]


def test_what_is_too_long_is_cut_and_says_so_and_where_the_whole_is() -> None:
    whole = ToolExecutionResult(
        tool_name="t", status=CallStatus.SUCCESS, result="x" * 5000, call_id="c1", execution_id="e1"
    )
    text, _, note = result_text(whole, 300).partition("\n")
    assert text == '"' + "x" * 299
    assert note.startswith("[Cut: these are the first 300 of 5,002 characters")
    assert "execution e1, call c1" in note
