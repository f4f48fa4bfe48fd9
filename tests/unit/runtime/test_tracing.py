"""An attempt's part of the trace can be found by what its logs and its record are found by."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
from botocore.session import get_session

from lambdas.runtime import telemetry, tracing
from lambdas.runtime.invocation import AttemptFailed
from lambdas.runtime.xray import Daemon
from tests.unit.runtime.sample_tools import event, invoker, pending_call

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
HEADER = f"Root={TRACE};Parent=53995c3f42cd8ad8;Sampled=1"
CONTEXT = SimpleNamespace(
    aws_request_id="request-1",
    function_name="samples",
    function_version="1",
    memory_limit_in_mb=128,
    invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:samples",
)


class Received:
    """What X-Ray's daemon was sent, in order."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0)
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def parts(self) -> list[dict[str, Any]]:
        """What came since the last look."""
        found = []
        with suppress(BlockingIOError):
            while True:
                header, part = self._socket.recv(65_536).split(b"\n", 1)
                assert json.loads(header) == {"format": "json", "version": 1}
                found.append(json.loads(part))
        return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Received]:
    """Tracing as a function on Lambda has it."""
    received = Received()
    monkeypatch.setenv("POWERTOOLS_TRACE_DISABLED", "false")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "samples")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER)
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", received.address)
    monkeypatch.setattr(tracing._Process, "is_cold", True)
    yield received
    received.close()
    tracing._Process.daemon = None


def test_an_attempt_is_found_by_its_ids_and_by_opentelemetrys_names(
    aws: Aws, clock: FakeClock, daemon: Received, execution_id: str
) -> None:
    pending_call(aws, execution_id)
    handler = telemetry.observed(lambda given, _context: invoker(aws, clock).invoke(given, "request-1"))

    handler(event("reads", execution_id, {"text": "hidden-input"}), CONTEXT)

    (part,) = daemon.parts
    assert (part["trace_id"], part["parent_id"], part["type"]) == (TRACE, "53995c3f42cd8ad8", "subsegment")
    assert part["start_time"] <= part["end_time"]
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


def test_a_failed_attempt_names_its_error(aws: Aws, clock: FakeClock, daemon: Received, execution_id: str) -> None:
    pending_call(aws, execution_id)
    handler = telemetry.observed(lambda given, _context: invoker(aws, clock).invoke(given, "request-1"))

    with pytest.raises(AttemptFailed):
        handler(event("fails", execution_id, {"how": "unavailable"}), CONTEXT)

    (part,) = daemon.parts
    assert part["annotations"]["error_type"] == "Unavailable"
    assert part["fault"] is True
    assert [one["type"] for one in part["cause"]["exceptions"]] == ["AttemptFailed"]


def test_the_first_invocation_of_a_process_is_marked_as_cold(daemon: Received) -> None:
    handler = tracing.traced(lambda _event, _context: None, "samples")

    handler({}, CONTEXT)
    handler({}, CONTEXT)

    assert [part["annotations"]["ColdStart"] for part in daemon.parts] == [True, False]


def client_of_dynamodb(**said: Any) -> Any:
    session = get_session()
    session.set_credentials("none", "none")
    client = session.create_client("dynamodb", "eu-west-1", **said)
    tracing.watch(client)
    return client


@pytest.mark.usefixtures("aws")
def test_a_request_of_the_sdk_is_a_part_of_the_part(daemon: Received) -> None:
    def asks(_event: object, _context: object) -> None:
        client = client_of_dynamodb()
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            client.get_item(TableName="missing", Key={"execution_id": {"S": "hidden-key"}})

    tracing.traced(asks, "samples")({}, CONTEXT)

    request, part = daemon.parts
    assert (request["parent_id"], request["trace_id"]) == (part["id"], TRACE)
    assert (request["name"], request["namespace"]) == ("dynamodb", "aws")
    told = {name: value for name, value in request["aws"].items() if name != "request_id"}
    assert told == {"operation": "GetItem", "region": "eu-west-1", "retries": 0}
    assert (request["http"], request["error"]) == ({"response": {"status": 400}}, True)
    assert "hidden" not in json.dumps([request, part])


def test_a_request_that_nobody_answers_is_told_with_the_type_of_what_went_wrong(daemon: Received) -> None:
    def asks(_event: object, _context: object) -> None:
        client = client_of_dynamodb(endpoint_url="http://127.0.0.1:1", config=Config(retries={"total_max_attempts": 1}))
        with pytest.raises(EndpointConnectionError):
            client.get_item(TableName="history", Key={"execution_id": {"S": "e"}})

    tracing.traced(asks, "samples")({}, CONTEXT)

    request, _ = daemon.parts
    assert request["fault"] is True
    assert request["aws"]["operation"] == "GetItem"
    assert request["cause"]["exceptions"][0]["type"] == "EndpointConnectionError"


@pytest.mark.parametrize("header", [HEADER.replace("Sampled=1", "Sampled=0"), f"Root={TRACE}", "", "nonsense"])
def test_what_is_not_sampled_is_not_sent(daemon: Received, monkeypatch: pytest.MonkeyPatch, header: str) -> None:
    monkeypatch.setenv("_X_AMZN_TRACE_ID", header)

    tracing.traced(lambda _event, _context: tracing.annotate({"tool": "reads"}), "samples")({}, CONTEXT)

    assert daemon.parts == []


@pytest.mark.parametrize(
    "addresses", ["{}", "udp:{}", "tcp:127.0.0.1:1 udp:{}"], ids=["bare", "with its protocol", "one of two"]
)
def test_the_daemon_is_found_however_its_address_is_written(
    daemon: Received, monkeypatch: pytest.MonkeyPatch, addresses: str
) -> None:
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", addresses.format(daemon.address))

    tracing.traced(lambda _event, _context: None, "samples")({}, CONTEXT)

    assert len(daemon.parts) == 1


def test_what_the_daemon_does_not_take_is_lost_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", "127.0.0.1:1")
    daemon = Daemon()

    daemon.send({"name": "x" * 100_000})  # more than a datagram holds


def test_without_tracing_nothing_is_sent(
    aws: Aws, clock: FakeClock, daemon: Received, execution_id: str, monkeypatch: pytest.MonkeyPatch
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
