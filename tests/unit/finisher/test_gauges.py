"""How things stand each minute, as metrics of the stage."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.finisher.gauges import Gauges
from lambdas.finisher.history import History
from lambdas.finisher.settlement import Ending
from tests.unit.finisher.executions import PENDING, finisher, planned
from tests.unit.runtime.aws import STATE_TABLE, TABLE, Aws, FailingClient, service_error
from tests.unit.runtime.fake_clock import START_MS
from tool_contract.breaker_item import Breaker, Circuit, Stored, put_arguments

if TYPE_CHECKING:
    from tests.unit.runtime.fake_clock import FakeClock


@pytest.fixture
def tools(execution_id: str) -> tuple[str, ...]:
    """More tools than one request may ask for, of this test alone."""
    return tuple(f"{execution_id}_{number}" for number in range(120))


@pytest.fixture
def gauges(aws: Aws, tools: tuple[str, ...]) -> Gauges:
    """The gauges of a deployment whose history is empty: what earlier tests left open is none of theirs."""
    history = History(TABLE, aws.dynamodb)
    for execution_id in history.overdue("9999"):
        aws.dynamodb.delete_item(
            TableName=TABLE, Key={"execution_id": {"S": execution_id}, "call_id": {"S": "#execution"}}
        )
    return Gauges(history, STATE_TABLE, aws.dynamodb, tools)


def written(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    metrics = [line for line in lines if "_aws" in line]
    assert all(line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["stage"]] for line in metrics)
    names = {"OpenExecutions", "OldestOpenSeconds", "OpenCircuits"}
    return {name: line[name][0] for line in metrics for name in line if name in names}


def set_circuit(aws: Aws, tool: str, circuit: Circuit) -> None:
    arguments = put_arguments(STATE_TABLE, tool, Breaker(circuit), over=Stored(), write_id="w", now_ms=START_MS)
    aws.dynamodb.put_item(**arguments)


def test_nothing_open_is_zero_and_not_missing(gauges: Gauges, capsys: pytest.CaptureFixture[str]) -> None:
    gauges.write(START_MS)

    assert written(capsys) == {"OpenExecutions": 0, "OldestOpenSeconds": 0, "OpenCircuits": 0}


def test_the_one_that_should_have_ended_first_says_how_late_it_is(
    aws: Aws, gauges: Gauges, execution_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    planned(aws, f"{execution_id}-1", PENDING, timeout_seconds=60)
    planned(aws, f"{execution_id}-2", PENDING, timeout_seconds=20)

    gauges.write(START_MS + 10_000)
    before = written(capsys)
    gauges.write(START_MS + 27_500)

    assert (before["OpenExecutions"], before["OldestOpenSeconds"]) == (2, 0)
    assert written(capsys)["OldestOpenSeconds"] == 7.5


def test_what_has_ended_is_not_open(
    aws: Aws, clock: FakeClock, gauges: Gauges, execution_id: str, capsys: pytest.CaptureFixture[str]
) -> None:
    planned(aws, execution_id, PENDING)
    finisher(aws, clock).finish(execution_id, Ending.TIMED_OUT)
    capsys.readouterr()

    gauges.write(START_MS)

    assert written(capsys)["OpenExecutions"] == 0


def test_open_circuits_are_counted_by_whoever_opened_them(
    aws: Aws, gauges: Gauges, tools: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    for tool, circuit in zip((tools[0], tools[50], tools[99], tools[100], tools[119]), Circuit, strict=True):
        set_circuit(aws, tool, circuit)

    gauges.write(START_MS)

    assert written(capsys)["OpenCircuits"] == len({Circuit.OPEN, Circuit.FORCED_OPEN})


def test_a_table_that_does_not_answer_leaves_its_gauge_out_and_says_so(
    aws: Aws,
    gauges: Gauges,
    tools: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    failing: Any = FailingClient(aws.dynamodb, {"batch_get_item": service_error("InternalServerError")})

    Gauges(gauges.history, STATE_TABLE, failing, tools).write(START_MS)

    assert written(capsys) == {"OpenExecutions": 0, "OldestOpenSeconds": 0}
    assert caplog.messages == ["how things stand could not be read"]
