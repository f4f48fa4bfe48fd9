"""Warehouses and products that are not there: what to say of them, with names that are close."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final, NoReturn

from tool_contract.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.inventory_optimizer.reader import InventoryReader

_NAMES_SHOWN: Final = 3
_CLOSE: Final = 0.6


def raise_if_no_warehouse(reader: InventoryReader, warehouse_code: str) -> None:
    """Raise ``NotFound`` unless the warehouse holds products."""
    if not reader.product_codes(warehouse_code):
        message = f"There is no warehouse {warehouse_code!r}."
        hint = _hint(warehouse_code, [code for code in reader.warehouse_codes() if code != warehouse_code])
        raise NotFound(message, pointer="/warehouse_code", hint=hint)


def raise_no_product(
    reader: InventoryReader, warehouse_code: str, wanted: Sequence[str], there: set[str], pointer: str
) -> NoReturn:
    """Raise ``NotFound`` of the first of ``wanted`` that is not ``there``; ``pointer`` may hold ``{index}``."""
    missing = [(index, code) for index, code in enumerate(wanted) if code not in there]
    index, code = missing[0]
    more = f", nor {len(missing) - 1} more of the list" if len(missing) > 1 else ""
    message = f"There is no product {code!r} at warehouse {warehouse_code!r}{more}."
    hint = _hint(code, reader.product_codes(warehouse_code))
    raise NotFound(message, pointer=pointer.format(index=index), hint=hint)


def _hint(code: str, known: Sequence[str]) -> str:
    alike = {name: difflib.SequenceMatcher(None, code.casefold(), name.casefold()).ratio() for name in known}
    close = sorted((name for name in known if alike[name] >= _CLOSE), key=lambda name: (-alike[name], name))
    if close:
        return f"Did you mean {' or '.join(close[:_NAMES_SHOWN])}?"
    if not known:
        return "There are none: the inventory tables are empty."
    shown = ", ".join(sorted(known)[:_NAMES_SHOWN])
    return f"Known are {shown}{' and others' if len(known) > _NAMES_SHOWN else ''}."
