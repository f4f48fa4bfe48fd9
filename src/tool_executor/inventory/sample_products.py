"""What the sample distributor sells: 200 products unless told otherwise, how each is asked for, bought and priced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tool_executor.inventory.extra import np

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

PRODUCTS: Final = 200
#: Code of each warehouse and its share of the first one's demand.
WAREHOUSES: Final = {"WH001": 1.0, "WH002": 0.6, "WH003": 0.35}

#: How demand occurs, with the share of products.
PATTERNS: Final = {
    "regular": 0.38,
    "erratic": 0.09,
    "slow": 0.14,
    "intermittent": 0.18,
    "lumpy": 0.09,
    "ended": 0.06,
    "new": 0.03,
    "never": 0.03,
}
_CATEGORIES: Final = ("fasteners", "electrical", "plumbing", "safety", "tools", "spare parts")
_UNITS: Final = ("each", "box", "pair", "roll")
_PACKS: Final = (1, 1, 1, 5, 6, 10, 12, 24)


@dataclass(frozen=True, slots=True)
class Assortment:
    """The products, an element each. Rates are units a day at the first warehouse, before season and promotions.

    Regular patterns have demand of mean ``rate`` and variance ``dispersion`` times that; patterns with pauses have
    demand with probability ``chance`` a day, of sizes with mean ``rate / chance`` and spread ``size_sigma``.
    """

    pattern: NDArray[np.str_]
    rate: NDArray[np.float64]
    dispersion: NDArray[np.float64]
    chance: NDArray[np.float64]
    size_sigma: NDArray[np.float64]
    weekend: NDArray[np.float64]
    yearly: NDArray[np.float64]
    peak_day: NDArray[np.float64]
    trend: NDArray[np.float64]
    returns: NDArray[np.float64]
    category: tuple[str, ...]
    unit: tuple[str, ...]
    unit_cost: NDArray[np.float64]
    ordering_cost: NDArray[np.float64]
    holding_rate: NDArray[np.float64]
    lead_time: NDArray[np.float64]
    lead_time_sd: NDArray[np.float64]
    review: NDArray[np.int64]
    pack: NDArray[np.int64]

    @property
    def products(self) -> int:
        """How many there are."""
        return self.rate.size

    @property
    def paused(self) -> NDArray[np.bool_]:
        """Products whose demand has pauses between its days."""
        return self.chance < 1


def draw_assortment(random: Generator, products: int) -> Assortment:
    """Draw the products. P001 is a regular one, so that the first example anyone tries shows something."""
    pattern = random.choice(list(PATTERNS), size=products, p=list(PATTERNS.values()))
    pattern[0] = "regular"
    paused = np.isin(pattern, ("intermittent", "lumpy"))
    lumpy, slow = pattern == "lumpy", pattern == "slow"
    chance = np.where(paused, random.uniform(0.03, 0.25, products), 1.0)
    size = np.where(lumpy, random.lognormal(2.0, 0.6, products), random.uniform(1.5, 5.0, products))
    rate = np.where(slow, random.uniform(0.3, 2.0, products), random.lognormal(2.3, 0.9, products))
    rate = np.where(paused, chance * size, np.where(pattern == "never", 0.0, rate))
    supplier = random.integers(0, 20, products)
    lead_times = np.round(random.gamma(3.0, 4.0, 20) + 2.0)
    lead_time = lead_times[supplier]
    seasonal = ~paused & (random.binomial(1, 0.7, products) == 1)
    category = random.integers(0, len(_CATEGORIES), products)
    return Assortment(
        pattern=pattern,
        rate=rate,
        dispersion=_dispersion(random, pattern, rate),
        chance=chance,
        size_sigma=np.where(lumpy, random.uniform(0.9, 1.3, products), random.uniform(0.1, 0.35, products)),
        weekend=np.where(paused, 1.0, random.uniform(0.25, 0.8, products)),
        yearly=np.where(seasonal, random.uniform(0.1, 0.4, products), 0.0),
        peak_day=(category * 61.0 + random.normal(0, 15, products)) % 365,
        trend=np.where(paused, 0.0, random.normal(0.02, 0.08, products)),
        returns=random.binomial(1, 0.3, products) * random.uniform(0.01, 0.05, products),
        category=tuple(_CATEGORIES[index] for index in category),
        unit=tuple(_UNITS[index] for index in random.integers(0, len(_UNITS), products)),
        unit_cost=np.clip(random.lognormal(2.4, 1.1, products), 0.2, 900.0).round(2).astype(np.float64),
        ordering_cost=np.round(random.uniform(12.0, 60.0, products), 2),
        holding_rate=np.round(random.uniform(0.18, 0.28, products), 2),
        lead_time=lead_time,
        lead_time_sd=np.round(lead_time * random.uniform(0.05, 0.35, 20)[supplier], 1),
        review=random.choice(np.array([1, 1, 1, 7]), products),
        pack=random.choice(np.array(_PACKS), products),
    )


def _dispersion(random: Generator, pattern: NDArray[np.str_], rate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return variance over mean: a regular day varies little, an erratic one by more than seven tenths of its mean."""
    mild = random.uniform(1.1, 2.5, rate.size)
    wild = 1.0 + rate * random.uniform(0.6, 1.2, rate.size)
    return np.select([pattern == "erratic", pattern == "slow"], [wild, np.full(rate.size, 1.05)], mild)
