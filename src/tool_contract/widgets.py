"""What a widget of a dashboard shows, as data: the stack draws it in CloudWatch, others may draw it elsewhere. Pure.

A line is made of metrics in one of three ways, and each can be worked out wherever the metrics' values are known: what
CloudWatch needs an expression for is a sum or a quotient here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_contract.metrics import Metric

SUM: Final = "Sum"
MAXIMUM: Final = "Maximum"


class Shown(StrEnum):
    """What a widget's values are, in words for its axis."""

    PERCENT = "percent"
    MILLISECONDS = "ms"
    SECONDS = "s"
    COUNT = "count"
    DOLLARS = "US dollars"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One metric: ``stat`` of its values in each period. ``dimensions`` are names with their values."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    stat: str = SUM


@dataclass(frozen=True, slots=True)
class AllTools:
    """A count of this project's own, of all tools that there are: also of those that the catalog has lost."""

    metric: Metric


Operand = Series | AllTools


@dataclass(frozen=True, slots=True)
class Term:
    """So many times a metric."""

    operand: Operand
    factor: float = 1.0


@dataclass(frozen=True, slots=True)
class EachTool:
    """A line for each tool of which there are values, named after it: a new tool has one by itself."""

    metric: Metric
    stat: str


@dataclass(frozen=True, slots=True)
class Total:
    """The sum of its terms. A metric without a value in a period is 0 there, unless it stands alone."""

    label: str
    terms: tuple[Term, ...]

    def at(self, value_of: Callable[[Operand], float]) -> float:
        """Return the line's value in a period in which the metrics have such values."""
        return sum(term.factor * value_of(term.operand) for term in self.terms)


@dataclass(frozen=True, slots=True)
class Ratio:
    """``times`` as much as one sum is of another."""

    label: str
    above: tuple[Term, ...]
    below: tuple[Term, ...]
    times: float = 1.0

    def at(self, value_of: Callable[[Operand], float]) -> float | None:
        """Return the line's value in a period, None where there is nothing to divide by."""
        below = Total("", self.below).at(value_of)
        return self.times * Total("", self.above).at(value_of) / below if below else None


Line = EachTool | Total | Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """A graph. ``period_seconds`` is how much time one point of it stands for."""

    title: str
    shown: Shown
    lines: tuple[Line, ...]
    period_seconds: int = 300


def only(label: str, operand: Operand) -> Total:
    """Return the line that is one metric."""
    return Total(label, (Term(operand),))
