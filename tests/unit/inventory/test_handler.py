from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from lambdas.inventory_optimizer import reader
from lambdas.inventory_optimizer.handler import tools
from lambdas.inventory_optimizer.reader import use_reader
from tests.unit.inventory.records import one_product, stock
from tool_contract.errors import ToolFailed

TOOLS = {tool.spec.name: tool for tool in tools.tools}
USAGES: dict[str, list[dict[str, Any]]] = {
    "calculate_reorder_points": [
        {"warehouse_code": "WH001"},
        {"warehouse_code": "WH001", "product_codes": ["P001"], "service_level": 0.98, "detail": "full"},
        {"warehouse_code": "WH001", "product_codes": None, "service_level": None},
        {"warehouse_code": "WH001", "service_type": "fill_rate", "abc_cutoffs": [0.7, 0.9], "xyz_cutoffs": [0.4, 0.8]},
        {"warehouse_code": "WH001", "continue_after": "P000"},
    ],
    "identify_stockout_risks": [
        {"warehouse_code": "WH001"},
        {"warehouse_code": "WH001", "days_ahead": 7, "detail": "full", "minimum_probability": 0.0},
        {"warehouse_code": "WH001", "product_codes": ["P001"]},
    ],
    "forecast_demand": [
        {"product_code": "P001", "warehouse_code": "WH001"},
        {"product_code": "P001", "warehouse_code": "WH001", "horizon_days": 90},
        {"product_code": "P001", "warehouse_code": "WH001", "horizon_days": 1, "history_days": 60},
    ],
}


def test_the_group_has_the_three_tools_all_read_only() -> None:
    assert list(TOOLS) == list(USAGES)
    for tool in TOOLS.values():
        assert tool.spec.annotations.read_only
        assert not tool.spec.annotations.destructive
        assert tool.spec.group == "inventory-optimizer"


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in USAGES.items() for value in values])
def test_usages_are_accepted(name: str, value: dict[str, Any]) -> None:
    assert isinstance(TOOLS[name].arguments(value), dict)


@pytest.mark.parametrize(
    ("name", "changed", "pointer"),
    [
        ("identify_stockout_risks", {"days_ahead": "5"}, "/days_ahead"),
        ("identify_stockout_risks", {"days_ahead": True}, "/days_ahead"),
        ("identify_stockout_risks", {"days_ahead": 5.0}, "/days_ahead"),
        ("identify_stockout_risks", {"days_ahead": 0}, "/days_ahead"),
        ("identify_stockout_risks", {"days_ahead": 91}, "/days_ahead"),
        ("identify_stockout_risks", {"days_ahead": 10**40}, "/days_ahead"),
        ("identify_stockout_risks", {"minimum_probability": -0.1}, "/minimum_probability"),
        ("identify_stockout_risks", {"colour": "red"}, "/colour"),
        ("identify_stockout_risks", {"continue_after": "P#1"}, "/continue_after"),
        ("calculate_reorder_points", {"service_type": "fill"}, "/service_type"),
        ("calculate_reorder_points", {"abc_cutoffs": [0.8]}, "/abc_cutoffs"),
        ("calculate_reorder_points", {"xyz_cutoffs": [0.5, -1.0]}, "/xyz_cutoffs/1"),
        ("forecast_demand", {"history_days": 731}, "/history_days"),
        ("calculate_reorder_points", {"warehouse_code": "../WH001"}, "/warehouse_code"),
        ("calculate_reorder_points", {"warehouse_code": ""}, "/warehouse_code"),
        ("calculate_reorder_points", {"warehouse_code": "#warehouses"}, "/warehouse_code"),
        ("calculate_reorder_points", {"warehouse_code": "W" * 10_000}, "/warehouse_code"),
        ("calculate_reorder_points", {"warehouse_code": None}, "/warehouse_code"),
        ("calculate_reorder_points", {"service_level": 1}, "/service_level"),
        ("calculate_reorder_points", {"service_level": 95}, "/service_level"),
        ("calculate_reorder_points", {"service_level": "0.95"}, "/service_level"),
        ("calculate_reorder_points", {"product_codes": []}, "/product_codes"),
        ("calculate_reorder_points", {"product_codes": ["P001"] * 501}, "/product_codes"),
        ("calculate_reorder_points", {"product_codes": ["P001", "P#2"]}, "/product_codes/1"),
        ("calculate_reorder_points", {"detail": "everything"}, "/detail"),
        ("forecast_demand", {"product_code": 1}, "/product_code"),
        ("forecast_demand", {"horizon_days": 181}, "/horizon_days"),
    ],
)
def test_bad_input_is_refused_with_a_pointer(name: str, changed: dict[str, Any], pointer: str) -> None:
    problems = TOOLS[name].arguments({**USAGES[name][0], **changed})
    assert isinstance(problems, list)
    assert [problem.pointer for problem in problems] == [pointer]


@pytest.mark.parametrize("quantities", [[4.0, 6.0, 5.0, 3.0, 7.0] * 40, [0.0, 0.0, 0.0, 9.0] * 30, []])
@pytest.mark.parametrize("name", USAGES)
def test_results_are_json_that_their_schema_accepts(name: str, quantities: list[float]) -> None:
    tool = TOOLS[name]
    with use_reader(one_product(quantities, stock_record=stock(on_hand=8.0))):
        for value in USAGES[name]:
            result = json.loads(tool.result_json(tool.function(**value)))
            jsonschema.validate(result, tool.spec.output_schema)


def test_importing_the_mathematics_loads_neither_scipy_stats_nor_boto3() -> None:
    code = (
        "import sys\n"
        "from lambdas.inventory_optimizer import demand_forecast, reader, reorder_points, stockout_risks\n"
        "print(sorted({'scipy.stats', 'scipy.optimize', 'scipy.signal', 'boto3', 'botocore'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.strip() == "[]"


def test_missing_table_names_are_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INVENTORY_ITEMS_TABLE", "INVENTORY_STOCK_TABLE", "INVENTORY_DEMAND_TABLE"):
        monkeypatch.delenv(name, raising=False)
    reader._from_environment.cache_clear()
    with pytest.raises(ToolFailed, match="INVENTORY_ITEMS_TABLE") as caught:
        reader.current_reader()
    assert caught.value.retryable is False
