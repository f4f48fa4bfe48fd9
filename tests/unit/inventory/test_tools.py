from __future__ import annotations

import json
import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from inventory_data import MalformedRecordError, Overrides
from lambdas.inventory_optimizer import handler
from lambdas.inventory_optimizer.reader import use_reader
from tests.unit.inventory.fake_reader import FakeReader
from tests.unit.inventory.records import TODAY, history, item, one_product, order, stock
from tool_contract.errors import NotFound, ToolFailed
from tool_executor.inventory import generate

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.results import ProductReorderPoint, Result, StockoutRisk

STEADY = [4.0, 6.0, 5.0, 3.0, 7.0] * 40  # mean 5 a day
SAMPLE = generate()
WAREHOUSES = [warehouse.warehouse_code for warehouse in SAMPLE.warehouses]


@pytest.fixture(scope="module")
def sample() -> FakeReader:
    return FakeReader(SAMPLE.items, SAMPLE.stock, SAMPLE.demand)


def reorder(reader: FakeReader, **arguments: Any) -> ProductReorderPoint:
    with use_reader(reader):
        return handler.calculate_reorder_points("WH001", detail="full", **arguments).products[0]


def risks(reader: FakeReader, days_ahead: int = 7, **arguments: Any) -> list[StockoutRisk]:
    with use_reader(reader):
        return list(handler.identify_stockout_risks("WH001", days_ahead, **arguments).risks)


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
    assert len(as_json(found)) < 60_000
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
    with use_reader(sample), pytest.raises(NotFound, match=r"no product 'X9' .* nor 1 others") as caught:
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


def test_a_whole_warehouse_takes_three_reads(sample: FakeReader) -> None:
    sample.reads.clear()
    with use_reader(sample):
        handler.calculate_reorder_points("WH001")
    assert sample.reads == {"items": 1, "stock": 1, "demand": 1}


# Reorder points.


def test_reorder_point_covers_lead_time_and_review_period() -> None:
    found = reorder(one_product(STEADY, review_period_days=1, lead_time_mean_days=6.0))
    assert found.basis is not None
    assert found.basis.protection_days == 7
    assert found.basis.protection_demand == pytest.approx(35, rel=0.02)
    assert found.safety_stock == pytest.approx(found.reorder_point - found.basis.protection_demand, abs=0.01)
    assert found.service_achieved >= 0.95
    assert found.order_up_to == found.reorder_point + found.basis.order_quantity


def test_service_level_of_the_call_replaces_that_of_the_item() -> None:
    reader = one_product(STEADY, service_level=0.9)
    own, higher = reorder(reader), reorder(reader, service_level=0.99)
    assert own.basis is not None
    assert own.basis.service_target == 0.9
    assert higher.reorder_point > own.reorder_point


def test_uncertain_lead_times_raise_the_reorder_point() -> None:
    sure, unsure = (reorder(one_product(STEADY, lead_time_sd_days=sd)) for sd in (0.0, 4.0))
    assert unsure.reorder_point > sure.reorder_point


def test_overdue_orders_are_an_exception_not_supply() -> None:
    orders = (order(0, 40), order(-5, 60), order(3, 20), order(5, 10, status="in_transit"))
    found = reorder(one_product(STEADY, stock_record=stock(on_hand=12.0, allocated=2.0, open_orders=orders)))
    assert found.basis is not None
    assert found.inventory_position == 12 - 2 + 20 + 10
    assert (found.basis.on_order, found.basis.in_transit, found.basis.overdue) == (20, 10, 100)
    assert "overdue_orders" in found.warnings


def test_an_order_lifts_the_position_to_order_up_to_in_whole_packs() -> None:
    found = reorder(one_product(STEADY, stock_record=stock(on_hand=5.0), pack_size=12, moq=30))
    assert found.below_reorder_point
    assert found.suggested_order % 12 == 0
    assert found.order_up_to <= 5 + found.suggested_order < found.order_up_to + 12
    assert found.order_date == TODAY


def test_a_cap_is_kept_and_said() -> None:
    found = reorder(one_product(STEADY, stock_record=stock(on_hand=0.0), pack_size=5, max_order_qty=32))
    assert found.suggested_order == 30
    assert "order_capped" in found.warnings


def test_the_next_order_is_dated_by_mean_demand() -> None:
    found = reorder(one_product(STEADY, stock_record=stock(on_hand=100.0)))
    days = math.floor((100 - found.reorder_point) / found.demand_per_day) + 1
    assert not found.below_reorder_point
    assert found.suggested_order == 0
    assert found.order_date == TODAY + timedelta(days=days)


def test_a_product_that_is_phased_out_is_not_ordered() -> None:
    found = reorder(one_product(STEADY, stock_record=stock(on_hand=0.0), status="phase_out"))
    assert found.below_reorder_point
    assert (found.suggested_order, found.order_date) == (0, None)
    assert "not_active" in found.warnings


