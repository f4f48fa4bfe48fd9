"""What comes twice, late, or to a store that fails: effects stay within what a tool's marks allow."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

from lambdas.runtime.invocation import AttemptFailed
from tests.unit.runtime.aws import BUCKET, Aws, FailingClient, service_error
from tests.unit.runtime.sample_tools import EFFECTS, event, group, invoker, pending_call
from tool_contract import strict_json
from tool_contract.envelope import ResultRef

if TYPE_CHECKING:
    from tests.unit.runtime.fake_clock import FakeClock

DOWN = {"update_item": service_error()}


@pytest.fixture(autouse=True)
def _no_effects() -> None:
    EFFECTS.clear()


def _raised(aws: Aws, clock: FakeClock, given: dict[str, Any], request_id: str = "request-1", **clients: Any) -> Any:
    with pytest.raises(AttemptFailed) as failed:
        invoker(aws, clock, **clients).invoke(given, request_id)
    return json.loads(str(failed.value))


def _nothing_can_be_written_down(aws: Aws, *, after: bool = False) -> dict[str, FailingClient]:
    """Neither the history, once the attempt has begun, nor the artefact bucket takes anything."""
    history = FailingClient(aws.dynamodb, **{"after" if after else "before": DOWN}, spared=1)
    return {"dynamodb": history, "s3": FailingClient(aws.s3, before={"put_object": service_error()})}


@pytest.mark.parametrize("attempt", [1, 2])
def test_a_call_that_has_succeeded_is_answered_from_its_record(
    aws: Aws, clock: FakeClock, execution_id: str, attempt: int
) -> None:
    pending_call(aws, execution_id)
    invoker(aws, clock).invoke(event("orders", execution_id, {"text": "once"}), "request-1")
    before = aws.row(execution_id, "c1")

    again = event("orders", execution_id, {"text": "once"}, attempt=attempt)
    assert invoker(aws, clock).invoke(again, "request-2") == {"call_id": "c1"}
    answer = invoker(aws, clock).invoke({**again, "context": {**again["context"], "route": "direct"}}, "request-3")

    assert (answer["result"], answer["metadata"]["replayed"], answer["attempts"]) == ("once", True, 1)
    assert aws.row(execution_id, "c1") == before
    assert EFFECTS == ["orders once"]


@pytest.mark.parametrize(("tool", "runs", "effect"), [("orders", 1, "unknown"), ("sets", 2, None), ("reads", 2, None)])
def test_the_same_event_twice_runs_twice_only_where_that_is_harmless(
    aws: Aws, clock: FakeClock, execution_id: str, tool: str, runs: int, effect: str | None
) -> None:
    pending_call(aws, execution_id)
    given = event(tool, execution_id, {"text": "a"})
    _raised(aws, clock, given, **_nothing_can_be_written_down(aws))

    if effect is None:
        assert invoker(aws, clock).invoke(given, "request-2") == {"call_id": "c1"}
    else:
        envelope = _raised(aws, clock, given, "request-2")
        assert (envelope["error_code"], envelope["effect"], envelope["retryable"]) == ("Superseded", effect, False)
        assert (envelope["begun"], envelope["attempts"]) == (True, 1)
    assert len(EFFECTS) == runs


def test_a_late_attempt_of_an_older_number_runs_nothing(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    pending_call(aws, execution_id, status="retrying", attempts=2, owner="newer")

    envelope = _raised(aws, clock, event("orders", execution_id, {"text": "late"}))

    assert (envelope["error_code"], envelope["effect"], envelope["begun"]) == ("Superseded", "none", False)
    assert EFFECTS == []


@pytest.mark.parametrize("status", ["failed", "timeout", "cancelled", "skipped"])
def test_a_call_that_has_ended_otherwise_is_not_run(aws: Aws, clock: FakeClock, execution_id: str, status: str) -> None:
    pending_call(aws, execution_id, status=status, attempts=1, error_code="Cancelled")

    assert _raised(aws, clock, event("reads", execution_id, attempt=2))["error_code"] == "Superseded"
    assert EFFECTS == []


def test_a_history_that_is_down_before_the_tool_runs_stops_it(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    pending_call(aws, execution_id)

    envelope = _raised(aws, clock, event("orders", execution_id), dynamodb=FailingClient(aws.dynamodb, before=DOWN))

    assert (envelope["error_code"], envelope["retryable"], envelope["effect"]) == ("HistoryUnavailable", True, "none")
    assert EFFECTS == []


def test_a_lost_acknowledgement_of_the_begin_does_not_count_against_the_next_attempt(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    pending_call(aws, execution_id)
    _raised(aws, clock, event("orders", execution_id, {}), dynamodb=FailingClient(aws.dynamodb, after=DOWN))

    assert invoker(aws, clock).invoke(event("orders", execution_id, {}, attempt=2), "request-2") == {"call_id": "c1"}
    assert EFFECTS == ["orders "]


@pytest.mark.parametrize(("tool", "effect"), [("orders", "unknown"), ("sets", "unknown"), ("reads", "none")])
def test_a_success_that_cannot_be_written_down_has_had_its_effect(
    aws: Aws, clock: FakeClock, execution_id: str, tool: str, effect: str
) -> None:
    pending_call(aws, execution_id)

    given = event(tool, execution_id, {"text": "a"})
    envelope = _raised(aws, clock, given, **_nothing_can_be_written_down(aws))

    assert (envelope["error_code"], envelope["effect"], envelope["begun"]) == ("HistoryUnavailable", effect, True)
    assert [f"{tool} a"] == EFFECTS


@pytest.mark.parametrize(("tool", "effect"), [("orders", "unknown"), ("reads", "none")])
def test_a_success_that_comes_after_the_record_was_ended_has_had_its_effect(
    aws: Aws, clock: FakeClock, execution_id: str, tool: str, effect: str
) -> None:
    pending_call(aws, execution_id)

    class Cancelling:
        exceptions = aws.dynamodb.exceptions

        def update_item(self, **arguments: Any) -> Any:
            answer = aws.dynamodb.update_item(**arguments)
            pending_call(aws, execution_id, status="cancelled", attempts=1, error_code="Cancelled")
            return answer

    envelope = _raised(aws, clock, event(tool, execution_id, {"text": "a"}), dynamodb=Cancelling())

    assert (envelope["error_code"], envelope["effect"], envelope["begun"]) == ("Superseded", effect, True)
    assert aws.row(execution_id, "c1")["status"] == "cancelled"


def test_an_acknowledgement_lost_at_the_end_leaves_a_success_that_is_replayed(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    pending_call(aws, execution_id)
    given = event("sets", execution_id, {"text": "a"})
    _raised(aws, clock, given, **_nothing_can_be_written_down(aws, after=True))

    again = invoker(aws, clock).invoke({**given, "context": {**given["context"], "attempt": 2}}, "request-2")

    assert again == {"call_id": "c1"}
    assert EFFECTS == ["sets a"]


def test_a_bucket_that_refuses_a_large_result_is_a_failure_after_the_effect(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    pending_call(aws, execution_id)
    s3 = FailingClient(aws.s3, before={"put_object": service_error("SlowDown")})

    envelope = _raised(aws, clock, event("orders", execution_id, {"text": "x" * 9_000}), s3=s3)

    assert (envelope["error_code"], envelope["effect"], envelope["retryable"]) == ("ResultStoreFailed", "unknown", True)
    assert "result" not in aws.row(execution_id, "c1")


def _offloaded(aws: Aws, execution_id: str, **changes: Any) -> None:
    text = strict_json.dumps({"text": "from S3"})
    key = f"executions/{execution_id}/c1/input.json"
    aws.s3.put_object(Bucket=BUCKET, Key=key, Body=text.encode())
    ref = {"bucket": BUCKET, "key": key, "bytes": len(text), "sha256": changes.pop("sha256", _sha256(text)), **changes}
    pending_call(aws, execution_id, input=None, input_ref=strict_json.dumps(ResultRef.model_validate(ref).model_dump()))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_large_input_comes_from_s3(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    _offloaded(aws, execution_id)

    invoker(aws, clock).invoke(event("reads", execution_id), "request-1")

    assert EFFECTS == ["reads from S3"]


@pytest.mark.parametrize(
    ("changes", "fault", "code", "retryable"),
    [
        ({"key": "executions/gone.json"}, None, "ResultMissing", False),
        ({"sha256": "0" * 64}, None, "ResultCorrupt", False),
        ({}, "SlowDown", "Unavailable", True),
        ({}, "AccessDenied", "Unavailable", True),
    ],
)
def test_an_input_that_cannot_be_read_runs_nothing_and_says_why(
    aws: Aws,
    clock: FakeClock,
    execution_id: str,
    changes: dict[str, Any],
    fault: str | None,
    code: str,
    retryable: bool,  # noqa: FBT001
) -> None:
    _offloaded(aws, execution_id, **changes)
    s3 = FailingClient(aws.s3, before={"get_object": service_error(fault)} if fault else {})

    envelope = _raised(aws, clock, event("orders", execution_id), s3=s3)

    assert (envelope["error_code"], envelope["effect"], envelope["retryable"]) == (code, "none", retryable)
    assert EFFECTS == []


def test_a_metric_that_cannot_be_written_does_not_fail_the_call(
    aws: Aws, clock: FakeClock, execution_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending_call(aws, execution_id)
    tried = []

    def broken(*_: object) -> None:
        tried.append(True)
        message = "standard output is closed"
        raise OSError(message)

    monkeypatch.setattr(AmazonCloudWatchEMFProvider, "serialize_metric_set", broken)

    assert invoker(aws, clock).invoke(event("reads", execution_id), "request-1") == {"call_id": "c1"}
    assert tried


def test_the_sample_tools_carry_the_marks_that_these_tests_rest_on() -> None:
    marks = {tool.spec.name: tool.spec.annotations for tool in group.tools}

    assert (marks["reads"].read_only, marks["sets"].idempotent, marks["orders"].repeatable) == (True, True, False)
