"""A believable distributor, drawn from a seed: three warehouses, 200 products, two years of daily demand.

The same seed, number of products and release series of numpy give the same data to the last unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from inventory_data import DemandYear, Item, OpenOrder, Stock, Warehouse
from tool_executor.inventory.extra import np
from tool_executor.inventory.sample_demand import DAYS, draw_demand
from tool_executor.inventory.sample_products import PRODUCTS, WAREHOUSES, draw_assortment
from tool_executor.inventory.sample_supply import run_two_years

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator
    from numpy.typing import NDArray

    from inventory_data import OrderStatus
    from tool_executor.inventory.sample_demand import Demand
    from tool_executor.inventory.sample_products import Assortment
    from tool_executor.inventory.sample_supply import Outcome

DEFAULT_SEED: Final = 4711
#: Close of the last day of the history. Fixed, so that examples give the same figures on any day.
DEFAULT_AS_OF: Final = date(2026, 10, 31)

#: Yearly value of a location's demand above which its service level is higher.
_SERVICE_LEVELS: Final = ((20_000.0, 0.98), (2_000.0, 0.95), (0.0, 0.9))
_IN_TRANSIT_DAYS: Final = 3


@dataclass(frozen=True, slots=True)
class SampleData:
    """Everything that the three inventory tables hold."""

    seed: int
    as_of: date
    warehouses: tuple[Warehouse, ...]
    items: tuple[Item, ...]
    stock: tuple[Stock, ...]
    demand: tuple[DemandYear, ...]


def generate(seed: int = DEFAULT_SEED, *, as_of: date = DEFAULT_AS_OF, products: int = PRODUCTS) -> SampleData:
    """Draw the distributor. ``as_of`` is the last day of the history, at whose close stock is taken.

    ``products`` is how many each warehouse has; another number draws another distributor, not more of the same.
    """
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(4)]
    assortment = draw_assortment(streams[0], products)
    demand = draw_demand(streams[1], assortment, as_of)
    outcome = run_two_years(streams[2], assortment, demand)
    return SampleData(
        seed=seed,
        as_of=as_of,
        warehouses=tuple(Warehouse(warehouse_code=code, products=products, as_of=as_of) for code in WAREHOUSES),
        items=tuple(_items(assortment, demand)),
        stock=tuple(_stock(streams[3], outcome, as_of)),
        demand=tuple(_demand_years(streams[3], assortment, demand, outcome, as_of)),
    )


def _codes(products: int) -> list[tuple[str, str]]:
    width = max(3, len(str(products)))
    return [(warehouse, f"P{number:0{width}d}") for warehouse in WAREHOUSES for number in range(1, products + 1)]


def _items(assortment: Assortment, demand: Demand) -> Iterator[Item]:
    for row, (warehouse, code) in enumerate(_codes(assortment.products)):
        product = row % assortment.products
        value = float(demand.mean[row] * assortment.unit_cost[product] * 365)
        pack = int(assortment.pack[product])
        yield Item(
            warehouse_code=warehouse,
            product_code=code,
            unit=assortment.unit[product],
            category=assortment.category[product],
            status="phase_out" if assortment.pattern[product] == "ended" and product % 2 else "active",
            unit_cost=float(assortment.unit_cost[product]),
            ordering_cost=float(assortment.ordering_cost[product]),
            holding_rate=float(assortment.holding_rate[product]),
            service_level=next(level for least, level in _SERVICE_LEVELS if value >= least),
            review_period_days=int(assortment.review[product]),
            lead_time_mean_days=float(assortment.lead_time[product]),
            lead_time_sd_days=float(assortment.lead_time_sd[product]),
            moq=2 * pack if product % 5 == 0 else 0,
            pack_size=pack,
            max_order_qty=pack * 400 if product % 17 == 0 else None,
            shelf_life_days=180 if product % 23 == 0 else None,
        )


def _stock(random: Generator, outcome: Outcome, as_of: date) -> Iterator[Stock]:
    orders: dict[int, list[OpenOrder]] = {}
    for number, order in enumerate(outcome.orders, start=1):
        eta = as_of + timedelta(days=order.promised - (DAYS - 1))
        status: OrderStatus = "in_transit" if (eta - as_of).days <= _IN_TRANSIT_DAYS else "open"
        record = OpenOrder(po=f"PO-{number:05d}", qty_open=float(order.quantity), eta=eta, status=status)
        orders.setdefault(order.location, []).append(record)
    size = outcome.on_hand.size
    share = random.binomial(1, 0.3, size) * random.uniform(0, 0.2, size)
    quarantine = random.binomial(1, 0.04, size) * random.integers(1, 20, size)
    for row, (warehouse, code) in enumerate(_codes(size // len(WAREHOUSES))):
        on_hand = int(outcome.on_hand[row])
        yield Stock(
            warehouse_code=warehouse,
            product_code=code,
            as_of=as_of,
            on_hand=float(on_hand),
            allocated=float(int(on_hand * share[row])),
            backorders=float(outcome.unmet_last_day[row]),
            quarantine=float(quarantine[row]),
            open_orders=tuple(orders.get(row, ())),
        )


def _demand_years(
    random: Generator, assortment: Assortment, demand: Demand, outcome: Outcome, as_of: date
) -> Iterator[DemandYear]:
    rate = np.tile(assortment.returns, len(WAREHOUSES))[:, None]
    returned = random.poisson(outcome.sold * rate)
    start = as_of - timedelta(days=DAYS - 1)
    for row, (warehouse, code) in enumerate(_codes(assortment.products)):
        for first, stop in _years(start, int(demand.first_day[row])):
            back = returned[row, first:stop]
            yield DemandYear(
                warehouse_code=warehouse,
                product_code=code,
                first_day=start + timedelta(days=first),
                quantities=tuple(outcome.sold[row, first:stop].tolist()),
                stockout_days=_marked(outcome.stockout[row, first:stop]),
                promotion_days=_marked(demand.promoted[row, first:stop]),
                returns={int(day): float(back[day]) for day in np.flatnonzero(back)},
            )


def _years(start: date, first: int) -> Iterator[tuple[int, int]]:
    """Cut the days from ``first`` on into calendar years, as ranges of columns."""
    while first < DAYS:
        day = start + timedelta(days=first)
        stop = min(DAYS, first + (date(day.year + 1, 1, 1) - day).days)
        yield first, stop
        first = stop


def _marked(flags: NDArray[np.bool_]) -> tuple[int, ...]:
    return tuple(np.flatnonzero(flags).tolist())
