"""CSV files of an inventory: read and held to their rules, all of them, and written. It needs no extra."""

from __future__ import annotations

from tool_executor.inventory_files.complaints import SHOWN, Complaints
from tool_executor.inventory_files.errors import (
    FileInTheWayError,
    FolderUnreadableError,
    InvalidInventoryError,
    InventoryFilesError,
    PackageMissingError,
)
from tool_executor.inventory_files.formats import FORMATS
from tool_executor.inventory_files.inventory import Inventory, WarehouseFiles
from tool_executor.inventory_files.notes import Note, notes_of, products_named
from tool_executor.inventory_files.reading import read_inventory
from tool_executor.inventory_files.writing import write_files

__all__ = [
    "FORMATS",
    "SHOWN",
    "Complaints",
    "FileInTheWayError",
    "FolderUnreadableError",
    "InvalidInventoryError",
    "Inventory",
    "InventoryFilesError",
    "Note",
    "PackageMissingError",
    "WarehouseFiles",
    "notes_of",
    "products_named",
    "read_inventory",
    "write_files",
]
