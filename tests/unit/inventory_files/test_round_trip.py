"""Records that are written as files are read back as they were."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inventory_data import DemandDay, DemandYear, Item, OpenOrder, Overrides, Stock
from tests.unit.inventory_files.folders import read
from tool_executor.inventory import generate
from tool_executor.inventory_files import FORMATS, FileInTheWayError, write_files

if TYPE_CHECKING:
    from tests.unit.inventory_files.folders import Read

AS_OF = date(2026, 3, 2)


@dataclass(frozen=True)
class Records:
    items: tuple[Item, ...]
    stock: tuple[Stock, ...]
    demand: tuple[DemandYear, ...]


amounts = st.one_of(st.integers(0, 10**12).map(float), st.floats(0, 1e12).map(abs))
texts = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=20)
codes = st.from_regex(r"\A[A-Za-z0-9][A-Za-z0-9._-]{0,39}\Z")
maybe = st.none() | st.integers(1, 10**9)


@st.composite
def items(draw: st.DrawFn, warehouse: str, product: str) -> Item:
    overrides = Overrides(reorder_point=draw(maybe), order_quantity=draw(maybe))
    return Item(
        warehouse_code=warehouse,
        product_code=product,
        unit=draw(texts),
        category=draw(st.just("") | texts),
        status=draw(st.sampled_from(["active", "phase_out", "inactive"])),
        currency="EUR" if draw(st.booleans()) else None,
        unit_cost=draw(amounts),
        ordering_cost=draw(amounts),
        holding_rate=draw(st.floats(0, 10).map(abs)),
        service_level=draw(st.floats(0.5, 0.9999)),
        service_type=draw(st.sampled_from(["cycle", "fill_rate"])),
        review_period_days=draw(st.integers(0, 365)),
        lead_time_mean_days=draw(st.floats(0, 3650).map(abs)),
        lead_time_sd_days=draw(st.floats(0, 3650).map(abs)),
        moq=draw(st.integers(0, 10**12)),
        pack_size=draw(st.integers(1, 10**9)),
        shelf_life_days=draw(st.none() | st.integers(1, 36_500)),
        overrides=None if overrides == Overrides() else overrides,
    )


@st.composite
def stocks(draw: st.DrawFn, warehouse: str, product: str) -> Stock:
    orders = draw(
        st.lists(
            st.builds(
                OpenOrder,
                po=texts,
                qty_open=amounts.filter(bool),
                eta=st.dates(date(1990, 1, 1), date(2199, 12, 31)),
                status=st.sampled_from(["open", "in_transit"]),
            ),
            max_size=3,
            unique_by=lambda order: (order.po, order.eta),
        )
    )
    return Stock(
        warehouse_code=warehouse,
        product_code=product,
        as_of=AS_OF,
        on_hand=draw(st.floats(-1e12, 1e12)) + 0.0,
        allocated=draw(amounts),
        backorders=draw(amounts),
        quarantine=draw(amounts),
        open_orders=tuple(orders),
    )


@st.composite
def histories(draw: st.DrawFn, warehouse: str, product: str) -> list[DemandYear]:
    length = draw(st.integers(0, 20))
    first = AS_OF - timedelta(days=length + draw(st.integers(0, 100)))
    days = [
        DemandDay(
            day=first + timedelta(days=offset),
            qty_demanded=draw(amounts),
            stockout=draw(st.booleans()),
            promotion=draw(st.booleans()),
            returns=draw(st.just(0.0) | amounts),
        )
        for offset in range(length)
    ]
    years = sorted({day.day.year for day in days})
    return [DemandYear.of_days(warehouse, product, [day for day in days if day.day.year == year]) for year in years]


@st.composite
def records(draw: st.DrawFn) -> Records:
    places = draw(st.lists(st.tuples(codes, codes), min_size=1, max_size=2, unique=True))
    return Records(
        tuple(draw(items(*place)) for place in places),
        tuple(draw(stocks(*place)) for place in places),
        tuple(year for place in places for year in draw(histories(*place))),
    )


def through_files(some: Records) -> Read:
    with tempfile.TemporaryDirectory() as folder:
        write_files(some, Path(folder))
        return read(Path(folder))


@given(records())
@settings(max_examples=50)
def test_records_survive_the_files(some: Records) -> None:
    inventory = through_files(some).right
    assert inventory.items == some.items
    assert inventory.stock == some.stock
    assert tuple(inventory.demand) == some.demand


def test_the_sample_distributor_survives_the_files(tmp_path: Path) -> None:
    sample = generate(seed=7, products=30)
    rows = write_files(sample, tmp_path)
    inventory = read(tmp_path).right
    assert inventory.items == sample.items
    assert inventory.stock == sample.stock
    assert tuple(inventory.demand) == sample.demand
    assert inventory.warehouses == sample.warehouses
    assert rows["history.csv"] == sum(one.counts()["history_rows"] for one in inventory.by_warehouse())
    assert rows["items.csv"] == 90


def test_every_column_is_written(tmp_path: Path) -> None:
    write_files(generate(products=1), tmp_path)
    for file_format in FORMATS:
        header = (tmp_path / file_format.name).read_text(encoding="utf-8").partition("\n")[0]
        assert header.split(",") == list(file_format.by_name)


def test_files_that_are_there_are_not_overwritten_unless_told(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    write_files(generate(products=1), folder)
    with pytest.raises(FileInTheWayError, match=r"items\.csv, stock\.csv, orders\.csv, history\.csv already"):
        write_files(generate(products=2), folder)
    assert len(read(folder).right.items) == 3
    write_files(generate(products=2), folder, overwrite=True)
    assert len(read(folder).right.items) == 6
