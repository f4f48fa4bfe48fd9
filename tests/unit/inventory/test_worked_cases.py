from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from scipy import special

from inventory_data import OpenOrder, Stock
from lambdas.inventory_optimizer import supply
from lambdas.inventory_optimizer.maths import distributions, first_passage, order_quantity, reorder, smoothing
from lambdas.inventory_optimizer.maths.classification import DemandClass, classify
from lambdas.inventory_optimizer.maths.series import aligned_right
from tests.unit.inventory.worked_cases import by_id, cases


def one(value: float) -> np.ndarray:
    return np.array([float(value)])


def normal(mean: float, sd: float) -> distributions.Demand:
    return distributions.normal(one(mean), one(sd))


def counted(mean: float, variance: float) -> distributions.Demand:
    return distributions.choose(one(mean), one(variance), np.array([True]))


@pytest.mark.parametrize("case", cases("economic_quantity"), ids=by_id)
def test_economic_quantity_and_its_cost(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    costs = (one(given["annual_demand"]), one(given["fixed_cost"]), one(given["holding_cost_per_unit_year"]))
    quantity = order_quantity.economic_quantity(*costs)
    assert quantity[0] == pytest.approx(expect["eoq"], rel=case["rel_tol"])
    assert order_quantity.annual_cost(quantity, *costs)[0] == pytest.approx(expect["annual_cost"], rel=case["rel_tol"])


@pytest.mark.parametrize("case", cases("cost_of_quantity"), ids=by_id)
def test_cost_of_a_quantity_that_is_not_the_best(case: dict[str, Any]) -> None:
    given = case["given"]
    cost = order_quantity.annual_cost(
        one(given["order_quantity"]),
        one(given["annual_demand"]),
        one(given["fixed_cost"]),
        one(given["holding_cost_per_unit_year"]),
    )
    assert cost[0] == pytest.approx(case["expect"]["annual_cost"], rel=case["rel_tol"])


@pytest.mark.parametrize("case", cases("newsvendor"), ids=by_id)
def test_newsvendor_level_is_the_quantile_at_the_critical_ratio(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    over, under, mean = given["overage"], given["underage"], given["mean"]
    demand = normal(mean, given["sd"]) if "sd" in given else counted(mean, mean)
    level = distributions.quantile(demand, under / (over + under))
    short = distributions.loss(demand, level)
    cost = over * (level - mean + short) + under * short
    assert level[0] == pytest.approx(expect["base_stock"], rel=case["rel_tol"])
    assert cost[0] == pytest.approx(expect["cost"], rel=case["rel_tol"])


@pytest.mark.parametrize("case", cases("service_factor"), ids=by_id)
def test_service_factors(case: dict[str, Any]) -> None:
    mean, sd = 100.0, 10.0
    for service, z in zip(case["given"]["service"], case["expect"]["z"], strict=True):
        factor = (distributions.quantile(normal(mean, sd), service)[0] - mean) / sd
        assert factor == pytest.approx(z, rel=case["rel_tol"])


@pytest.mark.parametrize("case", cases("standard_loss"), ids=by_id)
def test_standard_normal_loss(case: dict[str, Any]) -> None:
    mean, sd = 100.0, 10.0
    for k, loss in zip(case["given"]["k"], case["expect"]["G"], strict=True):
        found = distributions.loss(normal(mean, sd), mean + k * sd)[0] / sd
        assert found == pytest.approx(loss, rel=case["rel_tol"], abs=5e-9)  # the table's last decimal


@pytest.mark.parametrize("case", cases("protection"), ids=by_id)
def test_safety_stock_from_demand_and_lead_time_variance(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    variance = reorder.protection_variance(
        one(given["mean"]), one(given["sd"] ** 2), one(given["days"]), one(given["lead_time_sd"])
    )
    sd, mean = np.sqrt(variance)[0], given["mean"] * given["days"]
    safety_stock = special.ndtri(given["service"]) * sd
    assert sd == pytest.approx(expect.get("sd", sd), rel=case["rel_tol"])
    assert safety_stock == pytest.approx(expect.get("safety_stock", safety_stock), rel=case["rel_tol"])
    assert mean + safety_stock == pytest.approx(expect["level"], rel=case["rel_tol"])
    if sd < mean / 2:
        level = distributions.quantile(normal(mean, sd), given["service"])[0]
        assert level == pytest.approx(expect["level"], rel=case["rel_tol"])
    else:
        with pytest.raises(ValueError, match="under half the mean"):
            normal(mean, sd)


@pytest.mark.parametrize("case", cases("service_of_level"), ids=by_id)
def test_service_that_a_given_level_reaches(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    demand = normal(given["mean"] * given["days"], given["sd"] * given["days"] ** 0.5)
    short = distributions.loss(demand, given["level"])[0]
    safety_stock = given["level"] - demand.mean[0]
    found = {
        "safety_stock": safety_stock,
        "average_inventory": safety_stock + given["lot"] / 2,
        "units_short": short,
        "fill_rate": 1 - short / given["lot"],
    }
    for name, value in expect.items():
        assert found[name] == pytest.approx(value, rel=case["rel_tol"]), name


@pytest.mark.parametrize("case", cases("counted_reorder_point"), ids=by_id)
def test_discrete_reorder_point(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    demand = counted(given["mean"], given["variance"])
    point = reorder.reorder_point(demand, given["service"])
    assert distributions.Family(demand.family[0]).label == expect["family"]
    assert point.reorder_point[0] == expect["reorder_point"]
    assert point.achieved[0] == pytest.approx(expect["achieved"], rel=case["rel_tol"])
    assert distributions.cdf(demand, point.reorder_point - 1)[0] < given["service"]


@pytest.mark.parametrize("case", cases("first_passage"), ids=by_id)
def test_stockout_is_a_first_passage(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    orders = {int(day): quantity for day, quantity in given["receipts"].items()}
    receipts = receipts_of(orders, given["days"])
    demand = per_day(given["demand"])
    lattice = first_passage.day_lattice(demand, given["net_stock"] + receipts.sum())
    by_day = first_passage.stockout_by_day(lattice, given["net_stock"], receipts)
    if "p_stockout_within_horizon" in expect:
        assert by_day[-1] == pytest.approx(expect["p_stockout_within_horizon"], rel=case["rel_tol"])
    if "p_stockout_by_day" in expect:
        assert by_day == pytest.approx(expect["p_stockout_by_day"], rel=case["rel_tol"], abs=1e-8)
    for level, name in ((0.5, "first_day_prob_ge_50pct"), (0.05, "first_day_prob_ge_5pct")):
        if name in expect:
            days = np.flatnonzero(by_day >= level)
            assert (int(days[0]) + 1 if days.size else None) == expect[name]
    if "projected_stockout_day" in expect:
        assert int(np.flatnonzero(by_day == 1.0)[0]) + 1 == expect["projected_stockout_day"]
    if "days_of_cover" in expect:
        assert given["net_stock"] / demand.mean[0] == pytest.approx(expect["days_of_cover"], rel=case["rel_tol"])
    if "expected_backorders_end" in expect and not orders:
        short = first_passage.units_short(demand, one(given["net_stock"]), receipts[None, :])
        assert short[0] == pytest.approx(expect["expected_backorders_end"], rel=case["rel_tol"])
    if "backorder_before_receipt" in expect:
        short = first_passage.units_short(demand, one(given["net_stock"]), receipts[None, :])
        assert short[0] == pytest.approx(expect["backorder_before_receipt"])


def per_day(demand: dict[str, Any]) -> distributions.Demand:
    if demand["dist"] == "poisson":
        return counted(demand["mean"], demand["mean"])
    return distributions.Demand(one(demand["value"]), one(0.0), np.array([int(distributions.Family.NONE)]))


def receipts_of(orders: dict[int, float], days: int) -> np.ndarray:
    """Receipts as the tools see them: from open orders, the overdue ones left out."""
    today = date(2026, 10, 31)
    records = tuple(
        OpenOrder(po=f"PO-{day}", qty_open=float(quantity), eta=today + timedelta(days=day))
        for day, quantity in orders.items()
    )
    stock = Stock(warehouse_code="W", product_code="P", as_of=today, on_hand=0.0, open_orders=records)
    return np.asarray(supply.receipts_by_day([stock], today, days)[0])


def test_lot_rules() -> None:
    for rule in cases("lots")[0]["rules"]:
        assert ordered(rule) == rule["order"], rule


def ordered(rule: dict[str, Any]) -> float:
    pack = one(max(rule.get("multiple", rule.get("pack", 1)), 1))
    rules = order_quantity.LotRules(pack, one(rule.get("moq", 0)), one(np.inf))
    if rule["policy"] == "(s,nQ)":
        return float(order_quantity.multiples_above(one(rule["ip"]), one(rule["rop"]), one(rule["Q"]))[0])
    if "need" in rule:
        return float(order_quantity.rounded_order(one(rule["need"]), rules)[0])
    due = order_quantity.triggers(one(rule["ip"]), one(rule.get("min", 1)), one(1))
    need = np.where(due, rule["max"] - rule["ip"], 0.0)
    return float(order_quantity.rounded_order(need, rules)[0])


def test_inventory_position() -> None:
    (case,) = cases("position")
    given, today = case["given"], date(2026, 10, 31)
    orders = tuple(
        OpenOrder.model_validate({"po": status, "qty_open": quantity, "eta": today + timedelta(5), "status": status})
        for status, quantity in (("open", given["on_order"]), ("in_transit", given["in_transit"]))
    )
    stock = Stock(
        warehouse_code="W",
        product_code="P",
        as_of=today,
        on_hand=float(given["on_hand"]),
        allocated=float(given["allocated"]),
        backorders=float(given["backorders"]),
        open_orders=orders,
    )
    found = supply.supply_of([stock], today)
    assert found.position[0] == case["expect"]["inventory_position"]
    assert (found.on_hand - found.allocated)[0] == case["expect"]["available"]


@pytest.mark.parametrize("case", cases("forecasts"), ids=by_id)
def test_flat_forecasts_and_class(case: dict[str, Any]) -> None:
    series = aligned_right([case["series"]])
    by_croston = smoothing.croston(series, 0.1)
    found = {
        "SES 0.1": smoothing.ses(series, 0.1).level,
        "Croston 0.1": smoothing.croston_mean(by_croston),
        "SBA 0.1": smoothing.sba_mean(by_croston, 0.1),
        "TSB 0.1 0.1": tsb_mean(smoothing.tsb(series, 0.1, 0.1)),
        "TSB 0.2 0.2": tsb_mean(smoothing.tsb(series, 0.2, 0.2)),
    }
    for method, expected in case["flat"].items():
        assert found[method][0] == pytest.approx(expected, rel=1e-7, abs=1e-7), method
    pattern = classify(series)
    assert DemandClass(pattern.demand_class[0]).label == case["class"]
    assert pattern.adi[0] == pytest.approx(np.nan if case["adi"] is None else case["adi"], rel=1e-5, nan_ok=True)
    assert pattern.cv2[0] == pytest.approx(np.nan if case["cv2"] is None else case["cv2"], rel=1e-5, nan_ok=True)


def tsb_mean(smoothed: smoothing.SizeAndRate) -> np.ndarray:
    return smoothed.size * smoothed.rate
