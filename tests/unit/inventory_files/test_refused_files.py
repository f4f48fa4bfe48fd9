"""Rows, headers, files and folders that are not right: everything that is wrong is told at once, and where."""

from __future__ import annotations

import errno
import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from tests.unit.inventory_files.folders import HISTORY, ITEMS, ORDERS, STOCK, USUAL, fill, read, read_with, with_cell
from tool_executor.inventory_files import FolderUnreadableError


def test_every_problem_of_every_file_is_told_at_once(tmp_path: Path) -> None:
    changed = {name: text.replace(",A,", ",,") for name, text in USUAL.items()}
    found = read_with(tmp_path, changed)
    assert [pointer for pointer in found.told if pointer.endswith("product_code")] == [
        "/items.csv/2/product_code",
        "/items.csv/4/product_code",
        "/stock.csv/2/product_code",
        "/stock.csv/4/product_code",
        "/orders.csv/2/product_code",
        "/history.csv/2/product_code",
        "/history.csv/3/product_code",
    ]


def test_several_cells_of_a_row_are_told_each(tmp_path: Path) -> None:
    found = read_with(tmp_path, {"items.csv": ITEMS.replace("W1,A,10,40,0.2,7", "W1,A,x,-1,inf,7")})
    assert set(found.told) == {f"/items.csv/2/{name}" for name in ("unit_cost", "ordering_cost", "holding_rate")}


def test_a_minimum_above_the_maximum_is_of_the_row(tmp_path: Path) -> None:
    items = ITEMS.replace("days\n", "days,moq,max_order_qty\n").replace("7\n", "7,100,50\n")
    found = read_with(tmp_path, {"items.csv": items})
    assert found.told["/items.csv/2"] == "max_order_qty 50 is below the smallest possible order, 100."


@pytest.mark.parametrize(
    ("file", "row", "said"),
    [
        ("items.csv", "W1,A,11,40,0.2,7", "A row of W1 A stands in line 2 already."),
        ("items.csv", "W1,A ,x,40,0.2,7", "A row of W1 A stands in line 2 already."),
        ("stock.csv", "W1,A,2026-01-09,5", "A row of W1 A stands in line 2 already."),
        ("orders.csv", "W1,A,PO-1,7,2026-01-20", "A row of W1 A PO-1 2026-01-20 stands in line 2 already."),
        ("history.csv", "W1,A,2026-01-09,5", "There is a row of A on 2026-01-09 already."),
    ],
)
def test_a_key_that_stands_twice_is_told(tmp_path: Path, file: str, row: str, said: str) -> None:
    found = read_with(tmp_path, {file: f"{USUAL[file]}{row}\n"})
    assert said in found.told.values()


def test_an_order_may_come_in_parts(tmp_path: Path) -> None:
    found = read_with(tmp_path, {"orders.csv": ORDERS + "W1,A,PO-1,3,2026-01-25\n"})
    assert len(found.right.stock[0].open_orders) == 2


def test_more_orders_than_a_record_may_have_are_told_once(tmp_path: Path) -> None:
    rows = "".join(f"W1,A,PO-{number},5,2026-01-20\n" for number in range(2, 510))
    found = read_with(tmp_path, {"orders.csv": ORDERS + rows})
    assert found.told == {"/orders.csv/502": "W1 A has more than 500 open orders."}


def test_an_item_without_stock_and_stock_without_an_item(tmp_path: Path) -> None:
    found = read_with(tmp_path, {"stock.csv": STOCK.replace("W1,B", "W1,C")})
    assert found.told == {
        "/stock.csv/3/product_code": "items.csv has no product 'C' of warehouse 'W1'.",
        "/items.csv/3": "W1 B has no row in stock.csv.",
    }


def test_a_row_that_is_not_right_is_no_missing_row(tmp_path: Path) -> None:
    found = read_with(tmp_path, {"items.csv": with_cell("items.csv", "unit_cost", "x")})
    assert list(found.told) == ["/items.csv/2/unit_cost"]
    found = read_with(tmp_path, {"stock.csv": with_cell("stock.csv", "on_hand", "x")})
    assert list(found.told) == ["/stock.csv/2/on_hand"]


