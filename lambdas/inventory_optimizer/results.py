"""What the results of the three tools share.

Quantities are in the product's unit, times in days, money in that of its unit cost.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Caution: TypeAlias = Literal[
    "allocated_over_on_hand",
    "demand_stopped",
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
    "zero_lead_time",
]
#: What concerns an answer as a whole.
Notice: TypeAlias = Literal["incomplete", "mixed_currencies"]
Probability: TypeAlias = Annotated[float, Field(ge=0, le=1)]


class Result(BaseModel):
    """What all results share: frozen, no unknown fields, finite numbers."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Unusable(Result):
    """A record that could not be used, and why; its product is not among the results."""

    record: str
    problem: str


class Coverage(Result):
    """Which part of the products this answer is about."""

    products: int = Field(description="Products that the warehouse has, or that were asked for.")
    usable: int = Field(description="Products that this answer is about.")
    left: int = Field(description="Products that there was no time or room for.")
    continue_after: str | None = Field(description="Give this to the next call as continue_after; null: none is left.")
