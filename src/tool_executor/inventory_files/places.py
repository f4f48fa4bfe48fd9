"""Where demand and stock may be: the products that items.csv names, and what to say of others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from inventory_data import CODE_PATTERN
from tool_contract.problems import close_names, shortened

if TYPE_CHECKING:
    from collections.abc import Collection

    from tool_executor.inventory_files.complaints import Complaints

    #: A warehouse's code and a product's.
    Location = tuple[str, str]

#: Looking for close names among thousands takes its time.
_MOST_HINTS: Final = 100
_CODE: Final = re.compile(CODE_PATTERN)


def are_codes(location: Location) -> bool:
    """Return whether both may be codes; where they are not, their cells were complained of."""
    return all(map(_CODE.search, location))


class KnownPlaces:
    """The locations that items.csv names, in rows that are right and in others."""

    def __init__(self, locations: Collection[Location], complaints: Complaints) -> None:
        self._products: dict[str, set[str]] = {}
        for warehouse, product in locations:
            self._products.setdefault(warehouse, set()).add(product)
        self._complaints = complaints
        self._hints: dict[Location, str | None] = {}

    def complain_if_unknown(self, file: str, line: int, location: Location) -> None:
        """Complain of a location that no item is of."""
        warehouse, product = location
        products = self._products.get(warehouse)
        if products is None:
            message = f"items.csv has no warehouse {shortened(warehouse)!r}."
            hint = self._hint((warehouse, ""), warehouse, self._products)
            self._complaints.add(file, message, line=line, column="warehouse_code", hint=hint)
        elif product not in products:
            message = f"items.csv has no product {shortened(product)!r} of warehouse {warehouse!r}."
            hint = self._hint(location, product, products)
            self._complaints.add(file, message, line=line, column="product_code", hint=hint)

    def _hint(self, key: Location, name: str, known: Collection[str]) -> str | None:
        if key not in self._hints and len(self._hints) < _MOST_HINTS:
            self._hints[key] = close_names(name, filter(_CODE.search, known))
        return self._hints.get(key)
