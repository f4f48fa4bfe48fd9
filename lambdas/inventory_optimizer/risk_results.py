"""Results of ``identify_stockout_risks``."""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

from pydantic import Field

from lambdas.inventory_optimizer.maths.demand.candidates import MethodName
from lambdas.inventory_optimizer.maths.stockouts.first_passage import OutlookMethod
from lambdas.inventory_optimizer.results import Caution, Coverage, Notice, Probability, Result, Unusable

Severity: TypeAlias = Literal["critical", "high", "medium", "low"]
Action: TypeAlias = Literal[
    "chase_overdue_order", "expedite_open_order", "order_now", "order_now_and_expedite", "transfer_or_substitute"
]
Reason: TypeAlias = Literal[
    "already_short",
    "lead_time_longer_than_cover",
    "no_open_order",
    "overdue_order",
    "receipt_may_be_late",
    "receipt_too_late",
    "receipt_too_small",
]


class Receipt(Result):
    """What arrives next, on the day that it is promised for."""

    day: date
    quantity: float


class RiskDay(Result):
    """What becomes of a product's stock by the end of a day."""

    day: date
    probability: Probability = Field(description="That stock has run out on this day or before.")
    expected_receipts: float = Field(description="Mean of what arrives on this day.")
    expected_net_stock: float = Field(description="Mean; backorders count as negative.")
    expected_available: float = Field(description="Mean of what is on the shelf.")


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
    overdue_quantity: float = Field(description="Open quantity of overdue orders: chased, not counted as supply.")
    order_now_arrives: date
    order_now_in_time: bool = Field(description="An order placed now arrives by the day at 5 %.")
    action: Action
    reasons: tuple[Reason, ...]
    forecast_method: MethodName
    calculation: OutlookMethod = Field(description="How the probability was calculated.")
    standard_error: float = Field(description="Of the probability; 0 unless calculated by Monte Carlo.")
    warnings: tuple[Caution, ...]
    by_day: tuple[RiskDay, ...] | None


class RiskCounts(Result):
    """How many products were looked at, unknown and at risk; risks by severity also where the list was cut."""

    checked: int
    unknown: int = Field(description="Products without usable history, of whose demand nothing is known.")
    at_risk: int
    critical: int
    high: int
    medium: int
    low: int


class StockoutRisks(Result):
    """Products that may run out within the horizon, the most value at risk first.

    Where currencies are mixed values cannot be compared: the most probable come first then.
    """

    warehouse_code: str
    as_of: date
    currency: str | None = Field(description="Of all values; null if not told, or mixed.")
    counts: RiskCounts
    value_at_risk: float | None = Field(description="Of all products at risk; null where currencies are mixed.")
    risks: tuple[StockoutRisk, ...]
    unusable: tuple[Unusable, ...]
    coverage: Coverage
    notices: tuple[Notice, ...]
    days_ahead: int
    minimum_probability: float
