from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import special

from inventory_data import Item, OpenOrder, Stock
from lambdas.inventory_optimizer import supply
from lambdas.inventory_optimizer.history import History
from lambdas.inventory_optimizer.maths import distributions
from lambdas.inventory_optimizer.maths.demand import smoothing
from lambdas.inventory_optimizer.maths.demand.classification import DemandClass, classify
from lambdas.inventory_optimizer.maths.demand.series import aligned_right
from lambdas.inventory_optimizer.maths.policies import (
    fill_rate,
    newsvendor,
    order_quantity,
    planned_backorders,
    quantity_discounts,
    reorder,
    rq_policy,
    ss_policy,
)
from lambdas.inventory_optimizer.maths.policies.policy_costs import PolicyCosts
from lambdas.inventory_optimizer.maths.stockouts import first_passage
from lambdas.inventory_optimizer.outlook import expected_receipts
from lambdas.inventory_optimizer.warehouse import Product
from tests.unit.inventory.worked_cases import by_id, cases

if TYPE_CHECKING:
    from lambdas.inventory_optimizer.maths.stockouts.receipts import ExpectedReceipt


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
    best = newsvendor.best_base_stock(demand, one(over), one(under))
    assert best.level[0] == pytest.approx(expect["base_stock"], rel=case["rel_tol"])
    assert best.cost[0] == pytest.approx(expect["cost"], rel=case["rel_tol"])
    assert best.critical_ratio[0] == pytest.approx(expect.get("critical_ratio", 0.8), rel=case["rel_tol"])


