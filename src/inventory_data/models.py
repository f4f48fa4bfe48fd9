"""Records of the inventory: items, stock with its open orders, demand history.

Quantities are in the item's unit, times in days, money in the item's currency, rates per year.
A record is valid by itself: what only shows beside other records (stale stock, orders overdue) is the tools' to say.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Codes of products and warehouses: no '#', which joins them into a key, and no '/'.
CODE_PATTERN: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"
#: ISO 4217: three capitals.
CURRENCY_PATTERN: Final = r"^[A-Z]{3}$"
#: The most that a quantity or an amount of money may be.
LARGEST_AMOUNT: Final = 1e12
#: How many open orders a product may have at a warehouse.
MOST_OPEN_ORDERS: Final = 500

ItemStatus: TypeAlias = Literal["active", "phase_out", "inactive"]
ServiceType: TypeAlias = Literal["cycle", "fill_rate"]
OrderStatus: TypeAlias = Literal["open", "in_transit"]

Code: TypeAlias = Annotated[str, Field(pattern=CODE_PATTERN)]
_Amount: TypeAlias = Annotated[float, Field(ge=0, le=LARGEST_AMOUNT)]
_Days: TypeAlias = Annotated[float, Field(ge=0, le=3650)]
_Units: TypeAlias = Annotated[int, Field(ge=0, le=10**12)]
_Day: TypeAlias = Annotated[date, Field(ge=date(1990, 1, 1), le=date(2199, 12, 31))]
_Offset: TypeAlias = Annotated[int, Field(ge=0, le=365)]


class Record(BaseModel):
    """What all records share: frozen, strict, no unknown fields, finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Warehouse(Record):
    """A warehouse, how many products it holds, and the latest day that its stock was taken on.

    ``as_of`` is "today" for the tools, also where they look at products whose stock is older.
    ``loading`` is the mark of a load that has begun and not ended: which one, and since when. While it stands, the
    warehouse's records may be of two loads, and are not to be used.
    """

    warehouse_code: Code
    products: _Units = 0
    as_of: _Day | None = None
    loading: Annotated[str, Field(min_length=1, max_length=100)] | None = None


class Overrides(Record):
    """What a planner has fixed by hand; it wins over what would be calculated."""

    reorder_point: _Units | None = None
    order_quantity: Annotated[int, Field(ge=1, le=10**12)] | None = None


