"""Metrics have names and units that CloudWatch takes, and one for every way a call may end."""

from __future__ import annotations

import re

import pytest
from aws_lambda_powertools.metrics import MetricUnit

from tool_contract.envelope import CallStatus
from tool_contract.metrics import Metric, outcome_metric


def test_every_terminal_status_has_a_metric_of_its_own() -> None:
    ended = [status for status in CallStatus if status.is_terminal]

    assert len({outcome_metric(status) for status in ended}) == len(ended) == 5
    assert outcome_metric(CallStatus.SUCCESS) is Metric.CALLS_SUCCESS


def test_a_call_that_is_open_has_no_outcome() -> None:
    with pytest.raises(KeyError):
        outcome_metric(CallStatus.RUNNING)


@pytest.mark.parametrize("metric", list(Metric))
def test_names_units_and_meanings_are_there(metric: Metric) -> None:
    assert re.fullmatch("[A-Z][A-Za-z]+", metric.value)
    assert metric.unit.value in {unit.value for unit in MetricUnit}
    assert metric.meaning.endswith(".")
