"""An attempt's part of the trace can be found by what its logs and its record are found by."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools import Tracer
from aws_xray_sdk.core import xray_recorder

from lambdas.runtime import telemetry, tracing
from lambdas.runtime.invocation import AttemptFailed
from tests.unit.runtime.sample_tools import event, invoker, pending_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
CONTEXT = SimpleNamespace(
    aws_request_id="request-1",
    function_name="samples",
    function_version="1",
    memory_limit_in_mb=128,
    invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:samples",
)


class Daemon:
    """Where the SDK sends the parts of traces that have ended."""

    def __init__(self) -> None:
        self.parts: list[dict[str, Any]] = []

    def send_entity(self, entity: Any) -> None:
        self.parts.append(json.loads(entity.serialize()))

    def set_daemon_address(self, _address: str) -> None: ...


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """Tracing as a function on Lambda has it, but for the daemon."""
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "false")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "samples")
    monkeypatch.setenv("LAMBDA_TASK_ROOT", "/var/task")
    # It would trace the process's other clients, too, for all tests that follow.
    monkeypatch.setattr(Tracer, "patch", lambda _self, **_: None)
    monkeypatch.setenv("_X_AMZN_TRACE_ID", f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1")
    emitter, context, received = xray_recorder.emitter, xray_recorder.context, Daemon()
    from aws_xray_sdk.core.lambda_launcher import LambdaContext  # noqa: PLC0415 - its import looks for Lambda

    xray_recorder.configure(emitter=received, context=LambdaContext())
    yield received
    xray_recorder.configure(emitter=emitter, context=context)
    tracing._Process.tracer = None


def test_an_attempt_is_found_by_its_ids_and_by_opentelemetrys_names(
    aws: Aws, clock: FakeClock, daemon: Daemon, execution_id: str
) -> None:
    pending_call(aws, execution_id)
    handler = telemetry.observed(lambda given, _context: invoker(aws, clock).invoke(given, "request-1"))

    handler(event("reads", execution_id, {"text": "hidden-input"}), CONTEXT)

    (part,) = daemon.parts
    assert part["trace_id"] == TRACE
    found = {name: value for name, value in part["annotations"].items() if name not in {"ColdStart", "Service"}}
    assert found == {
        "correlation_id": "k",
        "execution_id": execution_id,
        "gen_ai_tool_call_id": "c1",
        "gen_ai_tool_name": "reads",
        "gen_ai_operation_name": "execute_tool",
        "attempt": 1,
    }
    assert "hidden-input" not in json.dumps(part)


def test_a_failed_attempt_names_its_error(aws: Aws, clock: FakeClock, daemon: Daemon, execution_id: str) -> None:
    pending_call(aws, execution_id)
    handler = telemetry.observed(lambda given, _context: invoker(aws, clock).invoke(given, "request-1"))

    with pytest.raises(AttemptFailed):
        handler(event("fails", execution_id, {"how": "unavailable"}), CONTEXT)

    (part,) = daemon.parts
    assert part["annotations"]["error_type"] == "Unavailable"
    assert part["fault"] is True


def test_without_tracing_nothing_is_sent(
    aws: Aws, clock: FakeClock, daemon: Daemon, execution_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "true")
    pending_call(aws, execution_id)

    telemetry.observed(lambda given, _context: invoker(aws, clock).invoke(given, "request-1"))(
        event("reads", execution_id, {"text": "a"}), CONTEXT
    )

    assert daemon.parts == []


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1", TRACE),
        (f"Root={TRACE}", TRACE),
        ("", None),
        ("Sampled=0", None),
        ("nonsense", None),
    ],
)
def test_the_trace_of_an_invocation_is_told_by_lambda(
    monkeypatch: pytest.MonkeyPatch, header: str, expected: str | None
) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)

    assert tracing.trace_id() == expected