def test_what_a_planner_fixed_by_hand_wins_and_is_said() -> None:
    fixed = Overrides(reorder_point=77, order_quantity=13)
    found = reorder(one_product(STEADY, overrides=fixed))
    assert found.basis is not None
    assert (found.reorder_point, found.basis.order_quantity) == (77, 13)
    assert "overridden" in found.warnings


def test_lots_do_not_outlast_their_shelf_life() -> None:
    short = reorder(one_product(STEADY, shelf_life_days=6))
    impossible = reorder(one_product(STEADY, shelf_life_days=6, moq=500))
    assert short.basis is not None
    assert impossible.basis is not None
    assert short.basis.order_quantity <= 30
    assert "shelf_life_below_smallest_order" not in short.warnings
    assert impossible.basis.order_quantity == 500
    assert "shelf_life_below_smallest_order" in impossible.warnings


def test_free_holding_is_said_and_gives_no_eoq() -> None:
    found = reorder(one_product(STEADY, holding_rate=0.0, moq=25))
    assert found.basis is not None
    assert found.basis.eoq is None
    assert found.basis.order_quantity == 25
    assert "holding_is_free" in found.warnings


def test_a_fill_rate_target_is_not_silently_taken_for_another_thing() -> None:
    assert "fill_rate_as_cycle_service" in reorder(one_product(STEADY, service_type="fill_rate")).warnings


# Bad and thin data.


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
    json.loads(as_json(forecast))


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
        "demand of WH001#P002 in 2026",
        "stock of WH001/P003",
    ]


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


# Risks.


def test_a_product_that_runs_out_before_its_receipt_is_to_be_expedited() -> None:
    reader = one_product(STEADY, stock_record=stock(on_hand=20.0, open_orders=(order(6, 200),)))
    (risk,) = risks(reader)
    assert risk.probability > 0.5
    assert risk.action == "expedite_open_order"
    assert set(risk.reasons) == {"lead_time_longer_than_cover", "receipt_too_late"}
    assert risk.next_receipt is not None
    assert risk.next_receipt.day == TODAY + timedelta(days=6)
    assert risk.days_of_cover == pytest.approx(20 / risk.demand_per_day, rel=1e-3)
    assert not risk.order_now_in_time


def test_a_receipt_in_time_takes_the_risk_away() -> None:
    assert risks(one_product(STEADY, stock_record=stock(on_hand=20.0, open_orders=(order(1, 200),)))) == []


def test_an_overdue_order_is_chased_and_not_counted() -> None:
    (risk,) = risks(one_product(STEADY, stock_record=stock(on_hand=20.0, open_orders=(order(-1, 200),))))
    assert risk.action == "chase_overdue_order"
    assert "overdue_order" in risk.reasons
    assert risk.next_receipt is None


def test_without_an_order_one_is_to_be_placed_and_expedited_if_it_would_be_late() -> None:
    (late,) = risks(one_product(STEADY, stock_record=stock(on_hand=20.0), lead_time_mean_days=10.0))
    (in_time,) = risks(one_product(STEADY, stock_record=stock(on_hand=20.0), lead_time_mean_days=1.0))
    assert (late.action, in_time.action) == ("order_now_and_expedite", "order_now")
    assert "no_open_order" in late.reasons
    assert in_time.order_now_in_time


def test_a_product_that_is_phased_out_is_not_to_be_ordered() -> None:
    (risk,) = risks(one_product(STEADY, stock_record=stock(on_hand=20.0), status="phase_out"))
    assert risk.action == "transfer_or_substitute"


def test_what_is_short_already_is_certain() -> None:
    (risk,) = risks(one_product(STEADY, stock_record=stock(on_hand=0.0, backorders=6.0)))
    assert risk.probability == 1
    assert "already_short" in risk.reasons
    assert (risk.severity, risk.days_of_cover) == ("critical", 0)
    assert risk.expected_units_short == pytest.approx(7 * risk.demand_per_day, rel=1e-3)
    assert risk.value_at_risk == pytest.approx(10 * risk.expected_units_short, rel=1e-3)


def test_the_list_is_cut_by_value_and_the_counts_are_not() -> None:
    codes = [f"P{number}" for number in range(4)]
    reader = FakeReader(
        [item(code, unit_cost=float(10**number)) for number, code in enumerate(codes)],
        [stock(code, on_hand=10.0) for code in codes],
        [year for code in codes for year in history(STEADY, code)],
    )
    with use_reader(reader):
        found = handler.identify_stockout_risks("WH001", limit=2)
    assert [risk.product_code for risk in found.risks] == ["P3", "P2"]
    assert found.counts.at_risk == found.counts.checked == 4
    assert found.value_at_risk > sum(risk.value_at_risk for risk in found.risks)


def test_products_under_the_minimum_probability_are_left_out() -> None:
    reader = one_product(STEADY, stock_record=stock(on_hand=36.0))
    (risk,) = risks(reader, minimum_probability=0.05)
    assert risks(reader, minimum_probability=min(risk.probability + 0.01, 1.0)) == []


def test_stock_without_demand_is_no_risk() -> None:
    assert risks(one_product([0.0] * 50, stock_record=stock(on_hand=0.0))) == []