@pytest.mark.parametrize("case", cases("discounted_quantity"), ids=by_id)
def test_discounted_quantity(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    tiers = quantity_discounts.PriceTiers(np.array([given["breakpoints"]], float), np.array([given["unit_costs"]]))
    lot = quantity_discounts.discounted_quantity(
        one(given["annual_demand"]), one(given["fixed_cost"]), one(given["holding_rate"]), tiers
    )
    assert lot.tier[0] == expect["region"]
    assert lot.quantity[0] == pytest.approx(expect["order_quantity"], rel=case["rel_tol"])
    assert lot.annual_cost[0] == pytest.approx(expect["annual_cost"], rel=case["rel_tol"])


@pytest.mark.parametrize("case", cases("planned_backorders"), ids=by_id)
def test_planned_backorders(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    plan = planned_backorders.plan_backorders(
        one(given["annual_demand"]),
        one(given["fixed_cost"]),
        one(given["holding_cost_per_unit_year"]),
        one(given["stockout_cost"]),
    )
    assert plan.quantity[0] == pytest.approx(expect["order_quantity"], rel=case["rel_tol"])
    assert plan.waiting_share[0] == pytest.approx(expect["stockout_fraction"], rel=case["rel_tol"])
    assert plan.annual_cost[0] == pytest.approx(expect["annual_cost"], rel=case["rel_tol"])


def costs_of(given: dict[str, Any]) -> PolicyCosts:
    return PolicyCosts(one(given["fixed_cost"]), one(given["holding_cost"]), one(given["stockout_cost"]))


def over_lead_time(given: dict[str, Any]) -> distributions.Demand:
    return normal(given["demand_mean"] * given["lead_time"], given["demand_sd"] * given["lead_time"] ** 0.5)


@pytest.mark.parametrize("case", cases("rq_cost"), ids=by_id)
def test_cost_of_an_rq_policy(case: dict[str, Any]) -> None:
    given = case["given"]
    cost = rq_policy.rq_cost(
        over_lead_time(given), one(given["demand_mean"]), costs_of(given), one(given["r"]), one(given["Q"])
    )
    assert cost[0] == pytest.approx(case["expect"]["cost"], rel=case["rel_tol"])


@pytest.mark.parametrize("case", cases("rq_point"), ids=by_id)
def test_best_reorder_point_for_a_given_quantity(case: dict[str, Any]) -> None:
    given = case["given"]
    point = rq_policy.best_point(over_lead_time(given), costs_of(given), one(given["Q"]))
    assert point[0] == pytest.approx(case["expect"]["r"], rel=case["rel_tol"])


@pytest.mark.parametrize("case", cases("rq_approximation"), ids=by_id)
def test_loss_function_approximation_of_an_rq_policy(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    policy = rq_policy.approximate_rq(over_lead_time(given), one(given["demand_mean"]), costs_of(given))
    assert policy.point[0] == pytest.approx(expect["r"], rel=case["rel_tol"])
    assert policy.quantity[0] == pytest.approx(expect["Q"], rel=case["rel_tol"])


@pytest.mark.parametrize("case", cases("rq_exact"), ids=by_id)
def test_best_rq_policy_under_poisson_demand(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    mean = given["demand_mean"] * given["lead_time"]
    policy = rq_policy.best_rq(counted(mean, mean), one(given["demand_mean"]), costs_of(given))
    assert (policy.point[0], policy.quantity[0]) == (expect["r"], expect["Q"])
    assert policy.cost[0] == pytest.approx(expect["cost"], rel=case["rel_tol"])


@pytest.mark.parametrize("case", cases("ss_exact"), ids=by_id)
def test_best_ss_policy_under_poisson_demand(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    demand = counted(given["poisson_mean"], given["poisson_mean"])
    policy = ss_policy.best_ss(demand, demand.over(given["lead_time"] + 1.0), costs_of(given))
    assert (policy.point[0], policy.up_to[0]) == (expect["s"], expect["S"])
    assert policy.cost[0] == pytest.approx(expect["cost"], rel=case["rel_tol"])


@pytest.mark.parametrize("case", cases("ss_power_approximation"), ids=by_id)
def test_power_approximation_of_an_ss_policy(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    protection = normal(given["demand_mean"], given["demand_sd"]).over(given["lead_time"] + 1.0)
    # The book's example stops at s + D, without the last rule of the approximation.
    s, up_to = ss_policy.power_approximation(one(given["demand_mean"]), protection, costs_of(given), capped=False)
    assert s[0] == pytest.approx(expect["s"], rel=case["rel_tol"])
    assert up_to[0] == pytest.approx(expect["S"], rel=case["rel_tol"])


@pytest.mark.parametrize("case", cases("fill_rate"), ids=by_id)
def test_reorder_point_for_a_fill_rate(case: dict[str, Any]) -> None:
    given, expect = case["given"], case["expect"]
    demand = normal(given["mean"] * given["days"], given["sd"] * given["days"] ** 0.5)
    lot = one(given["lot"])
    level = fill_rate.smallest_point(demand, lot, given["fill_rate"], whole=False)
    safety_stock = level - demand.mean
    assert level[0] == pytest.approx(expect["level"], rel=case["rel_tol"])
    assert (safety_stock / demand.sd)[0] == pytest.approx(expect["k"], rel=case["rel_tol"])
    assert safety_stock[0] == pytest.approx(expect.get("safety_stock", safety_stock[0]), rel=case["rel_tol"])
    assert fill_rate.fill_rate(demand, level, lot)[0] == pytest.approx(given["fill_rate"])
    # The books leave out what is short at s + Q. At these lots that is nothing, so both forms give the same figure.
    assert distributions.loss(demand, level)[0] == pytest.approx((1 - given["fill_rate"]) * lot[0], rel=1e-5)


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
    demand = per_day(given["demand"])
    found = first_passage.with_receipts(
        demand.take(np.zeros(given["days"], dtype=int)),
        float(given["net_stock"]),
        receipts_of(orders, given["days"]),
        seed=0,
    )
    by_day = found.probability
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
        assert found.units_short == pytest.approx(expect["expected_backorders_end"], rel=case["rel_tol"])
    if "backorder_before_receipt" in expect:
        assert found.units_short == pytest.approx(expect["backorder_before_receipt"])


def per_day(demand: dict[str, Any]) -> distributions.Demand:
    if demand["dist"] == "poisson":
        return counted(demand["mean"], demand["mean"])
    return distributions.Demand(one(demand["value"]), one(0.0), np.array([int(distributions.Family.NONE)]))


def receipts_of(orders: dict[int, float], days: int) -> list[ExpectedReceipt]:
    """Receipts as the tools see them: from open orders, the overdue ones left out."""
    today = date(2026, 10, 31)
    records = tuple(
        OpenOrder(po=f"PO-{day}", qty_open=float(quantity), eta=today + timedelta(days=day))
        for day, quantity in orders.items()
    )
    stock = Stock(warehouse_code="W", product_code="P", as_of=today, on_hand=0.0, open_orders=records)
    product = Product(
        Item(
            warehouse_code="W",
            product_code="P",
            unit_cost=1.0,
            ordering_cost=1.0,
            holding_rate=0.2,
            lead_time_mean_days=5.0,
        ),
        stock,
        History(),
    )
    return expected_receipts(product, today, days)


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
