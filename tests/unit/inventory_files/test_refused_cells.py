"""A cell that is not right is pointed at, with what is wrong and how to write it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.inventory_files.folders import ITEMS, STOCK, read_with, with_cell

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("file", "column", "cell", "said"),
    [
        ("items.csv", "unit_cost", "", "This cell is empty."),
        ("items.csv", "unit_cost", "  ", "This cell is empty."),
        ("items.csv", "unit_cost", "cheap", "'cheap' is no number."),
        ("items.csv", "unit_cost", "NaN", "'NaN' is no finite number."),
        ("items.csv", "unit_cost", "-inf", "'-inf' is no finite number."),
        ("items.csv", "unit_cost", "1e999", "'1e999' is too large a number."),
        ("items.csv", "unit_cost", "1e13", "'1e13' should be less than or equal to 1000000000000."),
        ("items.csv", "unit_cost", "-1", "'-1' should be greater than or equal to 0."),
        ("items.csv", "unit_cost", '"12,5"', "'12,5' is no number."),
        ("items.csv", "unit_cost", "1_000", "'1_000' is no number."),
        ("items.csv", "unit_cost", "0x10", "'0x10' is no number."),
        ("items.csv", "unit_cost", "١٢", "'١٢' is no number."),
        ("items.csv", "unit_cost", "9" * 4301, f"'{'9' * 59}…' is no number."),
        ("items.csv", "unit_cost", "5\0", "It holds a NUL character."),
        ("items.csv", "service_level", "95%", "'95%' is no number."),
        ("items.csv", "service_level", "95", "'95' should be less than or equal to 0.9999."),
        ("items.csv", "moq", "2.5", "'2.5' is no whole number."),
        ("items.csv", "moq", "many", "'many' is no number."),
        ("items.csv", "pack_size", "0", "'0' should be greater than or equal to 1."),
        ("items.csv", "status", "gone", "'gone' should be 'active', 'phase_out' or 'inactive'."),
        ("items.csv", "currency", "euro", "'euro' is no currency: write three capitals (ISO 4217), such as EUR."),
        ("items.csv", "unit", "u" * 21, f"'{'u' * 21}' should have at most 20 characters."),
        ("items.csv", "category", "a\u200bb", "It holds a character that cannot be seen, U+200B."),
        ("items.csv", "overrides.reorder_point", "-1", "'-1' should be greater than or equal to 0."),
        ("stock.csv", "on_hand", "-1e13", "'-1e13' should be greater than or equal to -1000000000000."),
        ("stock.csv", "as_of", "2026-02-30", "There is no day '2026-02-30'."),
        ("stock.csv", "as_of", "31.10.2026", "'31.10.2026' is no day."),
        ("stock.csv", "as_of", "2026-W01-1", "'2026-W01-1' is no day."),
        ("stock.csv", "as_of", "20261031", "'20261031' is no day."),
        ("stock.csv", "as_of", "2206-10-31", "'2206-10-31' is not between 1990-01-01 and 2199-12-31."),
        ("orders.csv", "qty_open", "0", "'0' should be greater than 0."),
        ("orders.csv", "po", " ", "This cell is empty."),
        ("orders.csv", "status", "lost", "'lost' should be 'open' or 'in_transit'."),
        ("history.csv", "day", "2026-01-11", "2026-01-11 is after 2026-01-10, the day that the stock of W1 is of."),
        ("history.csv", "day", "2016-01-01", "2016-01-01 is more than ten years before 2026-01-10"),
        ("history.csv", "day", "1926-01-01", "'1926-01-01' is not between 1990-01-01 and 2199-12-31."),
        ("history.csv", "day", "2025-02-29", "There is no day '2025-02-29'."),
        ("history.csv", "qty_demanded", "", "This cell is empty."),
        ("history.csv", "qty_demanded", "-1", "'-1' should be greater than or equal to 0."),
        ("history.csv", "qty_demanded", "nan", "'nan' is no finite number."),
        ("history.csv", "qty_demanded", '"1.234,5"', "'1.234,5' is no number."),
        ("history.csv", "qty_demanded", "5\0", "It holds a NUL character."),
        ("history.csv", "stockout", "yes", "'yes' is neither true nor false."),
        ("history.csv", "promotion", "-1", "'-1' is neither true nor false."),
        ("history.csv", "returns", "-1", "'-1' should be greater than or equal to 0."),
        ("history.csv", "product_code", "C", "items.csv has no product 'C' of warehouse 'W1'."),
        ("history.csv", "warehouse_code", "W9", "items.csv has no warehouse 'W9'."),
        ("orders.csv", "product_code", "C", "items.csv has no product 'C' of warehouse 'W1'."),
    ],
)
def test_a_cell_that_is_not_right_is_pointed_at(tmp_path: Path, file: str, column: str, cell: str, said: str) -> None:
    found = read_with(tmp_path, {file: with_cell(file, column, cell)})
    assert found.inventory is None
    pointer = f"/{file}/2/{column}"
    assert found.told[pointer].startswith(said.removesuffix(".")), found.told
    assert [problem["error_code"] for problem in found.problems if problem["pointer"] == pointer] == ["InvalidInput"]
    if file in {"orders.csv", "history.csv"}:
        assert list(found.told) == [pointer]


@pytest.mark.parametrize(
    ("file", "column", "cell", "hint"),
    [
        ("items.csv", "unit_cost", '"12,5"', "Decimals follow a point, and nothing separates thousands: 1234.5."),
        ("items.csv", "unit_cost", "1 234", "Decimals follow a point, and nothing separates thousands: 1234.5."),
        ("items.csv", "service_level", "95%", "Write a fraction: 0.95 for 95 %."),
        ("stock.csv", "as_of", "2026-01-10 00:00:00", "Write year-month-day, such as 2026-10-31."),
        ("history.csv", "stockout", "yes", "Write true or false; empty is false."),
        ("history.csv", "warehouse_code", "w1", "Did you mean 'W1'?"),
    ],
)
def test_hints_say_how_to_write_it(tmp_path: Path, file: str, column: str, cell: str, hint: str) -> None:
    (problem,) = [
        problem
        for problem in read_with(tmp_path, {file: with_cell(file, column, cell)}).problems
        if problem["pointer"] == f"/{file}/2/{column}"
    ]
    assert problem["hint"] == hint


def test_a_code_that_cannot_be_is_told_what_codes_are(tmp_path: Path) -> None:
    found = read_with(tmp_path, {"items.csv": ITEMS.replace("W1,A", "W1,A#1"), "stock.csv": STOCK})
    assert "'A#1' is no code: it has 1 to 40 letters" in found.told["/items.csv/2/product_code"]


def test_bytes_that_are_no_utf8_are_told_in_their_cell(tmp_path: Path) -> None:
    latin = with_cell("items.csv", "category", "Schl\u00fcssel").encode("latin-1")
    found = read_with(tmp_path, {"items.csv": latin})
    assert found.told == {"/items.csv/2/category": "It is not UTF-8."}
