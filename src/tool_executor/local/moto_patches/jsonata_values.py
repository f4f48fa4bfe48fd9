"""JSON values into and out of jsonata-python, which has its own null and whose None means undefined."""

from __future__ import annotations

import json
import math
from typing import Any

from jsonata.utils import Utils

NULL = Utils.NULL_VALUE
_JSONATA_TYPES = (str, bool, int)


class Undefined(Exception):
    """The expression returned nothing."""


class Unsupported(Exception):
    """The expression returned what JSON cannot hold: a function, or a number that is not finite."""


def to_jsonata(value: Any) -> Any:  # noqa: ANN401 - JSON is any value
    """The value with JSONata's null in place of None. Without any null it is returned as it is: nothing changes it."""
    if value is None:
        return NULL
    if isinstance(value, dict):
        changed = {key: converted for key, item in value.items() if (converted := to_jsonata(item)) is not item}
        return {**value, **changed} if changed else value
    if isinstance(value, list):
        items = [to_jsonata(item) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def from_jsonata(value: Any) -> Any:  # noqa: ANN401 - JSON is any value
    """A copy of a result in plain Python types, with numbers as JavaScript writes them (3.0 is 3).

    Raises:
        Undefined: if there is no value.
        Unsupported: if JSON cannot hold it.
    """
    if value is None:
        raise Undefined
    return _plain(value)


def json_text(value: Any, prettify: bool) -> str:  # noqa: ANN401, FBT001 - jsonata-python's signature
    """What `$string` makes of an array, an object, a boolean or null: characters as they are, 15 digits of a number."""
    layout: dict[str, Any] = {"indent": 2} if prettify else {"separators": (",", ":")}
    return json.dumps(_rounded(value), ensure_ascii=False, **layout)


def _rounded(value: Any) -> Any:  # noqa: ANN401 - JSON is any value
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return _plain(float(f"{value:.15g}"))
    return None if value is NULL else ""  # a function is an empty string


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON is any value, one line a type
    if value is NULL or value is None:
        return None
    if isinstance(value, _JSONATA_TYPES):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Unsupported(f"number {value}")
        return int(value) if value.is_integer() and abs(value) < 1e21 else value  # noqa: PLR2004 - JavaScript's limit
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    raise Unsupported(type(value).__name__)
