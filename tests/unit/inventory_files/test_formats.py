"""The files' columns are the models' fields, and the documentation has them all."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from inventory_data import DemandDay, Item, OpenOrder, Overrides, Stock
from tool_executor.inventory_files import FORMATS, Complaints

PAGE = Path(__file__).resolve().parents[3] / "docs" / "inventory_data.md"
LOCATION = {"warehouse_code", "product_code"}
FIELDS: dict[str, set[str]] = {
    "items.csv": set(Item.model_fields) - {"overrides"} | {f"overrides.{name}" for name in Overrides.model_fields},
    "stock.csv": set(Stock.model_fields) - {"open_orders"},
    "orders.csv": LOCATION | set(OpenOrder.model_fields),
    "history.csv": LOCATION | set(DemandDay.model_fields),
}


@pytest.mark.parametrize("file_format", FORMATS, ids=lambda one: one.name)
def test_columns_are_the_fields_of_the_model_and_required_where_it_says_so(file_format: Any) -> None:
    assert set(file_format.by_name) == FIELDS[file_format.name]
    for column in file_format.columns:
        field = file_format.model.model_fields.get(column.name)
        assert column.required == (field is not None and field.is_required())


@pytest.mark.parametrize("file_format", FORMATS, ids=lambda one: one.name)
def test_the_page_has_each_column_with_whether_it_is_needed(file_format: Any) -> None:
    text = PAGE.read_text(encoding="utf-8")
    (section,) = re.findall(rf"^### {re.escape(file_format.name)}$(.*?)(?=^#)", text, re.MULTILINE | re.DOTALL)
    rows = dict(re.findall(r"^\| `([\w.]+)` \| ([^|]*?) \|", section, re.MULTILINE))
    assert list(rows) == list(file_format.by_name)
    for column in file_format.columns:
        assert (rows[column.name] == "required") == column.required


def test_a_million_problems_are_kept_but_not_in_memory() -> None:
    with Complaints() as complaints:
        for line in range(60_000):
            complaints.add("history.csv", "It is wrong.", line=line, column="day")
        assert len(complaints) == 60_000
        assert len(complaints.shown) == 50
        assert complaints._all._rolled  # type: ignore[attr-defined]
        lines = list(complaints.lines())
        assert len(lines) == 60_000
        assert '"/history.csv/59999/day"' in lines[-1]
        complaints.add("items.csv", "One more.")
        assert len(list(complaints.lines())) == 60_001
