"""What can go wrong with files of an inventory, before any table is written to.

The exceptions::

    InventoryFilesError (a ToolExecutorError)
    ├── InvalidInventoryError   the files hold what cannot be loaded; nothing was written
    ├── FolderUnreadableError   there is no such folder
    ├── FileInTheWayError       a file of that name exists, and is not to be lost
    └── PackageMissingError     the sample distributor needs numpy
"""

from __future__ import annotations

from tool_executor.errors import ToolExecutorError


class InventoryFilesError(ToolExecutorError):
    """Root of what goes wrong with files of an inventory."""

    code = "InventoryFilesError"


class InvalidInventoryError(InventoryFilesError):
    """The files hold what cannot be loaded. Every problem stands in the :class:`Complaints` that read them."""

    code = "InvalidInput"


class FolderUnreadableError(InventoryFilesError):
    """The folder is not there, or is none."""

    code = "FolderUnreadable"


class FileInTheWayError(InventoryFilesError):
    """A file that would be written exists already."""

    code = "FileInTheWay"


class PackageMissingError(InventoryFilesError):
    """A package of an extra is not installed."""

    code = "PackageMissing"


class FileUnusable(Exception):
    """One file cannot be read, or not any further: ``line`` is where that showed. Never leaves this package."""

    def __init__(self, message: str, *, line: int | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.hint = hint
