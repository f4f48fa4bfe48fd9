"""The dashboard as it is synthesized."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from infra.list_prices import list_prices
from infra.settings import GROUPS
from tool_contract.catalog import load_catalog
from tool_contract.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.infra.assembly import Assembly


def _widgets(assembly: Assembly) -> dict[str, dict[str, Any]]:
    body = json.loads(assembly.only("AWS::CloudWatch::Dashboard")["DashboardBody"])
    return {widget["properties"]["title"]: widget["properties"] for widget in body["widgets"]}


def _widget(assembly: Assembly, start: str) -> dict[str, Any]:
    (found,) = (each for title, each in _widgets(assembly).items() if title.startswith(start))
    return found


def _expressions(widget: dict[str, Any], *, shown: bool = True) -> Iterator[tuple[str, str]]:
    for metric in widget["metrics"]:
        if "expression" in metric[-1] and (metric[-1].get("visible", True) or not shown):
            yield metric[-1]["label"], metric[-1]["expression"]


def test_the_dashboard_is_named_after_the_stack(assembly: Assembly) -> None:
    assert assembly.only("AWS::CloudWatch::Dashboard")["DashboardName"] == f"tool-executor-{assembly.stage}"


def test_a_new_tool_has_its_times_by_itself(assembly: Assembly) -> None:
    (line,) = _expressions(_widget(assembly, "Execution time, p95"))

    assert line == (
        "${PROP('Dim.tool')}",
        f"SEARCH('{{ToolExecutor,stage,tool}} MetricName=\"ExecutionTime\" stage=\"{assembly.stage}\"', 'p95', 300)",
    )


def test_the_success_rate_has_a_line_for_all_and_for_each_tool_of_the_catalog(assembly: Assembly) -> None:
    lines = dict(_expressions(_widget(assembly, "Success rate")))

    assert list(lines) == ["all tools", *(spec.name for spec in load_catalog().tools)]
    assert lines["all tools"] == "100 * (FILL(m1, 0)) / (FILL(m2, 0))"


def test_no_widget_names_one_thing_twice_or_uses_what_it_does_not_have(assembly: Assembly) -> None:
    for title, widget in _widgets(assembly).items():
        names = [
            metric[-1]["id"] for metric in widget["metrics"] if isinstance(metric[-1], dict) and "id" in metric[-1]
        ]
        used = {name for _, text in _expressions(widget, shown=False) for name in re.findall(r"\bm\d+\b", text)}

        assert len(set(names)) == len(names), title
        assert used == set(names), title


def test_every_widget_is_within_cloudwatchs_limits(assembly: Assembly) -> None:
    assert _widgets(assembly)
    for title, widget in _widgets(assembly).items():
        assert len(widget["metrics"]) <= 500, title
        assert all(len(text) <= 2048 for _, text in _expressions(widget, shown=False)), title


def test_the_machine_the_functions_and_the_queue_are_those_of_the_stack(assembly: Assembly) -> None:
    text = assembly.only("AWS::CloudWatch::Dashboard")["DashboardBody"]

    for machine in ("StateMachineArn", "ExpressStateMachineArn"):
        assert f'"StateMachineArn","{assembly.outputs[machine]}"' in text
    for name in ("planner", "finisher", *(group.name for group in GROUPS)):
        assert f'"FunctionName","tool-executor-{assembly.stage}-{name}"' in text
    for table in (
        "HistoryTable",
        "ToolStateTable",
        "InventoryItemsTable",
        "InventoryStockTable",
        "InventoryDemandTable",
    ):
        assert f'"TableName","{assembly.outputs[table]}"' in text


def test_the_cost_says_of_which_day_its_prices_are(dev: Assembly) -> None:
    widget = _widget(dev, "Cost of an hour")

    assert list_prices().as_of in widget["title"]
    assert widget["period"] == 3600
    labels = [label for label, _ in _expressions(widget)]
    assert labels == ["state transitions", "Express", "Lambda", "DynamoDB", "logs"]


def test_no_factor_is_written_with_an_exponent(dev: Assembly) -> None:
    for widget in _widgets(dev).values():
        for _, text in _expressions(widget):
            assert not re.search(r"\d[eE][-+]?\d", text)


@pytest.mark.parametrize("metric", [Metric.OLDEST_OPEN_SECONDS, Metric.OPEN_EXECUTIONS, Metric.OPEN_CIRCUITS])
def test_what_the_sweep_tells_is_asked_for_by_stage_alone(dev: Assembly, metric: Metric) -> None:
    found = [m for widget in _widgets(dev).values() for m in widget["metrics"] if metric.value in m]

    ((namespace, name, *dimensions, options),) = found
    assert (namespace, name, dimensions) == ("ToolExecutor", metric.value, ["stage", "dev"])
    assert options["stat"] == "Maximum"
