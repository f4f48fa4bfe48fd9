"""Without an executor a tool's function is invoked once, and the answer says what that may have done."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError, SSLError

from tests.unit.client.fake_lambda import SUCCESS, FakeLambda, without_executor
from tool_executor import InvalidRequestError
from tool_executor.agents import BrowserAgent


def refused(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "Invoke")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("answer", "function_error", "expected"),
    [
        (
            {
                **SUCCESS,
                "success": False,
                "status": "failed",
                "error": "No.",
                "error_code": "NotFound",
                "retryable": False,
                "effect": "none",
                "details": [{"pointer": "/product_code", "message": "No."}],
            },
            None,
            {"error_code": "NotFound", "effect": "none", "attempts": 1, "error": "No."},
        ),
        ({"no": "envelope"}, None, {"error_code": "BadToolResponse", "effect": "unknown"}),
        ({"errorType": "Runtime.ExitError"}, "Unhandled", {"error_code": "ToolCrashed", "effect": "unknown"}),
        (
            refused("TooManyRequestsException", 429),
            None,
            {"error_code": "Throttled", "effect": "none", "retryable": True, "attempts": 0},
        ),
        (refused("ResourceNotFoundException", 404), None, {"error_code": "Misconfigured", "effect": "none"}),
        (refused("ServiceException", 500), None, {"error_code": "ToolCrashed", "effect": "unknown"}),
        (
            ReadTimeoutError(endpoint_url="x"),
            None,
            {"error_code": "ToolTimeout", "status": "timeout", "effect": "unknown"},
        ),
        (SSLError(endpoint_url="x", error="cut"), None, {"error_code": "ToolCrashed", "effect": "unknown"}),
        (EndpointConnectionError(endpoint_url="x"), None, {"error_code": "Unavailable", "effect": "none"}),
    ],
)
def test_a_single_invocation_that_fails_says_what_it_may_have_done(
    answer: Any, function_error: str | None, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    functions = FakeLambda(answer, function_error)
    said = without_executor(monkeypatch, functions).execute_tool("forecast_demand", {})
    assert {"success": False, "status": "failed", **expected}.items() <= said.items()
    assert said["metadata"]["degraded"] is True
    assert len(functions.invoked) == 1


def test_an_input_that_is_no_json_is_refused_before_it_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = FakeLambda()
    with pytest.raises(InvalidRequestError) as wrong:
        without_executor(monkeypatch, functions).execute_tool("forecast_demand", {"a": float("nan")})
    assert wrong.value.problems[0]["pointer"] == "/input/a"
    assert functions.invoked == []


def test_browser_tools_fail_clearly_where_their_function_is_not_deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    functions = FakeLambda(refused("ResourceNotFoundException", 404))
    said = without_executor(monkeypatch, functions, BrowserAgent).execute_tool("navigate", {"url": "x"})
    assert functions.invoked[0][0] == "tool-executor-dev-browser"
    assert said["error"] == "The function of the tool could not be invoked (ResourceNotFoundException)."
