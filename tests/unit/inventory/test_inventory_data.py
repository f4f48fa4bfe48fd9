from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

import inventory_data
from inventory_data import (
    DemandDay,
    DemandYear,
    Item,
    MalformedRecordError,
    OpenOrder,
    Overrides,
    Stock,
    TableNames,
    Warehouse,
    demand_year_from_attributes,
    demand_year_to_attributes,
    item_from_attributes,
    item_to_attributes,
    stock_from_attributes,
    stock_to_attributes,
    warehouse_from_attributes,
    warehouse_to_attributes,
)
from inventory_data.errors import MissingTableError
from tests.unit.inventory.records import TODAY, item, order, stock

amounts = st.one_of(st.integers(0, 10**6).map(float), st.floats(0, 1e9))
codes = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}", fullmatch=True)


@st.composite
def demand_years(draw: st.DrawFn) -> DemandYear:
    first = draw(st.dates(date(2023, 1, 1), date(2028, 12, 31)))
    left = (date(first.year, 12, 31) - first).days + 1
    length = draw(st.integers(1, left))
    days = [
        DemandDay(
            day=first + timedelta(days=offset),
            qty_demanded=draw(amounts),
            stockout=draw(st.booleans()),
            promotion=draw(st.booleans()),
            returns=draw(st.one_of(st.just(0.0), amounts)),
        )
        for offset in range(min(length, 12))
    ]
    return DemandYear.of_days(draw(codes), draw(codes), days)


@given(demand_years())
def test_a_year_of_demand_survives_dynamodb(year: DemandYear) -> None:
    attributes = demand_year_to_attributes(year)
    assert demand_year_from_attributes(as_dynamodb_returns_it(attributes)) == year
    assert attributes["location"]["S"] == f"{year.warehouse_code}#{year.product_code}"
    assert attributes["year"]["S"] == str(year.first_day.year)


@given(demand_years())
def test_packing_and_unpacking_days_loses_nothing(year: DemandYear) -> None:
    assert DemandYear.of_days(year.warehouse_code, year.product_code, list(year.days())) == year


@given(codes, codes, amounts, amounts, st.floats(0, 365), st.floats(-1e9, 1e9))
def test_items_and_stock_survive_dynamodb(
    warehouse: str, product: str, cost: float, ordering: float, lead_time: float, on_hand: float
) -> None:
    item = Item(
        warehouse_code=warehouse,
        product_code=product,
        unit_cost=cost,
        ordering_cost=ordering,
        holding_rate=0.2,
        lead_time_mean_days=lead_time,
        shelf_life_days=30,
        currency="EUR",
        overrides=Overrides(reorder_point=12),
    )
    assert item_from_attributes(as_dynamodb_returns_it(item_to_attributes(item))) == item
    orders = (OpenOrder(po="PO-1", qty_open=5.5, eta=TODAY), OpenOrder(po="PO-2", qty_open=7.0, eta=TODAY))
    stock = Stock(warehouse_code=warehouse, product_code=product, as_of=TODAY, on_hand=on_hand, open_orders=orders)
    assert stock_from_attributes(as_dynamodb_returns_it(stock_to_attributes(stock))) == stock


def as_dynamodb_returns_it(attributes: inventory_data.Attributes) -> dict[str, Any]:
    """DynamoDB keeps numbers, not their text: 5.0 comes back as 5."""

    def plain(value: Any) -> Any:
        if isinstance(value, dict) and set(value) == {"N"}:
            number = float(value["N"])
            return {"N": str(int(number)) if number.is_integer() and abs(number) < 1e15 else value["N"]}
        if isinstance(value, dict):
            return {name: plain(child) for name, child in value.items()}
        return [plain(child) for child in value] if isinstance(value, list) else value

    result: dict[str, Any] = plain(json.loads(json.dumps(attributes)))
    return result


@pytest.mark.parametrize("loading", [None, "load 1f3c since 2026-11-20T10:00:00Z"])
def test_the_list_of_warehouses_survives_dynamodb(loading: str | None) -> None:
    warehouse = Warehouse(warehouse_code="WH001", products=200, loading=loading)
    assert ("loading" in warehouse_to_attributes(warehouse)) == (loading is not None)
    assert warehouse_from_attributes(as_dynamodb_returns_it(warehouse_to_attributes(warehouse))) == warehouse


def test_an_entry_of_the_list_may_lack_the_number_of_products() -> None:
    entry = {"warehouse_code": {"S": "#warehouses"}, "product_code": {"S": "WH001"}}
    assert warehouse_from_attributes(entry) == Warehouse(warehouse_code="WH001")


