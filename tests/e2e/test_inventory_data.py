"""Files of an inventory loaded into a deployment, and its tools asked about them."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from inventory_data import TableNames
from tests.e2e.conftest import Shell

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local.conftest import Deployed

#: Tests share the deployment: no other one has this warehouse.
WAREHOUSE = "CSV-1"
AS_OF = date(2026, 6, 30)


@pytest.fixture
def shell(deployed: Deployed) -> Shell:
    return Shell(deployed.environment)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    days = [AS_OF - timedelta(days=offset) for offset in range(100)]
    rows = [f"{WAREHOUSE};{code};{day};{quantity}" for code, quantity in (("BOLT", 4), ("NUT", 0.5)) for day in days]
    files = {
        "items.csv": [
            "warehouse_code;product_code;currency;unit_cost;ordering_cost;holding_rate;lead_time_mean_days",
            f"{WAREHOUSE};BOLT;EUR;2.5;40;0.2;7",
            f"{WAREHOUSE};NUT;EUR;0.1;40;0.2;7",
        ],
        "stock.csv": [
            "warehouse_code;product_code;as_of;on_hand",
            f"{WAREHOUSE};BOLT;{AS_OF};3",
            f"{WAREHOUSE};NUT;{AS_OF};1000",
        ],
        "history.csv": ["warehouse_code;product_code;day;qty_demanded", *rows],
    }
    for name, lines in files.items():
        (tmp_path / name).write_text("\ufeff" + "\r\n".join(lines), encoding="utf-8")
    return tmp_path


def asked(shell: Shell, tool: str, *, code: int = 0, **more: Any) -> Any:
    """Ask a tool about the warehouse, once, and return its envelope."""
    call = {"tool_name": tool, "input": {"warehouse_code": WAREHOUSE, **more}, "max_retries": 0}
    said = shell.run("tool-executor", "run", "-", "--json", given=json.dumps({"calls": [call]}), code=code)
    return json.loads(said.splitlines()[0])["results"][0]


def test_the_tools_answer_from_files_that_were_loaded(shell: Shell, folder: Path) -> None:
    told = shell.json("tool-executor", "inventory", "load", str(folder), "--json")
    assert [(one["warehouse_code"], one["history_rows"]) for one in told["warehouses"]] == [(WAREHOUSE, 200)]

    found = asked(shell, "calculate_reorder_points")["result"]
    assert found["as_of"] == AS_OF.isoformat()
    assert {row["product_code"]: row["below_reorder_point"] for row in found["products"]} == {
        "BOLT": True,
        "NUT": False,
    }
    risky = asked(shell, "identify_stockout_risks")["result"]["risks"]
    assert [risk["product_code"] for risk in risky] == ["BOLT"]


def test_a_warehouse_whose_load_was_cut_short_is_refused_until_it_is_repeated(
    shell: Shell, deployed: Deployed, folder: Path
) -> None:
    load = ("tool-executor", "inventory", "load", str(folder), "--json")
    shell.json(*load)
    deployed.aws.dynamodb.update_item(
        TableName=TableNames.from_outputs(deployed.deployment.outputs).items,
        Key={"warehouse_code": {"S": "#warehouses"}, "product_code": {"S": WAREHOUSE}},
        UpdateExpression="SET loading = :mark",
        ExpressionAttributeValues={":mark": {"S": "load 1f3c since 2026-07-01T06:00:00Z"}},
    )
    refused = asked(shell, "calculate_reorder_points", code=1)
    assert (refused["error_code"], refused["retryable"]) == ("InProgress", True)
    assert "load 1f3c since 2026-07-01T06:00:00Z" in refused["error"]
    assert refused["details"][0]["pointer"] == "/warehouse_code"

    shell.json(*load)
    assert asked(shell, "calculate_reorder_points")["success"] is True


def test_files_that_are_not_right_are_told_and_the_warehouse_stays_as_it_was(shell: Shell, folder: Path) -> None:
    shell.json("tool-executor", "inventory", "load", str(folder), "--json")
    stock = (folder / "stock.csv").read_text(encoding="utf-8")
    (folder / "stock.csv").write_text(stock.replace("1000", "1,000"), encoding="utf-8")
    said = shell.run("tool-executor", "inventory", "load", str(folder), code=2)
    assert "/stock.csv/3/on_hand" in said
    assert "nothing separates thousands" in " ".join(said.split())
    assert "Traceback" not in said
    assert asked(shell, "calculate_reorder_points")["success"] is True
