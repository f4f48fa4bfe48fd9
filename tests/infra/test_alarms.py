"""Alarms, their topic, and what a missing value means to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from infra.alarm_settings import AlarmSettings
from infra.errors import SettingsError
from infra.settings import STAGES
from tests.infra.assembly import actions
from tests.infra.changed_settings import synthesize_changed
from tool_contract.catalog import load_catalog

if TYPE_CHECKING:
    from pathlib import Path

    from tests.infra.assembly import Assembly

# What a period without a value counts as, by alarm.
MISSING = {
    "circuit-opened": "notBreaching",
    "circuit-open": "ignore",
    "executions-failed": "notBreaching",
    "executions-failed-express": "notBreaching",
    "executions-timed-out": "notBreaching",
    "executions-timed-out-express": "notBreaching",
    "executions-throttled": "notBreaching",
    "bulk-failed": "notBreaching",
    "function-throttled-planner": "notBreaching",
    "function-throttled-finisher": "notBreaching",
    "function-throttled-inventory-optimizer": "notBreaching",
    "function-throttled-browser": "notBreaching",
    "planner-errors": "notBreaching",
    "finisher-errors": "notBreaching",
    "history-throttled": "notBreaching",
    "tables-throttled": "notBreaching",
    "overdue-records": "ignore",
    "dead-letters": "notBreaching",
    "sweep-missing": "breaching",
}


def _alarms(assembly: Assembly) -> dict[str, dict[str, Any]]:
    prefix = f"tool-executor-{assembly.stage}-"
    return {each["AlarmName"].removeprefix(prefix): each for each in assembly.of_type("AWS::CloudWatch::Alarm")}


def test_there_is_an_alarm_for_each_tool_and_those_of_the_stage(assembly: Assembly) -> None:
    missing = {name: alarm["TreatMissingData"] for name, alarm in _alarms(assembly).items()}

    assert missing == MISSING | {f"tool-errors-{spec.name}": "notBreaching" for spec in load_catalog().tools}


def test_every_alarm_tells_the_topic_when_it_rings_and_when_it_closes(assembly: Assembly) -> None:
    (policy,) = assembly.of_type("AWS::SNS::TopicPolicy")

    for name, alarm in _alarms(assembly).items():
        assert alarm["AlarmActions"] == alarm["OKActions"] == policy["Topics"], name


def test_one_failed_call_of_a_few_is_no_alarm(assembly: Assembly) -> None:
    (stage,) = (stage for stage in STAGES if stage.name == assembly.stage)
    alarm = _alarms(assembly)["tool-errors-forecast_demand"]
    (expression,) = (each["Expression"] for each in alarm["Metrics"] if each["ReturnData"])

    assert expression.startswith(f"IF(calls >= {stage.alarms.min_calls}, 100 * ")
    assert alarm["Threshold"] == stage.alarms.error_rate_percent
    assert stage.alarms.min_calls > 2


def test_a_tools_alarm_is_of_its_own_calls(dev: Assembly) -> None:
    metrics = {each["Id"]: each for each in _alarms(dev)["tool-errors-navigate"]["Metrics"] if "MetricStat" in each}
    asked = {name: each["MetricStat"]["Metric"] for name, each in metrics.items()}

    assert {name: metric["MetricName"] for name, metric in asked.items()} == {
        "calls": "Calls",
        "failed": "CallsFailed",
        "late": "CallsTimeout",
    }
    for metric in asked.values():
        assert {each["Name"]: each["Value"] for each in metric["Dimensions"]} == {"stage": "dev", "tool": "navigate"}


def test_no_alarm_adds_up_more_metrics_than_cloudwatch_allows_or_searches(assembly: Assembly) -> None:
    for name, alarm in _alarms(assembly).items():
        metrics = alarm.get("Metrics", [])
        assert len([each for each in metrics if "MetricStat" in each]) <= 10, name
        assert not [each for each in metrics if "SEARCH" in each.get("Expression", "")], name


def test_a_circuit_of_any_tool_is_seen_by_one_query(assembly: Assembly) -> None:
    (query,) = _alarms(assembly)["circuit-opened"]["Metrics"]

    what, where = query["Expression"].split(" WHERE ")
    assert what == 'SELECT SUM(BreakerOpened) FROM SCHEMA("ToolExecutor", stage, tool)'
    assert where == f"stage = '{assembly.stage}'"
    assert query["Period"] == 60


def test_only_a_missing_count_rings_for_a_missing_sweep(assembly: Assembly) -> None:
    alarm = _alarms(assembly)["sweep-missing"]

    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("LessThanThreshold", 0)
    assert alarm["MetricName"] == "OpenExecutions"


def test_the_dead_letters_are_those_of_the_status_rule(assembly: Assembly) -> None:
    ((dimension,),) = [alarm["Dimensions"] for name, alarm in _alarms(assembly).items() if name == "dead-letters"]
    (target,) = (rule["Targets"][0] for rule in assembly.of_type("AWS::Events::Rule") if "EventPattern" in rule)

    assert target["DeadLetterConfig"]["Arn"].endswith(f":{dimension['Value']}")


def test_the_topic_is_encrypted_by_a_key_that_rotates_and_takes_tls_alone(assembly: Assembly) -> None:
    topic, key = assembly.only("AWS::SNS::Topic"), assembly.only("AWS::KMS::Key")
    denied = [
        statement
        for statement in assembly.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny"
    ]

    assert topic["TopicName"] == f"tool-executor-{assembly.stage}-alarms"
    assert topic["KmsMasterKeyId"]
    assert key["EnableKeyRotation"] is True
    assert [statement["Condition"] for statement in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_cloudwatch_of_this_account_alone_may_publish_and_encrypt(assembly: Assembly) -> None:
    topic = assembly.only("AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    key = assembly.only("AWS::KMS::Key")["KeyPolicy"]["Statement"]
    allowed = [
        each
        for each in (*topic, *key)
        if each["Effect"] == "Allow" and each["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    ]

    assert [actions(each) for each in allowed] == [["sns:Publish"], ["kms:Decrypt", "kms:GenerateDataKey*"]]
    for statement in allowed:
        assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_nobody_is_written_to_unless_the_stage_says_so(assembly: Assembly, tmp_path: Path) -> None:
    told = synthesize_changed(tmp_path / "told", alarms=AlarmSettings(email="night@example.com"))

    assert assembly.of_type("AWS::SNS::Subscription") == []
    subscription = told.only("AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "night@example.com")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (AlarmSettings(email="nobody"), "'nobody', which is no e-mail address"),
        (AlarmSettings(error_rate_percent=0), "error_rate_percent is above 0"),
        (AlarmSettings(error_rate_percent=101), "at most 100"),
        (AlarmSettings(min_calls=0), "min_calls"),
        (AlarmSettings(failed_executions=0), "failed_executions"),
    ],
)
def test_settings_that_never_ring_or_reach_nobody_are_refused(wrong: AlarmSettings, sentence: str) -> None:
    with pytest.raises(SettingsError) as raised:
        wrong.check("dev")

    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)
