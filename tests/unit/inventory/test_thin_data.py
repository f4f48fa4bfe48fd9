from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from inventory_data import MalformedRecordError
from lambdas.inventory_optimizer import handler
from lambdas.inventory_optimizer.reader import use_reader
from tests.unit.inventory.fake_reader import FakeReader
from tests.unit.inventory.records import TODAY, history, item, one_product, stock
from tool_contract.errors import ToolFailed

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.results import ProductReorderPoint

STEADY = [4.0, 6.0, 5.0, 3.0, 7.0] * 40  # mean 5 a day


def reorder(reader: FakeReader, **arguments: Any) -> ProductReorderPoint:
    with use_reader(reader):
        return handler.calculate_reorder_points("WH001", detail="full", **arguments).products[0]


@pytest.mark.parametrize(
    ("quantities", "warning"),
    [([], "no_history"), ([0.0] * 60, None), ([4.0], "short_history"), ([3.0] * 40 + [0.0] * 60, "demand_stopped")],
)
def test_thin_histories_are_answered_with_a_warning(quantities: list[float], warning: str | None) -> None:
    reader = one_product(quantities)
    found = reorder(reader)
    if warning:
        assert warning in found.warnings
    if quantities != [4.0]:
        assert found.reorder_point == 0
        assert found.suggested_order == 0
    with use_reader(reader):
        forecast = handler.forecast_demand("P001", "WH001")
    assert found.warnings == forecast.warnings
    json.loads(forecast.model_dump_json())


def test_days_out_of_stock_and_of_promotions_are_left_out_and_counted() -> None:
    days = [*history([5.0] * 60, last_day=TODAY - timedelta(days=30)), *history([0.0] * 30, stockout=True)]
    merged = {year.first_day: year for year in days}
    reader = FakeReader([item()], [stock()], list(merged.values()))
    with use_reader(reader):
        found = handler.forecast_demand("P001", "WH001")
    assert found.mean_per_day == pytest.approx(5)
    assert found.history.stockout_days == 30
    assert found.history.usable_days == 60


def test_a_product_that_was_never_in_stock_has_no_usable_history() -> None:
    reader = FakeReader([item()], [stock()], history([0.0] * 50, stockout=True))
    assert "no_usable_history" in reorder(reader).warnings


def test_days_after_the_stock_was_taken_are_ignored_and_said() -> None:
    reader = FakeReader([item()], [stock()], history([5.0] * 60 + [900.0] * 3, last_day=TODAY + timedelta(days=3)))
    found = reorder(reader)
    assert found.demand_per_day == pytest.approx(5)
    assert "history_after_as_of" in found.warnings


def test_a_history_that_ends_early_is_said() -> None:
    reader = FakeReader([item()], [stock()], history([5.0] * 60, last_day=TODAY - timedelta(days=9)))
    assert "history_ends_early" in reorder(reader).warnings


def test_negative_and_stale_stock_are_said() -> None:
    records = [
        stock("P001", on_hand=-4.0),
        stock("P002", as_of=TODAY - timedelta(days=2)),
        stock("P003", allocated=500.0),
    ]
    reader = FakeReader([item(record.product_code) for record in records], records, [])
    with use_reader(reader):
        found = handler.calculate_reorder_points("WH001")
    assert found.as_of == TODAY
    warnings = [set(row.warnings) - {"no_history"} for row in found.products]
    assert warnings == [{"negative_stock"}, {"stale_stock"}, {"allocated_over_on_hand"}]
    assert found.products[0].inventory_position == -4


def test_no_lead_time_and_no_review_leave_nothing_to_protect() -> None:
    found = reorder(one_product(STEADY, lead_time_mean_days=0.0, review_period_days=0))
    assert (found.reorder_point, found.safety_stock) == (0, 0)
    assert "zero_lead_time" in found.warnings


