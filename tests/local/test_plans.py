"""A plan on the inventory tools: each call runs on what an earlier one answered, by whichever route."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from tests.local.conftest import ROOT
from tool_executor import FromCall, InvalidRequestError, ToolCall, ToolExecutor
from tool_executor.cli.main import app
from tool_executor.history import History

if TYPE_CHECKING:
    from tests.local.conftest import Deployed

RISKS = ToolCall("identify_stockout_risks", {"warehouse_code": "WH001", "limit": 2}, call_id="risks")
WORST = RISKS.result["risks"][0]["product_code"]
FORECAST = ToolCall("forecast_demand", {"warehouse_code": "WH001", "product_code": WORST}, call_id="forecast")
REORDER = ToolCall(
    "calculate_reorder_points",
    {"warehouse_code": FORECAST.result["warehouse_code"], "product_codes": [FORECAST.result["product_code"]]},
)


@pytest.mark.parametrize("way", [{"route": "state_machine"}, {"wait": "sync"}, {"route": "direct"}], ids=str)
def test_each_call_runs_on_what_earlier_ones_answered(deployed: Deployed, way: dict[str, Any]) -> None:
    correlation_id = f"plan-{uuid.uuid4()}"
    with ToolExecutor(aws=deployed.aws, deployment=deployed.deployment, **way) as executor:
        risks, forecast, reorder = executor.execute_sequence_sync(
            [RISKS, FORECAST, REORDER], correlation_id=correlation_id
        )

    worst = risks.result["risks"][0]["product_code"]
    assert forecast.result["product_code"] == worst
    assert [product["product_code"] for product in reorder.result["products"]] == [worst]
    assert reorder.execution_id is not None
    record = History.of(deployed.aws, deployed.deployment).call(reorder.execution_id, "c3")
    assert record is not None
    assert json.loads(record["resolved_input"]) == {"warehouse_code": "WH001", "product_codes": [worst]}
    assert json.loads(record["input"])["product_codes"] == [{"$from": "forecast", "pointer": "/product_code"}]


def test_a_plan_that_could_not_work_runs_nothing(deployed: Deployed) -> None:
    wrong = ToolCall(
        "forecast_demand", {"warehouse_code": "WH001", "product_code": FromCall("risks", "/risks/0/probability")}
    )
    with (
        ToolExecutor(aws=deployed.aws, deployment=deployed.deployment) as executor,
        pytest.raises(InvalidRequestError) as refused,
    ):
        executor.execute_sequence_sync([RISKS, wrong])

    (problem,) = refused.value.problems
    assert problem["pointer"] == "/calls/1/input/product_code/pointer"
    assert "a number where text is needed" in problem["message"]


def test_the_commands_run_the_example_and_show_where_its_inputs_came_from(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in deployed.environment.items():
        monkeypatch.setenv(name, value)
    runner, execution_id = CliRunner(), f"plan-{uuid.uuid4()}"
    ran = runner.invoke(app, ["run", str(ROOT / "examples" / "worst_risk.json"), "--name", execution_id])
    shown = runner.invoke(app, ["show", execution_id])
    told = json.loads(runner.invoke(app, ["show", execution_id, "--json"]).output)

    assert (ran.exit_code, shown.exit_code) == (0, 0), ran.output + shown.output
    assert "uses risks" in ran.output
    assert "the input at /product_code is risks /risks/0/product_code" in " ".join(shown.output.split())
    assert told["calls"][1]["input"]["product_code"] == {"$from": "risks", "pointer": "/risks/0/product_code"}
    assert told["calls"][1]["resolved_input"]["product_code"] == told["calls"][2]["resolved_input"]["product_codes"][0]
