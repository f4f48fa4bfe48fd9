"""The list prices of ``prices.toml``: each with its unit, where AWS states it, and when it was looked up."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_FILE: Final = "prices.toml"


@dataclass(frozen=True, slots=True)
class Price:
    """``dollars`` buy ``per`` units. ``looked_up`` is a day, or says that the price is from memory."""

    service: str
    unit: str
    dollars: float
    per: int
    page: str
    url: str
    looked_up: str
    read_in: str

    def of(self, count: float) -> float:
        """Return the dollars of so many units."""
        return count * self.dollars / self.per

    def to_json(self) -> dict[str, Any]:
        """Return the price as plain JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of one region, by the name of their unit in :class:`tool_executor.costs.usage.Usage`."""

    region: str
    prices: Mapping[str, Price]

    @property
    def looked_up(self) -> str:
        """The oldest day on which one of the prices was looked up."""
        return min(price.looked_up for price in self.prices.values() if price.looked_up[:1].isdigit())

    def to_json(self) -> dict[str, Any]:
        """Return the list as plain JSON values."""
        return {"region": self.region, "prices": {name: price.to_json() for name, price in self.prices.items()}}


@cache
def list_prices() -> PriceList:
    """Return the prices that come with this package."""
    text = resources.files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    told = tomllib.loads(text)
    return PriceList(told.pop("region"), {name: Price(**price) for name, price in told.items()})