def test_currencies_are_not_mixed_within_a_warehouse(tmp_path: Path) -> None:
    header, *rows = ITEMS.splitlines()
    told = zip(rows, ("EUR", "USD", "USD"), strict=True)
    items = "\n".join([f"{header},currency", *(f"{row},{currency}" for row, currency in told)])
    found = read_with(tmp_path, {"items.csv": items})
    assert found.told == {"/items.csv/3/currency": "USD here and EUR in line 2: a warehouse has one currency."}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("W1,A,2026-01-08", "The row has 3 cells, the header 4."),
        ("W1,A,2026-01-08,5,6", "The row has 5 cells, the header 4."),
        ('W1,A,2026-01-08,"5', "The quotes of this line do not fit together (unexpected end of data)."),
        ('W1,A,2026-01-08,"5"6', "The quotes of this line do not fit together (',' expected after '\"')."),
        ("W1,A,2026-01-08," + "5" * 2_000_000, "The line is longer than 10,000 characters."),
        ("," * 1_000_000, "The line is longer than 10,000 characters."),
    ],
    ids=["short", "long", "open-quote", "after-quote", "two-megabytes", "a-million-cells"],
)
def test_a_row_that_cannot_be_costs_no_other_row(tmp_path: Path, row: str, said: str) -> None:
    """It stands between rows that are wrong as well: both are told, at their lines."""
    rows = ["W1,A,2026-01-07,x", row, "W1,A,2026-01-06,y"]
    found = read_with(tmp_path, {"history.csv": HISTORY + "\n".join(rows)})
    assert found.told == {
        "/history.csv/5/qty_demanded": "'x' is no number.",
        "/history.csv/6": said,
        "/history.csv/7/qty_demanded": "'y' is no number.",
    }


def test_a_cell_over_two_lines_is_two_lines_that_are_not_right(tmp_path: Path) -> None:
    found = read_with(tmp_path, {"history.csv": f'{HISTORY}W1,A,2026-01-07,"4\n",\nW1,A,2026-01-06,x\n'})
    assert list(found.told) == ["/history.csv/5", "/history.csv/6", "/history.csv/7/qty_demanded"]


def test_lines_are_counted_over_blocks_of_the_file(tmp_path: Path) -> None:
    header = HISTORY.partition("\n")[0]
    rows = [f"W1,A,2025-{1 + n % 12:02d}-{1 + n // 12:02d},5" for n in range(300)]
    blanks = [""] * 60_000
    rows[5], rows[299] = "W1,A,2025-06-01,a", "W1,A,2025-12-25,b"
    text = "\n".join([header, *rows[:200], *blanks, *rows[200:]])
    found = read_with(tmp_path, {"history.csv": text + " " * 600_000})
    assert set(found.told) == {
        "/history.csv/7/qty_demanded",
        "/history.csv/60301",
    }
    found = read_with(tmp_path, {"history.csv": text})
    assert set(found.told) == {"/history.csv/7/qty_demanded", "/history.csv/60301/qty_demanded"}


@pytest.mark.parametrize(
    ("header", "said", "hint"),
    [
        ("warehouse_code,product_code,day,qty", "There is no column 'qty'.", "qty_demanded"),
        ("Warehouse Code,product_code,day,qty_demanded", "There is no column 'Warehouse Code'.", "'warehouse_code'"),
        ("warehouse_code,product_code,day", "The column 'qty_demanded' is missing.", None),
        ("warehouse_code,product_code,day,qty_demanded,day", "The column 'day' stands twice.", None),
        ("warehouse_code,product_code,day,qty_demanded,", "Column 5 has no name.", None),
        ("warehouse_code\tproduct_code\tday\tqty_demanded", "There is no column 'warehouse_code\ufffdprod", None),
        ("warehouse_code,product_code;day,qty_demanded", "There is no column 'product_code;day'.", None),
        (",".join(["day"] * 200), "The first line names 200 columns.", None),
    ],
)
def test_a_header_that_is_not_right_is_told(tmp_path: Path, header: str, said: str, hint: str | None) -> None:
    found = read_with(tmp_path, {"history.csv": f"{header}\nW1,A,2026-01-09,5\n"})
    problem = next(problem for problem in found.problems if problem["message"].startswith(said))
    assert problem["pointer"].startswith("/history.csv/1")
    assert hint is None or hint in problem["hint"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf", "The file is empty."),
        (b"\n\n", "The first line is empty."),
        (ITEMS.encode("utf-16"), "The file is UTF-16, not UTF-8."),
        (ITEMS.encode("utf-16-le"), "The file is no CSV text: its first line holds NUL characters."),
        (b"PK\x03\x04\x14\x00", "The file is a workbook or an archive, not CSV."),
        (gzip.compress(ITEMS.encode(), mtime=0), "The file is compressed."),
        (b'"warehouse_code', "The first line names no columns: unexpected end of data."),
        (ITEMS.partition("\n")[0].encode(), "The file has no rows."),
        (None, "There is no file items.csv."),
    ],
)
def test_a_file_that_is_no_file_of_items_is_told(tmp_path: Path, content: bytes | None, said: str) -> None:
    found = read_with(tmp_path, {"items.csv": content})
    assert said in {message for pointer, message in found.told.items() if pointer.startswith("/items.csv")}
    assert not any("has no product" in message or "has no row in" in message for message in found.told.values())


