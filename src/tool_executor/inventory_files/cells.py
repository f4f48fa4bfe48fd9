"""What a cell of a CSV file may say: a number, a day, a flag, a text. Nothing is guessed."""

from __future__ import annotations

import math
import re
import unicodedata
from datetime import date
from typing import Final

from tool_contract.problems import shortened

#: Days outside of this are slips of the keyboard, and would fill centuries with days without demand.
FIRST_DAY: Final = date(1990, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)

_LONGEST_NUMBER: Final = 60
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_WHOLE: Final = re.compile(r"([+-]?[0-9]+)(?:\.0*)?")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_SEPARATED: Final = re.compile(r"[+-]?[0-9][0-9.,'\u2019\s]*")
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


class CellError(ValueError):
    """A cell does not say what its column needs: one sentence, and a hint where there is one."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def told(cell: str) -> str:
    """Return what a cell tells: its text without the blanks around it. Raises :class:`CellError`."""
    text = cell.strip()
    if text.isprintable():
        return text
    for character in text:
        if character == "\0":
            raise CellError("It holds a NUL character.", "Save the file as CSV in UTF-8.")
        if "\ud800" <= character <= "\udfff":
            raise CellError("It is not UTF-8.", "Save the file as CSV in UTF-8.")
        if unicodedata.category(character)[0] == "C" or unicodedata.category(character) in {"Zl", "Zp"}:
            raise CellError(f"It holds a character that cannot be seen, U+{ord(character):04X}.")
    return text


def text(said: str) -> str:
    """Return the text as it stands."""
    return said


def number(said: str) -> float:
    """Return a finite number, written with a decimal point. Raises :class:`CellError`."""
    if len(said) > _LONGEST_NUMBER or _NUMBER.fullmatch(said) is None:
        raise _no_number(said)
    value = float(said)
    if not math.isfinite(value):
        raise CellError(f"{shortened(said)!r} is too large a number.")
    return value + 0.0  # minus zero is zero


def whole(said: str) -> int:
    """Return a whole number; ``5.0`` is one. Raises :class:`CellError`."""
    found = _WHOLE.fullmatch(said) if len(said) <= _LONGEST_NUMBER else None
    if found is not None:
        return int(found[1])
    number(said)
    raise CellError(f"{said!r} is no whole number.")


def day(said: str) -> date:
    """Return a day, written ``2026-10-31``. Raises :class:`CellError`."""
    if _DAY.fullmatch(said) is None:
        raise CellError(f"{shortened(said)!r} is no day.", "Write year-month-day, such as 2026-10-31.")
    try:
        value = date.fromisoformat(said)
    except ValueError:
        raise CellError(f"There is no day {said!r}.") from None
    if not FIRST_DAY <= value <= LAST_DAY:
        raise CellError(f"{said!r} is not between {FIRST_DAY} and {LAST_DAY}.", "Is the year mistyped?")
    return value


def flag(said: str) -> bool:
    """Return true or false, written so, or as 1 or 0. Raises :class:`CellError`."""
    value = _FLAGS.get(said.lower())
    if value is None:
        raise CellError(f"{shortened(said)!r} is neither true nor false.", "Write true or false; empty is false.")
    return value


def _no_number(said: str) -> CellError:
    shown = repr(shortened(said))
    if said.lstrip("+-").lower() in {"nan", "inf", "infinity"}:
        return CellError(f"{shown} is no finite number.")
    if said.endswith("%"):
        return CellError(f"{shown} is no number.", "Write a fraction: 0.95 for 95 %.")
    if _SEPARATED.fullmatch(said) is not None and len(said) <= _LONGEST_NUMBER:
        return CellError(f"{shown} is no number.", "Decimals follow a point, and nothing separates thousands: 1234.5.")
    return CellError(f"{shown} is no number.")
