"""Results of the three tools. Quantities are in the product's unit, times in days, money in that of its unit cost."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from lambdas.inventory_optimizer.maths.classification import ClassName
from lambdas.inventory_optimizer.maths.distributions import FamilyName
from lambdas.inventory_optimizer.maths.forecasting import MethodName

Caution: TypeAlias = Literal[
    "allocated_over_on_hand",
    "demand_stopped",
    "fill_rate_as_cycle_service",
    "history_after_as_of",
    "history_ends_early",
    "holding_is_free",
    "negative_stock",
    "no_history",
    "no_usable_history",
    "not_active",
    "order_capped",
    "overdue_orders",
    "overridden",
    "shelf_life_below_smallest_order",
    "short_history",
    "stale_stock",
]
Severity: TypeAlias = Literal["critical", "high", "medium", "low"]
Action: TypeAlias = Literal[
    "chase_overdue_order", "expedite_open_order", "order_now", "order_now_and_expedite", "transfer_or_substitute"
]
Reason: TypeAlias = Literal[
    "already_short",
    "lead_time_longer_than_cover",
    "no_open_order",
    "overdue_order",
    "receipt_too_late",
    "receipt_too_small",
]
Probability: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class Result(BaseModel):
    """What all results share: frozen, no unknown fields, finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Unusable(Result):
    """A record that could not be used, and why; its product is not among the results."""

    record: str
    problem: str


class ReorderPointBasis(Result):
    """How a product's reorder point and order came about."""

    method: MethodName
    distribution: FamilyName
    demand_sd_per_day: float
    protection_days: float = Field(description="Lead time plus review period.")
    protection_demand: float = Field(description="Mean demand over the protection days.")
    protection_demand_sd: float
    service_target: Probability
    eoq: float | None = Field(description="Before whole packs, minimum and caps; null where holding costs nothing.")
    order_quantity: int
    order_by_multiples: int = Field(description="What an (s, nQ) policy would order now.")
    annual_ordering_cost: float
    annual_holding_cost: float
    on_hand: float
    allocated: float
    backorders: float
    on_order: float = Field(description="Open orders not in transit, overdue ones left out.")
    in_transit: float
    overdue: float = Field(description="Open quantity of overdue orders: not counted as supply.")


class ProductReorderPoint(Result):
    """When and how much to order of one product."""

    product_code: str
    demand_class: ClassName
    demand_per_day: float
    safety_stock: float = Field(description="May be negative at a low service level.")
    reorder_point: int
    order_up_to: int
    inventory_position: float
    below_reorder_point: bool
    suggested_order: int
    order_date: date | None = Field(description="As of today's stock and mean demand; null if over a year away.")
    service_achieved: Probability
    warnings: tuple[Caution, ...]
    basis: ReorderPointBasis | None


class ReorderPoints(Result):
    """Reorder points of a warehouse's products, in the order of their codes."""

    warehouse_code: str
    as_of: date = Field(description="Close of the day that the stock figures belong to.")
    below_reorder_point: int = Field(description="How many products are to be ordered now.")
    products: tuple[ProductReorderPoint, ...]
    unusable: tuple[Unusable, ...]


class Receipt(Result):
    """What arrives next."""

    day: date
    quantity: float


class StockoutRisk(Result):
    """One product that may run out within the horizon."""

    product_code: str
    probability: Probability = Field(description="That stock runs out on any day of the horizon.")
    severity: Severity
    expected_units_short: float = Field(description="Units of the horizon's demand not covered on their day.")
    value_at_risk: float = Field(description="Expected units short, at unit cost.")
    net_stock: float = Field(description="On hand less allocated and backorders.")
    demand_per_day: float
    days_of_cover: float | None
    day_at_5_percent: date | None = Field(description="First day by which the probability is at least 5 %.")
    day_at_50_percent: date | None
    next_receipt: Receipt | None
    order_now_arrives: date
    order_now_in_time: bool = Field(description="An order placed now arrives by the day at 5 %.")
    action: Action
    reasons: tuple[Reason, ...]
    warnings: tuple[Caution, ...]


class RiskCounts(Result):
    """How many products were looked at and at risk; risks by severity also where the list was cut."""

    checked: int
    at_risk: int
    critical: int
    high: int
    medium: int
    low: int


class StockoutRisks(Result):
    """Products that may run out within the horizon, the most value at risk first."""

    warehouse_code: str
    as_of: date
    days_ahead: int
    minimum_probability: float
    counts: RiskCounts
    value_at_risk: float = Field(description="Of all products at risk.")
    risks: tuple[StockoutRisk, ...]
    unusable: tuple[Unusable, ...]


class HistorySummary(Result):
    """The history that a forecast rests on; days out of stock and of promotions were left out of it."""

    first_day: date | None
    last_day: date | None
    usable_days: int
    stockout_days: int
    promotion_days: int
    returned_units: float = Field(description="Not taken off demand.")


class ForecastDay(Result):
    """Demand of one day, and of all days up to it."""

    day: date
    mean: float
    p10: float
    p50: float
    p90: float
    cumulative_mean: float
    cumulative_p10: float
    cumulative_p50: float
    cumulative_p90: float


class DemandForecast(Result):
    """Demand of one product at one warehouse by day, with 10, 50 and 90 % quantiles."""

    product_code: str
    warehouse_code: str
    as_of: date
    unit: str
    demand_class: ClassName
    adi: float | None = Field(description="Average days between demands.")
    cv2: float | None = Field(description="Squared coefficient of variation of the sizes of demand.")
    method: MethodName
    reason: str
    alpha: float | None = Field(description="The method's smoothing constant.")
    mean_per_day: float
    sd_per_day: float
    distribution: FamilyName
    history: HistorySummary
    days: tuple[ForecastDay, ...]
    warnings: tuple[Caution, ...]
