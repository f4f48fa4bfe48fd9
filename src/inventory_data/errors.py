"""What this package raises.

The exceptions::

    InventoryDataError
    ├── MalformedRecordError   a stored item does not hold a valid record
    └── MissingTableError      a table's name is not among the given settings
"""

from __future__ import annotations


class InventoryDataError(Exception):
    """Root of everything that this package raises on purpose."""


class MalformedRecordError(InventoryDataError):
    """A stored item does not hold a valid record.

    ``record`` names it ("stock of WH001/P001"), ``problem`` is one sentence without the rest of the data,
    ``product_code`` is the product that the record's key names, if any.
    """

    def __init__(self, record: str, problem: str, product_code: str = "") -> None:
        super().__init__(f"The {record} cannot be used: {problem}")
        self.record = record
        self.problem = problem
        self.product_code = product_code


class MissingTableError(InventoryDataError):
    """A table's name is not among the given settings."""
