"""What the three tools say of one product, picked from their answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Self, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: A JSON object of a tool's answer.
Told: TypeAlias = "Mapping[str, Any]"

_SHORT_UNIT: Final = 8


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """One product's part of the three answers. ``point`` and ``risk`` are None where the tools told nothing of it."""

    forecast: Told
    point: Told | None
    risk: Told | None

    @classmethod
    def of(cls, forecast: Told, reorder_points: Told | None, risks: Told | None) -> Self:
        """Pick the product of ``forecast``, an answer of ``forecast_demand``, from those of the other two tools."""
        code = forecast["product_code"]
        return cls(
            forecast,
            None if reorder_points is None else _row(reorder_points["products"], code),
            None if risks is None else _row(risks["risks"], code),
        )

    @property
    def unit(self) -> str:
        """The product's unit, which anybody may have named: what no letter is, is shown as a box."""
        return "".join(
            letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in self.forecast["unit"]
        )

    def in_units(self, what: str) -> str:
        """Return an axis' label: what it shows, and in which unit; a long unit has a line of its own."""
        return f"{what}{' ' if len(self.unit) <= _SHORT_UNIT else chr(10)}({self.unit})"

    @property
    def as_of(self) -> date:
        """Close of the day that the stock figures belong to."""
        return day_of(self.forecast["as_of"])

    @property
    def recorded(self) -> Told | None:
        """The days of recorded demand that the forecast came with; None if there are none."""
        recorded: Told | None = self.forecast["history"]["recorded"]
        return recorded if recorded is not None and recorded["quantities"] else None

    @property
    def by_day(self) -> Sequence[Told]:
        """What becomes of the stock day by day; empty where the tool was not asked for the full detail."""
        return () if self.risk is None else self.risk["by_day"] or ()

    @property
    def horizon_days(self) -> int:
        """How many days are forecast."""
        return len(self.forecast["days"])

    @property
    def warnings(self) -> list[str]:
        """The codes of all warnings, each once."""
        told = [self.forecast, *(one for one in (self.point, self.risk) if one is not None)]
        return list(dict.fromkeys(warning for one in told for warning in one["warnings"]))

    def key_numbers(self) -> dict[str, Any]:
        """Return the figures that a planner reads off the picture, as plain JSON values."""
        total = self.forecast["days"][-1]
        return {
            **{name: self.forecast[name] for name in _OF_FORECAST},
            "horizon_days": self.horizon_days,
            "demand_over_horizon": {name: total[f"cumulative_{name}"] for name in ("mean", "p10", "p50", "p90")},
            **{name: None if self.point is None else self.point[name] for name in _OF_POINT},
            **{name: None if self.risk is None else self.risk[name] for name in _OF_RISK},
            "warnings": self.warnings,
        }


_OF_FORECAST = ("product_code", "warehouse_code", "as_of", "unit", "demand_class", "method", "mean_per_day")
_OF_POINT = (
    "inventory_position",
    "reorder_point",
    "order_up_to",
    "safety_stock",
    "below_reorder_point",
    "suggested_order",
    "order_date",
)
_OF_RISK = (
    "net_stock",
    "probability",
    "severity",
    "day_at_5_percent",
    "day_at_50_percent",
    "expected_units_short",
    "value_at_risk",
    "next_receipt",
    "action",
)


def day_of(text: str) -> date:
    """Return a day of an answer."""
    return date.fromisoformat(text)


def _row(rows: Sequence[Told], product_code: str) -> Told | None:
    return next((row for row in rows if row["product_code"] == product_code), None)
