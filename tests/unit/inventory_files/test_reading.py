"""Files that are right become records, and notes of what whoever loads them should know."""

from __future__ import annotations

import gzip
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from inventory_data import DemandYear, OpenOrder, Warehouse
from tests.unit.inventory_files.folders import HISTORY, ITEMS, STOCK, USUAL, Read, fill, read, read_with
from tool_executor.inventory_files import notes_of

if TYPE_CHECKING:
    from pathlib import Path


def notes(read: Read) -> list[str]:
    return [f"{note.pointer} {note.message}" for note in notes_of(read.right)]


# What is right.


def test_the_files_become_records(tmp_path: Path) -> None:
    inventory = read_with(tmp_path, {}).right
    assert [(item.warehouse_code, item.product_code, item.unit_cost) for item in inventory.items] == [
        ("W1", "A", 10.0),
        ("W1", "B", 2.5),
        ("W2", "A", 10.0),
    ]
    assert [stock.on_hand for stock in inventory.stock] == [5.0, -1.0, 0.5]
    assert inventory.stock[0].open_orders == (OpenOrder(po="PO-1", qty_open=5.0, eta=date(2026, 1, 20)),)
    assert inventory.warehouses == (
        Warehouse(warehouse_code="W1", products=2, as_of=date(2026, 1, 10)),
        Warehouse(warehouse_code="W2", products=1, as_of=date(2026, 1, 10)),
    )
    first = DemandYear(warehouse_code="W1", product_code="A", first_day=date(2026, 1, 9), quantities=(5.0, 6.5))
    assert next(iter(inventory.demand)) == first
    assert len(inventory.demand) == 2


def test_optional_columns_and_a_missing_file_of_orders(tmp_path: Path) -> None:
    items = """product_code,warehouse_code,unit_cost,ordering_cost,holding_rate,lead_time_mean_days,currency,status,
unit,category,service_level,service_type,review_period_days,lead_time_sd_days,moq,pack_size,max_order_qty,
shelf_life_days,overrides.reorder_point,overrides.order_quantity""".replace("\n", "")
    row = "A,W1,1e1,.5,0.2,7.,EUR,phase_out,box,big things,0.9,fill_rate,7,1.5,4,2,400.0,30,12,24"
    stock = "warehouse_code,product_code,as_of,on_hand,allocated,backorders,quarantine\nW1,A,2026-01-10,5,1,2,3\n"
    history = (
        "stockout,returns,promotion,warehouse_code,product_code,day,qty_demanded\n"
        "TRUE,,0,W1,A,2026-01-09,5\n,1.5,1,W1,A,2026-01-10,6\n"
    )
    files = {"items.csv": f"{items}\n{row}\n", "stock.csv": stock, "orders.csv": None, "history.csv": history}
    inventory = read_with(tmp_path, files).right
    (item,), (record,), (year,) = inventory.items, inventory.stock, inventory.demand
    assert (item.ordering_cost, item.lead_time_mean_days, item.max_order_qty) == (0.5, 7.0, 400)
    assert (item.currency, item.category) == ("EUR", "big things")
    assert item.overrides is not None
    assert (item.overrides.reorder_point, item.overrides.order_quantity) == (12, 24)
    assert (record.allocated, record.backorders, record.quarantine) == (1.0, 2.0, 3.0)
    assert (year.stockout_days, year.promotion_days, year.returns) == ((0,), (1,), {1: 1.5})


def test_an_optional_column_may_stand_alone(tmp_path: Path) -> None:
    history = "warehouse_code,product_code,day,qty_demanded,returns\nW1,A,2026-01-09,5,2\n"
    (year,) = read_with(tmp_path, {"history.csv": history}).right.demand
    assert year.returns == {0: 2.0}


def test_an_empty_optional_cell_is_the_default(tmp_path: Path) -> None:
    changed = ITEMS.replace("lead_time_mean_days", "lead_time_mean_days,moq,overrides.reorder_point").replace(
        "7\n", "7,, \n"
    )
    inventory = read_with(tmp_path, {"items.csv": changed}).right
    assert [(item.moq, item.overrides) for item in inventory.items] == [(0, None)] * 3


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace(",", ";"),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: text.rstrip("\n"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: text + ",,,,,\n"[-text.partition("\n")[0].count(",") - 1 :],
        lambda text: text.replace(",", " , "),
        lambda text: "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in text.splitlines()),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
    ],
    ids=["semicolon", "crlf", "cr", "no-last-newline", "blank-lines", "empty-row", "blanks", "quotes", "bom"],
)
def test_ways_to_write_the_same_file(tmp_path: Path, change: Any) -> None:
    plain = read_with(tmp_path / "plain", {}).right
    inventory = read_with(tmp_path / "other", {name: change(text) for name, text in USUAL.items()}).right
    assert inventory.items == plain.items
    assert inventory.stock == plain.stock
    assert list(inventory.demand) == list(plain.demand)