def test_malformed_records_are_reported_and_do_not_cost_the_others() -> None:
    reader = FakeReader(
        [item("P001"), item("P002"), item("P003")],
        [stock("P001"), stock("P002")],
        [*history(STEADY, "P001"), *history(STEADY, "P002")],
        malformed_items=(MalformedRecordError("item of WH001/P004", "unit_cost: Field required.", "P004"),),
        malformed_demand=(MalformedRecordError("demand of WH001#P002 in 2026", "quantities: no.", "P002"),),
    )
    with use_reader(reader):
        found = handler.calculate_reorder_points("WH001")
    assert [row.product_code for row in found.products] == ["P001"]
    assert [report.record for report in found.unusable] == [
        "item of WH001/P004",
        "stock of WH001/P003",
        "demand of WH001#P002 in 2026",
    ]
    assert found.coverage.model_dump() == {"products": 4, "usable": 1, "left": 0, "continue_after": None}


def test_a_warehouse_without_a_usable_product_fails_with_the_first_reason() -> None:
    reader = FakeReader([item()], [], [])
    with use_reader(reader), pytest.raises(ToolFailed, match="no such record") as caught:
        handler.calculate_reorder_points("WH001")
    assert caught.value.retryable is False


def test_measured_demand_is_gamma_and_counted_demand_is_not() -> None:
    measured, counted = one_product([value + 0.5 for value in STEADY]), one_product(STEADY)
    for reader, expected in ((measured, "gamma"), (counted, "poisson")):
        with use_reader(reader):
            found = handler.forecast_demand("P001", "WH001")
        assert found.distribution == expected


def test_amounts_beyond_what_floats_count_by_ones_end_with_an_answer() -> None:
    found = reorder(one_product([0.0] * 6 + [1e12], service_level=0.9999, lead_time_mean_days=3650.0))
    assert found.reorder_point > 1e15


def test_what_was_demanded_up_to_a_day_never_becomes_less() -> None:
    random = np.random.default_rng(5)
    closed_on_sundays = random.poisson(30, 400) * (np.arange(400) % 7 != 0)
    falling = random.poisson(np.maximum(60 - 0.14 * np.arange(400), 1))
    for quantities in (closed_on_sundays, falling, [1000.0, 0.0, 0.0]):
        with use_reader(one_product([float(quantity) for quantity in quantities])):
            found = handler.forecast_demand("P001", "WH001", 90)
        for name in ("cumulative_p10", "cumulative_p50", "cumulative_p90"):
            values = [getattr(day, name) for day in found.days]
            assert values == sorted(values), name
        assert found.distribution == "negative_binomial"


def test_the_warehouses_day_is_todays_for_a_product_alone_too() -> None:
    late = stock("P002", as_of=TODAY - timedelta(days=11))
    reader = FakeReader(
        [item("P001"), item("P002")], [stock("P001"), late], [*history(STEADY, "P001"), *history(STEADY, "P002")]
    )
    reader.as_of = TODAY
    with use_reader(reader):
        alone = handler.calculate_reorder_points("WH001", ["P002"])
        (both,) = (row for row in handler.calculate_reorder_points("WH001").products if row.product_code == "P002")
    assert alone.as_of == TODAY
    assert "stale_stock" in alone.products[0].warnings
    assert alone.products[0].model_copy(update={"abc": both.abc}) == both


def test_a_last_part_without_a_usable_product_is_an_answer() -> None:
    reader = FakeReader([item("P001"), item("P002")], [stock("P001")], history(STEADY, "P001"))
    with use_reader(reader):
        found = handler.calculate_reorder_points("WH001", continue_after="P001")
    assert found.products == ()
    assert [report.record for report in found.unusable] == ["stock of WH001/P002"]


def test_without_usable_history_service_and_risk_are_unknown() -> None:
    reader = one_product([], stock_record=stock(on_hand=5.0))
    assert reorder(reader).service_achieved is None
    with use_reader(reader):
        found = handler.identify_stockout_risks("WH001", 7)
    assert (found.counts.checked, found.counts.unknown, found.counts.at_risk) == (1, 1, 0)
