"""Records of the inventory tables and their form in DynamoDB: what the tools read, generators and importers write."""

from __future__ import annotations

from inventory_data.dynamodb import (
    Attributes,
    demand_location,
    demand_year_from_attributes,
    demand_year_to_attributes,
    item_from_attributes,
    item_to_attributes,
    stock_from_attributes,
    stock_to_attributes,
    warehouse_from_attributes,
    warehouse_to_attributes,
)
from inventory_data.errors import InventoryDataError, MalformedRecordError
from inventory_data.models import (
    CODE_PATTERN,
    CURRENCY_PATTERN,
    LARGEST_AMOUNT,
    MOST_OPEN_ORDERS,
    DemandDay,
    DemandYear,
    Item,
    ItemStatus,
    OpenOrder,
    OrderStatus,
    Overrides,
    ServiceType,
    Stock,
    Warehouse,
)
from inventory_data.tables import TableNames

__all__ = [
    "CODE_PATTERN",
    "CURRENCY_PATTERN",
    "LARGEST_AMOUNT",
    "MOST_OPEN_ORDERS",
    "Attributes",
    "DemandDay",
    "DemandYear",
    "InventoryDataError",
    "Item",
    "ItemStatus",
    "MalformedRecordError",
    "OpenOrder",
    "OrderStatus",
    "Overrides",
    "ServiceType",
    "Stock",
    "TableNames",
    "Warehouse",
    "demand_location",
    "demand_year_from_attributes",
    "demand_year_to_attributes",
    "item_from_attributes",
    "item_to_attributes",
    "stock_from_attributes",
    "stock_to_attributes",
    "warehouse_from_attributes",
    "warehouse_to_attributes",
]
