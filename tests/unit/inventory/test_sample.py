from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lambdas.inventory_optimizer.history import read_histories
from lambdas.inventory_optimizer.maths.demand.classification import DemandClass
from lambdas.inventory_optimizer.maths.demand.forecasting import Forecast, forecast
from lambdas.inventory_optimizer.maths.demand.series import DemandSeries
from lambdas.inventory_optimizer.maths.distributions import smallest_whole
from tool_executor.inventory import DEFAULT_AS_OF, SampleData, generate

if TYPE_CHECKING:
    from inventory_data import DemandYear

SAMPLE = generate()


def by_warehouse(sample: SampleData, code: str) -> list[DemandYear]:
    return [year for year in sample.demand if year.warehouse_code == code]


def first_warehouse(sample: SampleData = SAMPLE) -> tuple[DemandSeries, Forecast]:
    codes = [f"P{number:03d}" for number in range(1, 201)]
    start = sample.as_of - timedelta(days=729)
    series = read_histories(codes, by_warehouse(sample, "WH001"), start, sample.as_of).series
    return series, forecast(series)


def test_the_same_seed_gives_the_same_distributor_and_another_seed_another() -> None:
    assert generate() == SAMPLE
    assert generate(seed=1) != generate(seed=2)


def test_size_and_codes() -> None:
    assert [warehouse.warehouse_code for warehouse in SAMPLE.warehouses] == ["WH001", "WH002", "WH003"]
    locations = [(warehouse, f"P{number:03d}") for warehouse in ("WH001", "WH002", "WH003") for number in range(1, 201)]
    assert [(item.warehouse_code, item.product_code) for item in SAMPLE.items] == locations
    assert [(stock.warehouse_code, stock.product_code) for stock in SAMPLE.stock] == locations


def test_two_years_of_days_without_a_gap_up_to_the_date_asked_for() -> None:
    days: defaultdict[tuple[str, str], list[DemandYear]] = defaultdict(list)
    for year in SAMPLE.demand:
        days[year.warehouse_code, year.product_code].append(year)
    complete = 0
    for years in days.values():
        assert years[-1].last_day == DEFAULT_AS_OF == date(2026, 10, 31)
        for one, other in pairwise(years):
            assert other.first_day == one.last_day + timedelta(days=1)
        complete += (years[-1].last_day - years[0].first_day).days == 729
    assert complete > 550  # the others are new


def test_another_date_moves_the_history() -> None:
    sample = generate(as_of=date(2024, 2, 29))
    assert {stock.as_of for stock in sample.stock} == {date(2024, 2, 29)}
    assert max(year.last_day for year in sample.demand) == date(2024, 2, 29)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_each_kind_of_demand_occurs(seed: int) -> None:
    _, found = first_warehouse(generate(seed))
    counts = np.bincount(found.pattern.demand_class, minlength=5)
    assert counts[DemandClass.NO_DEMAND] >= 1
    assert counts[DemandClass.SMOOTH] >= 40
    assert counts[DemandClass.ERRATIC] >= 4
    assert counts[DemandClass.INTERMITTENT] >= 25
    assert counts[DemandClass.LUMPY] >= 8
    assert found.stopped.sum() >= 4


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_stock_and_orders_look_like_a_working_day(seed: int) -> None:
    sample = generate(seed)
    orders = [(stock, order) for stock in sample.stock for order in stock.open_orders]
    overdue = [order for stock, order in orders if order.eta <= stock.as_of]
    assert 60 <= len(orders) <= 350
    assert 5 <= len(overdue) <= 0.45 * len(orders)
    empty = sum(stock.on_hand == 0 for stock in sample.stock)
    assert 3 <= empty <= 60
    out = sum(len(year.stockout_days) for year in sample.demand) / sum(len(year.quantities) for year in sample.demand)
    assert 0.005 <= out <= 0.06
    assert any(stock.backorders for stock in sample.stock)
    assert any(stock.allocated for stock in sample.stock)
    assert any(year.returns for year in sample.demand)
    assert any(item.lead_time_sd_days > 0.2 * item.lead_time_mean_days for item in sample.items)


def test_sales_of_days_out_of_stock_understate_demand() -> None:
    series, _ = first_warehouse()
    years = {(year.product_code, year.first_day): year for year in by_warehouse(SAMPLE, "WH001")}
    out = [year.quantities[day] for year in years.values() for day in year.stockout_days]
    usable = series.quantities[series.usable].mean()
    assert len(out) > 500
    assert np.mean(out) < 0.5 * usable


def test_weekends_and_promotions_show() -> None:
    weekday: list[float] = []
    weekend: list[float] = []
    promoted: list[float] = []
    plain: list[float] = []
    for year in by_warehouse(SAMPLE, "WH001"):
        if not year.promotion_days:
            continue
        for day in year.days():
            if day.stockout:
                continue
            (promoted if day.promotion else plain).append(day.qty_demanded)
            if not day.promotion:
                (weekend if day.day.weekday() >= 5 else weekday).append(day.qty_demanded)
    assert np.mean(weekend) < 0.8 * np.mean(weekday)
    assert np.mean(promoted) > 1.3 * np.mean(plain)


def test_reorder_points_hold_their_service_level_on_demand_that_was_not_seen() -> None:
    """The whole chain against days held back: near the target, neither far below nor far above."""
    target, horizon = 0.95, 14
    held = covered = 0
    for seed in (1, 2):
        sample = generate(seed)
        for cut in (28, 56, 84):
            series, _ = first_warehouse(sample)
            past = DemandSeries(series.quantities[:, :-cut], series.usable[:, :-cut])
            future = slice(-cut, -cut + horizon or None)
            found = forecast(past)
            point = smallest_whole(found.over(float(horizon)), target)
            complete = series.usable[:, future].all(axis=1) & (found.mean > 0)
            held += int(complete.sum())
            covered += int((series.quantities[:, future].sum(axis=1)[complete] <= point[complete]).sum())
    assert held > 500
    assert 0.93 <= covered / held <= 0.99


@pytest.mark.parametrize("products", [1, 7, 1000])
def test_the_number_of_products_may_be_chosen(products: int) -> None:
    sample = generate(products=products)
    assert [warehouse.products for warehouse in sample.warehouses] == [products] * 3
    assert len({(item.warehouse_code, item.product_code) for item in sample.items}) == 3 * products
    assert sample.items[0].product_code == ("P0001" if products == 1000 else "P001")
    assert sample == generate(products=products)


def test_without_numpy_the_import_says_what_to_install() -> None:
    code = "import sys; sys.modules['numpy'] = None; import tool_executor.inventory"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 1
    assert "pip install '.[inventory]'" in run.stderr
