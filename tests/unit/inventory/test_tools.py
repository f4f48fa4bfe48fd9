from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lambdas.inventory_optimizer import handler
from lambdas.inventory_optimizer.reader import use_reader
from lambdas.inventory_optimizer.warehouse import BeingLoaded
from tests.unit.inventory.fake_reader import FakeReader
from tool_contract.errors import NotFound
from tool_executor.inventory import generate

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.inventory_optimizer.results import Result

SAMPLE = generate()
WAREHOUSES = [warehouse.warehouse_code for warehouse in SAMPLE.warehouses]


@pytest.fixture(scope="module")
def sample() -> FakeReader:
    return FakeReader(SAMPLE.items, SAMPLE.stock, SAMPLE.demand)


def as_json(result: Result) -> str:
    return json.dumps(result.model_dump(mode="json"), separators=(",", ":"), allow_nan=False)


# The usages that the project was ordered with.


@pytest.mark.parametrize("warehouse", WAREHOUSES)
def test_reorder_points_of_a_whole_warehouse_are_complete_and_compact(sample: FakeReader, warehouse: str) -> None:
    with use_reader(sample):
        found = handler.calculate_reorder_points(warehouse_code=warehouse)
    assert [row.product_code for row in found.products] == [f"P{number:03d}" for number in range(1, 201)]
    assert found.as_of == SAMPLE.as_of
    assert found.unusable == ()
    assert len(as_json(found)) < 65_000
    assert found.below_reorder_point == sum(row.inventory_position < row.reorder_point for row in found.products)


@pytest.mark.parametrize("warehouse", WAREHOUSES)
@pytest.mark.parametrize("days_ahead", [1, 7, 30])
def test_risks_are_ranked_counted_and_consistent(sample: FakeReader, warehouse: str, days_ahead: int) -> None:
    with use_reader(sample):
        found = handler.identify_stockout_risks(warehouse_code=warehouse, days_ahead=days_ahead)
    values = [risk.value_at_risk for risk in found.risks]
    assert values == sorted(values, reverse=True)
    assert found.counts.checked == 200
    counts = found.counts
    assert counts.at_risk == counts.critical + counts.high + counts.medium + counts.low
    assert len(found.risks) == min(counts.at_risk, 50)
    assert all(0.05 <= risk.probability <= 1 for risk in found.risks)
    assert len(as_json(found)) < 60_000


def test_the_forecast_of_a_product(sample: FakeReader) -> None:
    with use_reader(sample):
        found = handler.forecast_demand(product_code="P001", warehouse_code="WH001")
    assert [day.day for day in found.days] == [SAMPLE.as_of + timedelta(days=step) for step in range(1, 29)]
    assert found.history.usable_days + found.history.stockout_days <= 730
    for day in found.days:
        assert day.p10 <= day.p50 <= day.p90
        assert day.cumulative_p10 <= day.cumulative_p50 <= day.cumulative_p90
    cumulative = [day.cumulative_mean for day in found.days]
    assert cumulative == sorted(cumulative)
    assert cumulative[-1] == pytest.approx(28 * found.mean_per_day, rel=1e-3)
    assert found.days[-1].cumulative_p10 < cumulative[-1] < found.days[-1].cumulative_p90
    assert found.days[-1].cumulative_p10 > 10 * found.days[-1].p90
    json.loads(as_json(found))


def test_a_long_horizon_raises_the_risk(sample: FakeReader) -> None:
    with use_reader(sample):
        short, long = (handler.identify_stockout_risks("WH001", days, limit=500) for days in (7, 30))
    later = {risk.product_code: risk.probability for risk in long.risks}
    assert all(later[risk.product_code] >= risk.probability for risk in short.risks)


# Unknown names.


def test_an_unknown_warehouse_is_not_found_with_close_names(sample: FakeReader) -> None:
    with use_reader(sample), pytest.raises(NotFound, match="no warehouse 'WH01'") as caught:
        handler.calculate_reorder_points("WH01")
    assert caught.value.pointer == "/warehouse_code"
    assert "WH001" in (caught.value.hint or "")


def test_an_unknown_warehouse_of_a_known_product_is_named_first(sample: FakeReader) -> None:
    with use_reader(sample), pytest.raises(NotFound, match="no warehouse 'WH009'") as caught:
        handler.forecast_demand("P001", "WH009")
    assert caught.value.pointer == "/warehouse_code"


def test_an_unknown_product_is_not_found_with_close_names(sample: FakeReader) -> None:
    with use_reader(sample), pytest.raises(NotFound, match="no product 'p01' at warehouse 'WH001'") as caught:
        handler.forecast_demand("p01", "WH001")
    assert caught.value.pointer == "/product_code"
    assert "P001" in (caught.value.hint or "")


def test_unknown_products_of_a_list_are_pointed_at(sample: FakeReader) -> None:
    with use_reader(sample), pytest.raises(NotFound, match=r"no product 'X9' .* nor 1 more") as caught:
        handler.calculate_reorder_points("WH001", ["P001", "X9", "Y9"])
    assert caught.value.pointer == "/product_codes/1"
    assert "Known are P001, P002, P003" in (caught.value.hint or "")


def test_empty_tables_are_said_to_be_empty() -> None:
    with use_reader(FakeReader()), pytest.raises(NotFound) as caught:
        handler.calculate_reorder_points("WH001")
    assert "tables are empty" in (caught.value.hint or "")


def test_a_product_that_is_asked_for_twice_is_answered_once(sample: FakeReader) -> None:
    with use_reader(sample):
        found = handler.calculate_reorder_points("WH001", ["P002", "P001", "P002"])
    assert [row.product_code for row in found.products] == ["P001", "P002"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: handler.calculate_reorder_points("WH001"),
        lambda: handler.identify_stockout_risks("WH001"),
        lambda: handler.forecast_demand("P001", "WH001"),
    ],
)
def test_a_warehouse_that_is_being_loaded_is_refused_and_worth_another_attempt(call: Callable[[], Result]) -> None:
    mark = "load 1f3c since 2026-11-20T10:00:00Z"
    half = FakeReader(SAMPLE.items, SAMPLE.stock, SAMPLE.demand, loading=mark)
    with use_reader(half), pytest.raises(BeingLoaded, match="being loaded, or a load of it was cut short") as caught:
        call()
    assert mark in caught.value.message
    assert caught.value.pointer == "/warehouse_code"
    assert "repeat it: tool-executor inventory load" in (caught.value.hint or "")
    assert half.reads == {"warehouse": 1}


def test_a_whole_warehouse_takes_four_reads(sample: FakeReader) -> None:
    sample.reads.clear()
    with use_reader(sample):
        handler.calculate_reorder_points("WH001")
    assert sample.reads == {"warehouse": 1, "items": 1, "stock": 1, "demand": 1}
