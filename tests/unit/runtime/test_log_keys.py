"""Every line that a call writes can be found by its ids, and holds neither input nor result."""

from __future__ import annotations

import io
import json
import logging
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime import telemetry
from lambdas.runtime.invocation import AttemptFailed
from lambdas.runtime.tool_group import ToolGroup
from tests.unit.runtime.sample_tools import event, invoker, pending_call

if TYPE_CHECKING:
    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock

CONTEXT = SimpleNamespace(
    aws_request_id="request-1",
    function_name="samples",
    function_version="1",
    memory_limit_in_mb=128,
    invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:samples",
)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the function logs."""
    stream = io.StringIO()
    for handler in logging.getLogger(telemetry.logger.service).handlers:
        monkeypatch.setattr(handler, "stream", stream, raising=False)
    return stream


def lines(logged: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in logged.getvalue().splitlines()]


def test_a_failed_attempts_line_has_its_ids_its_tool_and_its_error(
    aws: Aws, clock: FakeClock, execution_id: str, logged: io.StringIO
) -> None:
    pending_call(aws, execution_id)

    with pytest.raises(AttemptFailed):
        invoker(aws, clock).invoke(event("fails", execution_id, {"how": "unavailable"}), "request-1")

    (line,) = lines(logged)
    assert {name: line[name] for name in ("correlation_id", "execution_id", "call_id", "tool", "attempt")} == {
        "correlation_id": "k",
        "execution_id": execution_id,
        "call_id": "c1",
        "tool": "fails",
        "attempt": 1,
    }
    assert (line["message"], line["error_code"]) == ("attempt failed", "Unavailable")


def test_what_a_tool_logs_itself_carries_the_ids_and_the_next_call_those_of_its_own(
    logged: io.StringIO,
) -> None:
    tools = ToolGroup("samples")

    @tools.tool(read_only=True)
    def speak() -> None:
        """Say something."""
        telemetry.logger.info("spoken")

    for correlation_id in ("first", "second"):
        context = {"correlation_id": correlation_id}
        tools.lambda_handler({"tool_name": "speak", "input": {}, "context": context}, CONTEXT)
    tools.lambda_handler({"tool_name": "speak", "input": {}}, CONTEXT)

    assert [line.get("correlation_id") for line in lines(logged)] == ["first", "second", None]


@pytest.mark.parametrize("tool", ["reads", "sets", "fails"])
def test_at_info_nothing_of_input_and_result_is_logged(
    aws: Aws, clock: FakeClock, execution_id: str, logged: io.StringIO, capsys: pytest.CaptureFixture[str], tool: str
) -> None:
    pending_call(aws, execution_id)
    given = {"how": "not found"} if tool == "fails" else {"text": "canary-1"}

    try:
        invoker(aws, clock).invoke(event(tool, execution_id, given), "request-1")
    except AttemptFailed:
        assert tool == "fails"

    written = logged.getvalue() + capsys.readouterr().out
    assert "canary-1" not in written
    assert "not found" not in written
