from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from inventory_data import Overrides
from lambdas.inventory_optimizer import handler
from lambdas.inventory_optimizer.reader import use_reader
from tests.unit.inventory.records import TODAY, one_product, order, stock

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.results import ProductReorderPoint
    from tests.unit.inventory.fake_reader import FakeReader

STEADY = [4.0, 6.0, 5.0, 3.0, 7.0] * 40  # mean 5 a day


def reorder(reader: FakeReader, **arguments: Any) -> ProductReorderPoint:
    with use_reader(reader):
        return handler.calculate_reorder_points("WH001", detail="full", **arguments).products[0]


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


def test_a_fill_rate_needs_less_stock_than_a_cycle_service_of_the_same_figure() -> None:
    wild = [0.0, 30.0, 2.0, 9.0, 0.0, 14.0] * 20
    by_cycle, by_fill = (
        reorder(one_product(wild, service_type=kind, service_level=0.95, moq=200)) for kind in ("cycle", "fill_rate")
    )
    assert by_fill.reorder_point < by_cycle.reorder_point
    assert by_fill.service_achieved >= 0.95
    assert by_fill.basis is not None
    assert by_fill.basis.service_type == "fill_rate"
