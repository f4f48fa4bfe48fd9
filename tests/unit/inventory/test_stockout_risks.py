from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.inventory_optimizer import handler
from lambdas.inventory_optimizer.reader import use_reader
from tests.unit.inventory.fake_reader import FakeReader
from tests.unit.inventory.records import TODAY, history, item, one_product, order, stock

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.results import StockoutRisk

STEADY = [4.0, 6.0, 5.0, 3.0, 7.0] * 40  # mean 5 a day


def risks(reader: FakeReader, days_ahead: int = 7, **arguments: Any) -> list[StockoutRisk]:
    with use_reader(reader):
        return list(handler.identify_stockout_risks("WH001", days_ahead, **arguments).risks)


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


def test_a_receipt_that_may_be_late_leaves_a_risk_and_is_to_be_expedited() -> None:
    record = stock(on_hand=20.0, open_orders=(order(3, 200),))
    assert risks(one_product(STEADY, stock_record=record, lead_time_sd_days=0.0)) == []
    (risk,) = risks(one_product(STEADY, stock_record=record, lead_time_sd_days=2.0))
    assert 0.05 < risk.probability < 0.6
    assert risk.action == "expedite_open_order"
    assert "receipt_may_be_late" in risk.reasons


def test_full_detail_tells_of_every_day() -> None:
    reader = one_product(STEADY, stock_record=stock(on_hand=20.0, open_orders=(order(6, 200),)))
    (risk,) = risks(reader, 10, detail="full", minimum_probability=0.0)
    assert risk.by_day is not None
    assert [day.day for day in risk.by_day] == [TODAY + timedelta(days=step) for step in range(1, 11)]
    assert [day.expected_receipts for day in risk.by_day] == [0, 0, 0, 0, 0, 200, 0, 0, 0, 0]
    assert [day.probability for day in risk.by_day] == sorted(day.probability for day in risk.by_day)
    assert risk.by_day[-1].expected_net_stock == pytest.approx(220 - 10 * risk.demand_per_day, rel=1e-3)
    assert all(day.expected_available >= max(day.expected_net_stock, 0) for day in risk.by_day)


def test_too_many_uncertain_orders_are_simulated_said_and_answered_alike_each_time() -> None:
    orders = tuple(order(2 + step % 3, 3.0 + step) for step in range(12))
    reader = one_product(STEADY, stock_record=stock(on_hand=15.0, open_orders=orders), lead_time_sd_days=3.0)
    first, again = (risks(reader, 14, minimum_probability=0.0) for _ in range(2))
    assert first == again
    assert first[0].calculation == "monte_carlo"
    assert 0 < first[0].standard_error < 0.01


def test_only_the_products_asked_for_are_looked_at() -> None:
    reader = FakeReader(
        [item(code) for code in ("P001", "P002")],
        [stock(code, on_hand=0.0) for code in ("P001", "P002")],
        [*history(STEADY, "P001"), *history(STEADY, "P002")],
    )
    assert [risk.product_code for risk in risks(reader, product_codes=["P002"])] == ["P002"]


def test_mixed_currencies_are_neither_summed_nor_compared() -> None:
    reader = FakeReader(
        [item("P001", unit_cost=1000.0, currency="JPY"), item("P002", unit_cost=9.0, currency="EUR")],
        [stock("P001", on_hand=36.0), stock("P002", on_hand=10.0)],
        [*history(STEADY, "P001"), *history(STEADY, "P002")],
    )
    with use_reader(reader):
        found = handler.identify_stockout_risks("WH001", 7)
    assert found.value_at_risk is None
    assert found.currency is None
    assert found.notices == ("mixed_currencies",)
    assert [risk.product_code for risk in found.risks] == ["P002", "P001"]


def test_one_currency_is_told() -> None:
    with use_reader(one_product(STEADY, stock_record=stock(on_hand=0.0), currency="EUR")):
        found = handler.identify_stockout_risks("WH001", 7)
    assert (found.currency, found.notices) == ("EUR", ())
    assert found.value_at_risk == found.risks[0].value_at_risk