@pytest.mark.parametrize("cut", [5, 40, -9])
def test_a_compressed_file_that_is_damaged_is_told(tmp_path: Path, cut: int) -> None:
    packed = gzip.compress(HISTORY.encode())
    found = read_with(tmp_path, {"history.csv": None, "history.csv.gz": packed[:cut]})
    ((pointer, message),) = found.told.items()
    assert pointer.startswith("/history.csv.gz")
    assert "damaged or cut off" in message


def test_a_compressed_file_whose_middle_is_damaged_is_told(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(HISTORY.encode()))
    packed[30] ^= 0xFF
    found = read_with(tmp_path, {"history.csv": None, "history.csv.gz": bytes(packed)})
    assert any("damaged or cut off" in message for message in found.told.values()) or found.problems


def test_a_file_that_is_there_twice_is_told(tmp_path: Path) -> None:
    found = read_with(tmp_path, {"stock.csv.gz": gzip.compress(STOCK.encode())})
    assert found.told == {"/stock.csv": "There are both stock.csv and stock.csv.gz."}


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    fill(tmp_path, {**USUAL, "orders.csv": None})
    (tmp_path / "orders.csv").mkdir()
    assert read(tmp_path).told == {"/orders.csv": "It is no file."}


@pytest.mark.parametrize("name", ["order.csv", "Orders.csv", "orders.CSV"])
def test_orders_under_a_name_that_is_nearly_right_are_not_passed_over(tmp_path: Path, name: str) -> None:
    found = read_with(tmp_path, {"orders.csv": None, name: ORDERS})
    assert found.told == {"/orders.csv": "There is no file orders.csv."}
    assert found.problems[0]["hint"] == f"Is it {name!r}? Then rename it."


def test_stock_of_a_day_far_from_the_warehouses_is_a_slip(tmp_path: Path) -> None:
    header, first, *rest = STOCK.splitlines()
    cells = dict(zip(header.split(","), first.split(","), strict=True))
    cells["as_of"] = "2099-12-31"
    stock = "\n".join([header, ",".join(cells.values()), *rest, ""])
    found = read_with(tmp_path, {"stock.csv": stock, "history.csv": HISTORY})
    assert any(pointer.startswith("/stock.csv/3/as_of") for pointer in found.told)
    assert "days apart" in next(problem["hint"] for problem in found.problems if "as_of" in problem["pointer"])


def test_a_file_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Told by the call that opens it: root may read what chmod forbids.
    whole = Path.open

    def refused(path: Path, *options: Any, **more: Any) -> Any:
        if path.name == "stock.csv":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        return whole(path, *options, **more)

    fill(tmp_path, USUAL)
    monkeypatch.setattr(Path, "open", refused)
    assert read(tmp_path).told["/stock.csv"] == "The file cannot be read: Permission denied."


@pytest.mark.parametrize("is_a_file", [False, True])
def test_a_folder_that_is_none_is_an_error(tmp_path: Path, *, is_a_file: bool) -> None:
    if is_a_file:
        (tmp_path / "data").write_text("x")
    with pytest.raises(FolderUnreadableError, match="There is no folder"):
        read(tmp_path / "data")