def test_two_years_of_a_product_take_few_read_units() -> None:
    year = DemandYear(
        warehouse_code="WH001", product_code="P001", first_day=date(2025, 1, 1), quantities=(123.0,) * 365
    )
    assert len(json.dumps(demand_year_to_attributes(year))) < 4096


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"unit_cost": -1.0}, "greater than or equal to 0"),
        ({"unit_cost": float("nan")}, "finite"),
        ({"unit_cost": "10"}, "valid number"),
        ({"lead_time_mean_days": -1.0}, "greater than or equal to 0"),
        ({"pack_size": 0}, "greater than or equal to 1"),
        ({"pack_size": True}, "valid integer"),
        ({"pack_size": 1.0}, "valid integer"),
        ({"service_level": 1.0}, "less than or equal to 0.9999"),
        ({"status": "gone"}, "'active'"),
        ({"colour": "red"}, "Extra inputs"),
        ({"moq": 100, "max_order_qty": 50}, "below the smallest possible order, 100"),
        ({"moq": 45, "pack_size": 24, "max_order_qty": 47}, "below the smallest possible order, 48"),
        ({"product_code": "../etc"}, "pattern"),
        ({"product_code": "A#B"}, "pattern"),
        ({"currency": "euro"}, "pattern"),
        ({"currency": ""}, "pattern"),
    ],
)
def test_an_item_that_cannot_be_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        item(**fields)


def test_a_smallest_order_that_fits_the_cap_is_taken() -> None:
    assert item(moq=45, pack_size=24, max_order_qty=48).max_order_qty == 48


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"quantities": ()}, "at least 1 item"),
        ({"quantities": (1.0, -2.0)}, "greater than or equal to 0"),
        ({"quantities": (1.0, float("inf"))}, "finite|less than"),
        ({"quantities": (1.0,) * 366}, "reach into the next year"),
        ({"stockout_days": (3,)}, "rising offsets"),
        ({"promotion_days": (1, 0)}, "rising offsets"),
        ({"promotion_days": (1, 1)}, "rising offsets"),
        ({"returns": {5: 1.0}}, "rising offsets"),
    ],
)
def test_a_year_that_cannot_be_is_refused(fields: dict[str, Any], said: str) -> None:
    usual: dict[str, Any] = {"warehouse_code": "W", "product_code": "P"}
    usual |= {"first_day": date(2025, 1, 1), "quantities": (1.0, 2.0, 3.0)}
    with pytest.raises(ValidationError, match=said):
        DemandYear(**(usual | fields))


def test_days_with_a_gap_between_them_are_refused() -> None:
    days = [DemandDay(day=date(2025, 1, day), qty_demanded=1.0) for day in (1, 3)]
    with pytest.raises(ValueError, match="without a gap"):
        DemandYear.of_days("W", "P", days)
    with pytest.raises(ValueError, match="at least one day"):
        DemandYear.of_days("W", "P", [])


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("unit_cost", {"S": "10"}, "unit_cost: Input should be a valid number."),
        ("unit_cost", {"N": "-1"}, "unit_cost: Input should be greater than or equal to 0."),
        ("unit_cost", {"B": b"x"}, "the type 'B' is not used by any record."),
        ("unit_cost", {"N": "many"}, "could not convert string to float: 'many'."),
        ("colour", {"S": "red"}, "colour: Extra inputs are not permitted."),
    ],
)
def test_a_malformed_item_is_named_with_its_problem(name: str, value: dict[str, Any], problem: str) -> None:
    with pytest.raises(MalformedRecordError) as caught:
        item_from_attributes({**item_to_attributes(item()), name: value})
    assert (caught.value.record, caught.value.problem) == ("item of WH001/P001", problem)
    assert caught.value.product_code == "P001"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("quantities", {"S": "[1,"}),
        ("quantities", {"S": "{}"}),
        ("quantities", {"S": "[NaN]"}),
        ("quantities", {"S": '["5"]'}),
        ("first_day", {"S": "2025-02-30"}),
        ("first_day", {"S": ""}),
        ("returns", {"S": "[1]"}),
        ("year", {"S": "2024"}),
        ("location", {"S": "WH001"}),
    ],
)
def test_a_malformed_year_is_reported_never_read_as_something_else(name: str, value: dict[str, Any]) -> None:
    year = DemandYear(warehouse_code="WH001", product_code="P001", first_day=date(2025, 1, 1), quantities=(1.0,))
    with pytest.raises(MalformedRecordError, match="cannot be used"):
        demand_year_from_attributes({**demand_year_to_attributes(year), name: value})


def test_records_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        stock().on_hand = 5.0  # type: ignore[misc]


def test_an_order_over_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="greater than 0"):
        order(3, 0)


def test_table_names_come_from_outputs_or_environment() -> None:
    expected = TableNames("i", "s", "d")
    outputs = {"InventoryItemsTable": "i", "InventoryStockTable": "s", "InventoryDemandTable": "d", "Other": "x"}
    environment = {"INVENTORY_ITEMS_TABLE": "i", "INVENTORY_STOCK_TABLE": "s", "INVENTORY_DEMAND_TABLE": "d"}
    assert TableNames.from_outputs(outputs) == TableNames.from_environment(environment) == expected


def test_a_missing_table_name_is_said() -> None:
    with pytest.raises(MissingTableError, match="InventoryStockTable, InventoryDemandTable is missing"):
        TableNames.from_outputs({"InventoryItemsTable": "i"})


def test_everything_that_is_exported_exists() -> None:
    assert all(hasattr(inventory_data, name) for name in inventory_data.__all__)