def test_files_may_be_compressed(tmp_path: Path) -> None:
    packed = {f"{name}.gz": gzip.compress(text.encode()) for name, text in USUAL.items()}
    fill(tmp_path, packed)
    assert len(read(tmp_path).right.items) == 3


def test_rows_may_stand_in_any_order(tmp_path: Path) -> None:
    header, *rows = HISTORY.splitlines()
    mixed = "\n".join([header, *reversed(rows)])
    one = list(read_with(tmp_path / "one", {}).right.demand)
    assert list(read_with(tmp_path / "other", {"history.csv": mixed}).right.demand) == one


# Days without a row.


def test_days_without_a_row_between_the_first_and_the_last_count_as_no_demand(tmp_path: Path) -> None:
    history = HISTORY + "W1,B,2023-12-30,3\nW2,A,2026-01-09,1\n"
    found = read_with(tmp_path, {"history.csv": history})
    years = [year for year in found.right.demand if year.product_code == "B"]
    assert [(year.first_day, len(year.quantities), sum(year.quantities)) for year in years] == [
        (date(2023, 12, 30), 2, 3.0),
        (date(2024, 1, 1), 366, 0.0),
        (date(2025, 1, 1), 365, 0.0),
        (date(2026, 1, 1), 10, 0.0),
    ]
    counts = {one.warehouse_code: one.counts() for one in found.right.by_warehouse()}
    assert counts["W1"]["filled_days"] == 2 + 366 + 365 + 10 - 2
    assert (counts["W1"]["history_rows"], counts["W1"]["demand_years"]) == (4, 5)
    assert "/history.csv W1: 741 days have no row, and count as demand 0." in notes(found)


def test_days_after_the_last_row_are_unknown_unless_the_history_is_sparse(tmp_path: Path) -> None:
    history = HISTORY.replace("W1,B,2026-01-10,0", "W1,B,2025-12-31,4")
    known = read_with(tmp_path, {"history.csv": history})
    assert [year.last_day for year in known.right.demand if year.product_code == "B"] == [date(2025, 12, 31)]
    assert any("the history of B ends before 2026-01-10" in note and "--sparse" in note for note in notes(known))

    sparse = read(tmp_path, sparse=True)
    assert [year.last_day for year in sparse.right.demand if year.product_code == "B"] == [
        date(2025, 12, 31),
        date(2026, 1, 10),
    ]
    assert "/history.csv W1: 10 days have no row, and count as demand 0." in notes(sparse)


# What is worth a note.


def test_notes_of_what_is_not_wrong(tmp_path: Path) -> None:
    items = ITEMS.replace("days\n", "days,currency\n").replace("10,40,0.2,7\n", "10,40,0.2,7,EUR\n", 1)
    items = items.replace("0.2,7\n", "0.2,7,\n")
    stock = STOCK.replace("W1,B,2026-01-10", "W1,B,2026-01-08")
    found = read_with(tmp_path, {"items.csv": items, "stock.csv": stock, "sales_2025.csv": "x", "notes.txt": "y"})
    assert notes(found) == [
        " sales_2025.csv is none of the files that are loaded, and was not read.",
        "/items.csv W1: no currency is told of B, and one of others.",
        "/stock.csv W1: the stock is of 2026-01-10, but older of B.",
        "/history.csv W2: there is no history of A.",
    ]


def test_a_history_without_rows_is_a_note(tmp_path: Path) -> None:
    found = read_with(tmp_path, {"history.csv": HISTORY.partition("\n")[0]})
    assert len(found.right.demand) == 0
    assert "/history.csv W1: there is no history of A, B." in notes(found)


def test_progress_tells_the_bytes_of_each_file(tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    read_with(tmp_path, {}, progress=lambda *told: seen.append(told))
    assert [name for name, _, _ in seen] == ["items.csv", "stock.csv", "orders.csv", "history.csv"]
    assert all(done == total > 0 for _, done, total in seen)


def test_minus_zero_is_zero(tmp_path: Path) -> None:
    inventory = read_with(tmp_path, {"stock.csv": STOCK.replace("W1,B,2026-01-10,-1", "W1,B,2026-01-10,-0")}).right
    assert repr(inventory.stock[1].on_hand) == "0.0"
