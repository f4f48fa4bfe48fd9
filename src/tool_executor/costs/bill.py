"""What usage costs: a line for each part and unit, the largest first. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tool_executor.costs.prices import list_prices

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tool_executor.costs.prices import PriceList
    from tool_executor.costs.usage import Part


@dataclass(frozen=True, slots=True)
class Line:
    """So many units of a service for one part, and their dollars."""

    service: str
    part: str
    unit: str
    count: float
    dollars: float
    fixed: bool

    @property
    def what(self) -> str:
        """The part and the unit, in words."""
        return f"{self.part}: {self.unit}" if self.part else self.unit

    def to_json(self) -> dict[str, Any]:
        """Return the line as plain JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Bill:
    """Lines, and what they come to in US dollars."""

    lines: tuple[Line, ...]

    @property
    def dollars(self) -> float:
        """The whole."""
        return sum(line.dollars for line in self.lines)

    @property
    def fixed_dollars(self) -> float:
        """What is to be paid however little is done."""
        return sum(line.dollars for line in self.lines if line.fixed)

    @property
    def by_service(self) -> Mapping[str, float]:
        """The dollars of each service, the largest first."""
        sums: defaultdict[str, float] = defaultdict(float)
        for line in self.lines:
            sums[line.service] += line.dollars
        return dict(sorted(sums.items(), key=lambda item: -item[1]))

    def count_of(self, service: str, unit: str) -> float:
        """How many units of a service there are in all."""
        return sum(line.count for line in self.lines if (line.service, line.unit) == (service, unit))

    def to_json(self) -> dict[str, Any]:
        """Return the bill as plain JSON values."""
        return {
            "dollars": self.dollars,
            "by_service": dict(self.by_service),
            "lines": [line.to_json() for line in self.lines],
        }


def bill_of(parts: Iterable[Part], prices: PriceList | None = None) -> Bill:
    """Return what parts cost at list prices; units that are not used have no line."""
    known = (prices or list_prices()).prices
    lines = [
        Line(known[name].service, part.name, known[name].unit, count, known[name].of(count), part.fixed)
        for part in parts
        for name, count in part.usage
        if count
    ]
    return Bill(tuple(sorted(lines, key=lambda line: -line.dollars)))
