"""Daily demand of the sample distributor: week, year, trend, promotions, pauses, launches and ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tool_executor.inventory.extra import np
from tool_executor.inventory.sample_products import WAREHOUSES

if TYPE_CHECKING:
    from datetime import date

    from numpy.random import Generator
    from numpy.typing import NDArray

    from tool_executor.inventory.sample_products import Assortment

DAYS: Final = 730
#: What a day of the week sells of an average one, Monday first, before a product's own weekend.
_WEEK: Final = (1.15, 1.1, 1.05, 1.1, 1.2, 1.0, 1.0)
_SATURDAY: Final = 5


@dataclass(frozen=True, slots=True)
class Demand:
    """Rows are locations, all products of the first warehouse first; columns are days.

    ``first_day`` is the column in which a location's records begin; ``mean`` is its long-run demand per day.
    """

    quantities: NDArray[np.int64]
    promoted: NDArray[np.bool_]
    first_day: NDArray[np.int64]
    mean: NDArray[np.float64]


def draw_demand(random: Generator, assortment: Assortment, as_of: date) -> Demand:
    """Draw ``DAYS`` days of true demand up to ``as_of`` for each product at each warehouse."""
    shares = np.repeat(np.array(list(WAREHOUSES.values())), assortment.products)
    rate = np.tile(assortment.rate, len(WAREHOUSES)) * shares * random.lognormal(0.0, 0.25, shares.size)
    promoted, lift = _promotions(random, assortment)
    sold, first_day = _lifetimes(random, assortment)
    shape = _season(assortment, as_of) * lift * sold
    expected = rate[:, None] * np.tile(shape, (len(WAREHOUSES), 1))
    regular = _regular(random, expected, np.tile(assortment.dispersion, len(WAREHOUSES)))
    paused = np.tile(assortment.paused, len(WAREHOUSES))
    quantities = np.where(paused[:, None], _paused(random, expected, assortment), regular)
    return Demand(
        quantities=quantities,
        promoted=np.tile(promoted, (len(WAREHOUSES), 1)),
        first_day=np.tile(first_day, len(WAREHOUSES)),
        mean=rate,
    )


def _season(assortment: Assortment, as_of: date) -> NDArray[np.float64]:
    """Return what each product (row) sells of its average on each day (column)."""
    start = as_of - timedelta(days=DAYS - 1)
    elapsed = np.arange(DAYS)
    weekday, day_of_year = (start.weekday() + elapsed) % 7, (start.timetuple().tm_yday + elapsed) % 365
    week = np.array(_WEEK)[weekday] * np.where(weekday >= _SATURDAY, assortment.weekend[:, None], 1.0)
    angle = 2 * np.pi * (day_of_year - assortment.peak_day[:, None]) / 365
    trend = 1 + assortment.trend[:, None] * (elapsed - DAYS / 2) / 365
    shape = week * (1 + assortment.yearly[:, None] * np.cos(angle)) * np.maximum(trend, 0.1)
    return np.asarray(shape / shape.mean(axis=1, keepdims=True))


def _promotions(random: Generator, assortment: Assortment) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Draw the promotions of regular products: six to ten of one to two weeks each; others have none."""
    shape = (assortment.products, DAYS)
    promoted, lift = np.zeros(shape, dtype=bool), np.ones(shape)
    for row in np.flatnonzero(np.isin(assortment.pattern, ("regular", "erratic"))):
        for start in random.integers(0, DAYS - 14, random.integers(6, 11)):
            days = slice(start, start + random.integers(7, 15))
            promoted[row, days] = True
            lift[row, days] = random.uniform(1.4, 2.6)
    return promoted, lift


def _lifetimes(random: Generator, assortment: Assortment) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return on which days a product was sold at all, and in which column its records begin."""
    elapsed, products = np.arange(DAYS), assortment.products
    last = np.where(assortment.pattern == "ended", DAYS - random.integers(60, 500, products), DAYS)
    first = np.where(assortment.pattern == "new", DAYS - random.integers(20, 150, products), 0)
    sold = (elapsed >= first[:, None]) & (elapsed < last[:, None])
    return sold.astype(np.float64), first


def _regular(random: Generator, expected: NDArray[np.float64], dispersion: NDArray[np.float64]) -> NDArray[np.int64]:
    """Draw negative binomial counts, as Poisson counts of a gamma rate."""
    excess = np.maximum(dispersion - 1.0, 1e-3)[:, None]
    return random.poisson(random.gamma(expected / excess, excess))


def _paused(random: Generator, expected: NDArray[np.float64], assortment: Assortment) -> NDArray[np.int64]:
    """Draw days with demand, and lognormal sizes of at least one unit on them."""
    chance = np.tile(assortment.chance, len(WAREHOUSES))[:, None]
    sigma = np.tile(assortment.size_sigma, len(WAREHOUSES))[:, None]
    location = np.log(np.maximum(expected / chance, 1e-9)) - sigma**2 / 2
    sizes = np.maximum(np.rint(random.lognormal(location, sigma)), 1.0)
    return np.where((random.random(expected.shape) < chance) & (expected > 0), sizes, 0.0).astype(np.int64)