class Item(Record):
    """A product at a warehouse: how it is bought, what it costs, how well it is to be served.

    ``service_level`` is a probability (of no stock-out per order cycle) or a fraction of demand, by ``service_type``.
    ``holding_rate`` is the cost of holding per year and unit of value, ``ordering_cost`` that of one order.
    ``currency`` is that of both costs; None: not told.
    """

    warehouse_code: Code
    product_code: Code
    unit: Annotated[str, Field(min_length=1, max_length=20)] = "each"
    category: Annotated[str, Field(max_length=60)] = ""
    status: ItemStatus = "active"
    currency: Annotated[str, Field(pattern=CURRENCY_PATTERN)] | None = None
    unit_cost: _Amount
    ordering_cost: _Amount
    holding_rate: Annotated[float, Field(ge=0, le=10)]
    service_level: Annotated[float, Field(ge=0.5, le=0.9999)] = 0.95
    service_type: ServiceType = "cycle"
    review_period_days: Annotated[int, Field(ge=0, le=365)] = 1
    lead_time_mean_days: _Days
    lead_time_sd_days: _Days = 0.0
    moq: _Units = 0
    pack_size: Annotated[int, Field(ge=1, le=10**9)] = 1
    max_order_qty: Annotated[int, Field(ge=1, le=10**12)] | None = None
    shelf_life_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    overrides: Overrides | None = None

    @model_validator(mode="after")
    def _some_order_is_possible(self) -> Self:
        if self.max_order_qty is None:
            return self
        smallest = -(-max(self.moq, 1) // self.pack_size) * self.pack_size
        if smallest > self.max_order_qty:
            message = f"max_order_qty {self.max_order_qty} is below the smallest possible order, {smallest}"
            raise ValueError(message)
        return self


class OpenOrder(Record):
    """What is still to come of a purchase order. ``eta`` is the day on which it is promised."""

    po: Annotated[str, Field(min_length=1, max_length=60)]
    qty_open: Annotated[float, Field(gt=0, le=LARGEST_AMOUNT)]
    eta: _Day
    status: OrderStatus = "open"


class Stock(Record):
    """Stock of a product at a warehouse at the close of the day ``as_of``, and its open orders.

    ``on_hand`` is what may be used: ``quarantine`` stands apart from it. It may be negative, as books can be.
    """

    warehouse_code: Code
    product_code: Code
    as_of: _Day
    on_hand: Annotated[float, Field(ge=-LARGEST_AMOUNT, le=LARGEST_AMOUNT)]
    allocated: _Amount = 0.0
    backorders: _Amount = 0.0
    quarantine: _Amount = 0.0
    open_orders: Annotated[tuple[OpenOrder, ...], Field(max_length=MOST_OPEN_ORDERS)] = ()


class DemandDay(Record):
    """Demand of one day. ``stockout`` says that sales understate demand; returns are not taken off."""

    day: date
    qty_demanded: _Amount
    stockout: bool = False
    promotion: bool = False
    returns: _Amount = 0.0


class DemandYear(Record):
    """Demand of consecutive days of one calendar year at one location, by columns.

    ``quantities[i]`` belongs to the day ``first_day + i``. ``stockout_days`` and ``promotion_days`` are such offsets,
    rising; ``returns`` maps offsets to quantities.
    """

    warehouse_code: Code
    product_code: Code
    first_day: _Day
    quantities: Annotated[tuple[_Amount, ...], Field(min_length=1, max_length=366)]
    stockout_days: tuple[_Offset, ...] = ()
    promotion_days: tuple[_Offset, ...] = ()
    returns: dict[_Offset, _Amount] = Field(default_factory=dict)

    @property
    def year(self) -> int:
        """The calendar year of all days."""
        return self.first_day.year

    @property
    def last_day(self) -> date:
        """The last day that is recorded."""
        return self.first_day + timedelta(days=len(self.quantities) - 1)

    @classmethod
    def of_days(cls, warehouse_code: str, product_code: str, days: Sequence[DemandDay]) -> Self:
        """Pack consecutive days of one year. Raises ``ValueError`` if they are not."""
        if not days:
            message = "a year of demand needs at least one day"
            raise ValueError(message)
        first = days[0].day
        if any(day.day != first + timedelta(days=offset) for offset, day in enumerate(days)):
            message = "the days do not follow each other without a gap"
            raise ValueError(message)
        return cls(
            warehouse_code=warehouse_code,
            product_code=product_code,
            first_day=first,
            quantities=tuple(day.qty_demanded for day in days),
            stockout_days=tuple(offset for offset, day in enumerate(days) if day.stockout),
            promotion_days=tuple(offset for offset, day in enumerate(days) if day.promotion),
            returns={offset: day.returns for offset, day in enumerate(days) if day.returns},
        )

    def days(self) -> Iterator[DemandDay]:
        """Unpack the days, in order."""
        stockouts, promotions = set(self.stockout_days), set(self.promotion_days)
        for offset, quantity in enumerate(self.quantities):
            yield DemandDay(
                day=self.first_day + timedelta(days=offset),
                qty_demanded=quantity,
                stockout=offset in stockouts,
                promotion=offset in promotions,
                returns=self.returns.get(offset, 0.0),
            )

    @model_validator(mode="after")
    def _offsets_are_days(self) -> Self:
        length = len(self.quantities)
        in_year = (366 if calendar.isleap(self.year) else 365) - self.first_day.timetuple().tm_yday + 1
        if length > in_year:
            message = f"{length} days from {self.first_day} on reach into the next year"
            raise ValueError(message)
        for name in ("stockout_days", "promotion_days", "returns"):
            offsets = list(getattr(self, name))
            if offsets != sorted(set(offsets)) or (offsets and offsets[-1] >= length):
                message = f"{name} are not rising offsets of the {length} recorded days"
                raise ValueError(message)
        return self
