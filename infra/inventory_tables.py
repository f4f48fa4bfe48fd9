"""What the inventory tools read: items, stock with its open orders, and daily demand, a year an item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from infra.keyed_table import KeyedTable

if TYPE_CHECKING:
    from infra.settings import StageSettings


class InventoryTables(Construct):
    """The three tables of the inventory."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: StageSettings) -> None:
        """Create the tables."""
        super().__init__(scope, construct_id)
        self.items = KeyedTable(self, "Items", partition_key="warehouse_code", sort_key="product_code", stage=stage)
        self.stock = KeyedTable(self, "Stock", partition_key="warehouse_code", sort_key="product_code", stage=stage)
        self.demand = KeyedTable(self, "Demand", partition_key="location", sort_key="year", stage=stage)
