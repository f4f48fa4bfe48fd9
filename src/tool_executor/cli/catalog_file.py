"""Reads the catalog that a command works with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tool_contract.catalog import Catalog, load_catalog
from tool_executor.errors import RequestUnreadableError

if TYPE_CHECKING:
    from pathlib import Path


def read_catalog(file: Path | None) -> Catalog:
    """Return the catalog in a file, or the one shipped with this. Raises RequestUnreadableError."""
    try:
        return load_catalog(file)
    except OSError as error:
        message = f"The catalog {str(file)!r} cannot be read: {error.strerror}."
        raise RequestUnreadableError(message) from None
    except ValueError:
        message = f"{str(file)!r} is no catalog of tools."
        raise RequestUnreadableError(message, hint="'make catalog' writes one from the code.") from None
