"""Records that are not as this version writes them: one to come, or a hand, may have written them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from tool_executor.history import Record

#: What comes of reading one.
UNREADABLE: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


def is_moment(text: object) -> bool:
    """Whether this is a time of the history."""
    try:
        return ms_from_iso(str(text)) >= 0
    except UNREADABLE:
        return False


def filled(record: Record) -> Record:
    """Return a record with the status and the correlation id that every page shows."""
    return {"status": "unreadable", "correlation_id": record["execution_id"], **record}
