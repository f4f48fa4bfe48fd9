"""The status rule, its dead letters, and the minute's sweep."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.infra.assembly import actions, resources

if TYPE_CHECKING:
    from tests.infra.assembly import Assembly


def _rules(assembly: Assembly, field: str) -> dict[str, Any]:
    (rule,) = (each for each in assembly.of_type("AWS::Events::Rule") if field in each)
    properties: dict[str, Any] = rule
    return properties


def test_the_rule_matches_bad_ends_of_this_machine_only(assembly: Assembly) -> None:
    rule = _rules(assembly, "EventPattern")

    assert rule["State"] == "ENABLED"
    assert rule["EventPattern"] == {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {
            "status": ["FAILED", "TIMED_OUT", "ABORTED"],
            "stateMachineArn": [assembly.outputs["StateMachineArn"]],
        },
    }


def test_status_events_go_to_the_finisher_retried_and_then_to_the_dead_letters(assembly: Assembly) -> None:
    (target,) = _rules(assembly, "EventPattern")["Targets"]

    assert target["Arn"].endswith(f":function:{assembly.outputs['FinisherFunction']}")
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 8}
    assert ":sqs:" in target["DeadLetterConfig"]["Arn"]


def test_what_the_finisher_fails_on_goes_to_the_same_dead_letters(assembly: Assembly) -> None:
    (target,) = _rules(assembly, "EventPattern")["Targets"]
    invocations = assembly.only("AWS::Lambda::EventInvokeConfig")

    assert invocations["FunctionName"] == assembly.outputs["FinisherFunction"]
    assert invocations["DestinationConfig"]["OnFailure"]["Destination"] == target["DeadLetterConfig"]["Arn"]
    assert invocations["MaximumRetryAttempts"] == 2
    sends = [
        resources(statement)
        for statement in assembly.statements(assembly.functions["finisher"]["Role"])
        if "sqs:SendMessage" in actions(statement)
    ]
    assert sends == [[target["DeadLetterConfig"]["Arn"]]]


def test_the_sweep_calls_the_finisher_every_minute(assembly: Assembly) -> None:
    rule = _rules(assembly, "ScheduleExpression")
    (target,) = rule["Targets"]

    assert rule["State"] == "ENABLED"
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert target["Arn"].endswith(f":function:{assembly.outputs['FinisherFunction']}")
    assert json.loads(target["Input"]) == {"sweep": True}
    assert target["RetryPolicy"] == {"MaximumRetryAttempts": 0}


def test_only_the_two_rules_may_invoke_a_function(assembly: Assembly) -> None:
    permissions = assembly.of_type("AWS::Lambda::Permission")

    assert len(permissions) == 2
    for permission in permissions:
        assert permission["Principal"] == "events.amazonaws.com"
        assert ":rule/" in permission["SourceArn"]
        assert permission["FunctionName"].endswith("-finisher")


def test_dead_letters_are_encrypted_kept_two_weeks_and_sent_over_tls(assembly: Assembly) -> None:
    queue = assembly.only("AWS::SQS::Queue")
    statements = assembly.only("AWS::SQS::QueuePolicy")["PolicyDocument"]["Statement"]

    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 86_400
    assert [each["Condition"] for each in statements if each["Effect"] == "Deny"] == [
        {"Bool": {"aws:SecureTransport": "false"}}
    ]
