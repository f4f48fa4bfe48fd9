"""JSON as AWS's services take and count it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable

STATE_LIMIT_BYTES = 262_144
"""Step Functions: the most that a state's or an execution's input or output may hold, in bytes of UTF-8."""


class NotJson(ValueError):
    """The text is no JSON by the standard: Python's reader alone takes NaN and Infinity."""


def parse_json(text: str | bytes) -> Any:  # noqa: ANN401 - JSON is any value
    """Read a text as AWS does.

    Raises:
        NotJson: with the reader's own sentence.
    """
    try:
        return json.loads(text, parse_constant=_refuse)
    except NotJson:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error


def compact(value: object) -> str:
    """The text that Step Functions passes on and counts: no spaces, characters as they are."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)


def utf8_bytes(value: object) -> int:
    """Size of a value, or of a text that already is JSON, in bytes of UTF-8."""
    text = value if isinstance(value, str) else compact(value)
    return len(text.encode("utf-8", "surrogatepass"))


def deeper_than(levels: int, value: object) -> bool:
    """Whether arrays and objects stand in each other more than so many levels deep."""
    layer = [value]
    for _ in range(levels):
        layer = [child for item in layer for child in _children(item)]
    return any(isinstance(item, (dict, list)) for item in layer)


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def copy_json(value: Any) -> Any:  # noqa: ANN401 - JSON is any value
    """A deep copy of a JSON value; several times faster than copy.deepcopy, which must think of cycles and classes."""
    if isinstance(value, dict):
        return {key: copy_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [copy_json(item) for item in value]
    return value


def _refuse(constant: str) -> NoReturn:
    message = f"{constant} is not JSON"
    raise NotJson(message)
