"""Loads into the inventory tables of a deployment. It needs no extra."""

from __future__ import annotations

from tool_executor.inventory_tables.deployed import load_into, tables_of, what_cut_short_means
from tool_executor.inventory_tables.errors import (
    InventoryTablesError,
    LoadCutShortError,
    LoadRefusedError,
    LoadsCrossedError,
    TablesUnknownError,
)
from tool_executor.inventory_tables.load import Load, LoadPlan, LoadProgress, Records, plan_load
from tool_executor.inventory_tables.marks import new_mark

__all__ = [
    "InventoryTablesError",
    "Load",
    "LoadCutShortError",
    "LoadPlan",
    "LoadProgress",
    "LoadRefusedError",
    "LoadsCrossedError",
    "Records",
    "TablesUnknownError",
    "load_into",
    "new_mark",
    "plan_load",
    "tables_of",
    "what_cut_short_means",
]
