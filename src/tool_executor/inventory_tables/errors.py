"""What can go wrong with a load into the inventory tables.

The exceptions::

    InventoryTablesError (a ToolExecutorError)
    ├── TablesUnknownError      the deployment's stack names no inventory tables
    ├── LoadRefusedError        what the tables hold already does not go with what is to be loaded; nothing was written
    ├── LoadCutShortError       the load began and did not end; the warehouses stay marked, until one does
    └── LoadsCrossedError       another load of the same warehouse ran meanwhile; it stays marked
"""

from __future__ import annotations

from tool_executor.errors import ToolExecutorError


class InventoryTablesError(ToolExecutorError):
    """Root of what goes wrong with loads."""

    code = "InventoryTablesError"


class TablesUnknownError(InventoryTablesError):
    """The deployment's stack does not name the inventory tables."""

    code = "TablesUnknown"


class LoadRefusedError(InventoryTablesError):
    """What the tables hold does not go with what is to be loaded."""

    code = "LoadRefused"


class LoadCutShortError(InventoryTablesError):
    """The load began and did not end: repeating it mends the warehouses, which stay marked until then."""

    code = "LoadCutShort"


class LoadsCrossedError(LoadCutShortError):
    """Another load of the same warehouse ran at the same time: what the tables hold may be of both."""

    code = "LoadsCrossed"
