"""Keys of the three tables, and where their names come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from inventory_data.errors import MissingTableError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Keys of the items and the stock table.
WAREHOUSE_KEY: Final = "warehouse_code"
PRODUCT_KEY: Final = "product_code"
#: Keys of the demand table.
LOCATION_KEY: Final = "location"
YEAR_KEY: Final = "year"
#: Partition of the items table that lists the warehouses: no code holds a '#', so nothing collides with it.
WAREHOUSE_LIST: Final = "#warehouses"

_OUTPUTS: Final = ("InventoryItemsTable", "InventoryStockTable", "InventoryDemandTable")
_VARIABLES: Final = ("INVENTORY_ITEMS_TABLE", "INVENTORY_STOCK_TABLE", "INVENTORY_DEMAND_TABLE")


@dataclass(frozen=True, slots=True)
class TableNames:
    """Physical names of the three tables."""

    items: str
    stock: str
    demand: str

    @classmethod
    def from_outputs(cls, outputs: Mapping[str, str]) -> TableNames:
        """Take the names from a stack's outputs. Raises :class:`MissingTableError`."""
        return cls(*_values(outputs, _OUTPUTS))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> TableNames:
        """Take the names from a function's environment. Raises :class:`MissingTableError`."""
        return cls(*_values(environment, _VARIABLES))


def _values(settings: Mapping[str, str], names: tuple[str, str, str]) -> tuple[str, ...]:
    missing = [name for name in names if not settings.get(name)]
    if missing:
        message = f"The names of the inventory tables are not all known: {', '.join(missing)} is missing."
        raise MissingTableError(message)
    return tuple(settings[name] for name in names)
