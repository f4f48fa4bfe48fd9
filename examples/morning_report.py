"""The morning review as Markdown: a summary, then each warehouse's most urgent products. See ``morning_review.py``."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from tool_executor.inventory_pictures import amounts, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SEVERITIES = ("critical", "high", "medium", "low")
#: What stands where there is nothing to tell, and where a tool did not answer.
NOTHING, UNKNOWN = "-", "?"
_UNUSABLE_SHOWN = 3


@dataclass
class Answer:
    """What a tool has answered, in parts where there was too much for one; ``missing`` says what is not there."""

    parts: list[dict[str, Any]] = field(default_factory=list)
    missing: str | None = None

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The parts' lists of that name as one."""
        return [row for part in self.parts for row in part[name]]

    def count(self, name: str) -> int:
        """How many products, over all parts."""
        return sum(part["counts"][name] for part in self.parts)

    @property
    def value_at_risk(self) -> float | None:
        """Over all parts; None where currencies are mixed."""
        values = [part["value_at_risk"] for part in self.parts]
        return None if None in values else sum(values)


@dataclass
class WarehouseReview:
    """What is known of one warehouse. ``urgent`` are its risks that are looked at closely, the worst first."""

    code: str
    risks: Answer
    urgent: list[dict[str, Any]] = field(default_factory=list)
    reorder: Answer = field(default_factory=Answer)
    forecasts: dict[str, Answer] = field(default_factory=dict)
    outlook: Answer = field(default_factory=Answer)
    pictures: dict[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> list[str]:
        """What the tools did not answer, and why."""
        answers = [self.risks, self.reorder, self.outlook, *self.forecasts.values()]
        return [answer.missing for answer in answers if answer.missing is not None]

    def point(self, product: str) -> dict[str, Any] | None:
        """The product's reorder point."""
        return next((row for row in self.reorder.rows("products") if row["product_code"] == product), None)

    def forecast(self, product: str) -> dict[str, Any] | None:
        """The product's forecast."""
        parts = self.forecasts[product].parts if product in self.forecasts else []
        return parts[0] if parts else None


def markdown(warehouses: Sequence[WarehouseReview], days: int, history: str | None) -> str:
    """Return the whole report; ``history`` is the command that shows the calls that it rests on."""
    lines = [f"# Morning review: what may run out within {days} days", "", *_missing(warehouses), *_summary(warehouses)]
    for warehouse in warehouses:
        lines += ["", *_section(warehouse, days)]
    if history is not None:
        lines += ["", f"What the tools were asked, and what they answered: `{history}`"]
    return "\n".join([*lines, ""])


def _missing(warehouses: Sequence[WarehouseReview]) -> Iterator[str]:
    missing = [f"- {warehouse.code}: {_plain(said)}" for warehouse in warehouses for said in warehouse.missing]
    if missing:
        yield "**This review is not complete.** These calls were not answered:"
        yield ""
        yield from missing
        yield ""


def _summary(warehouses: Sequence[WarehouseReview]) -> Iterator[str]:
    yield _row(["warehouse", "close of", "checked", "at risk", *SEVERITIES, "value at risk"])
    yield _row(["---", "---", *["---:"] * 7])
    answered = [warehouse for warehouse in warehouses if warehouse.risks.parts]
    for warehouse in warehouses:
        if warehouse in answered:
            yield _row([warehouse.code, _long(warehouse.risks.parts[0]["as_of"]), *_figures([warehouse])])
        else:
            yield _row([warehouse.code, *[UNKNOWN] * 8])
    if len(answered) > 1:
        yield _row(f"**{cell}**" if cell else "" for cell in ["all", "", *_figures(answered)])


def _figures(warehouses: Sequence[WarehouseReview]) -> Iterator[str]:
    for name in ("checked", "at_risk", *SEVERITIES):
        yield f"{sum(warehouse.risks.count(name) for warehouse in warehouses):,}"
    values = [warehouse.risks.value_at_risk for warehouse in warehouses]
    currencies = {warehouse.risks.parts[0]["currency"] for warehouse in warehouses}
    known = [value for value in values if value is not None]
    if len(known) < len(values) or len(currencies) > 1:
        yield NOTHING  # amounts of several currencies have no sum
    else:
        yield _money(sum(known), currencies.pop())


def _section(warehouse: WarehouseReview, days: int) -> Iterator[str]:
    yield f"## {_plain(warehouse.code)}"
    yield ""
    if not warehouse.risks.parts:
        yield "Nothing is known of this warehouse this morning."
        return
    at_risk, shown = warehouse.risks.count("at_risk"), len(warehouse.urgent)
    if not at_risk:
        yield f"No product is at risk within {days} days."
    else:
        yield f"{at_risk:,} products may run out within {days} days. The first {shown} by value at risk:"
        yield ""
        yield from _table(warehouse, days)
    yield from _remarks(warehouse)
    for product, file in warehouse.pictures.items():
        yield ""
        yield f"![{_plain(product)} at {_plain(warehouse.code)}: demand, stock, risk]({file})"


def _table(warehouse: WarehouseReview, days: int) -> Iterator[str]:
    headings = [
        "product",
        "may run out",
        "5% by",
        "units short",
        "value at risk",
        "next receipt",
        "order now",
        "demand",
    ]
    yield _row([*headings, "what to do", "mind"])
    yield _row(["---", "---:", "---", "---:", "---:", "---", "---:", "---:", "---", "---"])
    currency = warehouse.risks.parts[0]["currency"]
    for risk in warehouse.urgent:
        point, forecast = warehouse.point(risk["product_code"]), warehouse.forecast(risk["product_code"])
        receipt = risk["next_receipt"]
        warnings = [*risk["warnings"], *(point["warnings"] if point else ())]
        yield _row(
            [
                f"**{_plain(risk['product_code'])}**",
                f"{amounts.percent(risk['probability'])}, {risk['severity']}",
                _short(risk["day_at_5_percent"]),
                amounts.quantity(risk["expected_units_short"]),
                _money(risk["value_at_risk"], currency),
                f"{amounts.quantity(receipt['quantity'])} on {_short(receipt['day'])}" if receipt else NOTHING,
                amounts.quantity(point["suggested_order"]) if point else UNKNOWN,
                _demand(forecast, days),
                _plain(words.action(risk, point)),
                _plain("; ".join(words.in_words(words.WARNINGS, code) for code in dict.fromkeys(warnings))) or NOTHING,
            ]
        )


def _demand(forecast: dict[str, Any] | None, days: int) -> str:
    """Return the demand until the end of the days looked ahead, with its 10 and 90 % quantiles and its unit."""
    if forecast is None:
        return UNKNOWN
    total = forecast["days"][days - 1]
    mean, low, high = (amounts.quantity(total[f"cumulative_{name}"]) for name in ("mean", "p10", "p90"))
    return f"{mean} ({low} to {high}) {_plain(forecast['unit'])}"


def _remarks(warehouse: WarehouseReview) -> Iterator[str]:
    notices = dict.fromkeys(notice for part in warehouse.risks.parts for notice in part["notices"])
    if "mixed_currencies" in notices:
        yield ""
        yield f"Mind: {words.NOTICES['mixed_currencies']}."
    unusable = list({row["record"]: row for row in warehouse.risks.rows("unusable")}.values())
    if unusable:
        told = "; ".join(f"{row['record']}: {row['problem']}" for row in unusable[:_UNUSABLE_SHOWN])
        more = f" And {len(unusable) - _UNUSABLE_SHOWN:,} more." if len(unusable) > _UNUSABLE_SHOWN else ""
        yield ""
        yield f"{len(unusable):,} records could not be used. {_plain(told)}{more}"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _plain(text: str) -> str:
    """Return foreign text that Markdown shows as it is."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", " ".join(text.split()))


def _money(amount: float, currency: str | None) -> str:
    return f"{amount:,.0f}" if currency is None else f"{amount:,.0f} {currency}"


def _short(day: str | None) -> str:
    return NOTHING if day is None else amounts.short_day(date.fromisoformat(day))


def _long(day: str) -> str:
    return amounts.long_day(date.fromisoformat(day))
