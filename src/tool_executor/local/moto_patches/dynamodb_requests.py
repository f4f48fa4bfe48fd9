"""DynamoDB: conditional writes are atomic on AWS; moto's threads read, check and write without a lock."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import Any, Final

from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined] # untyped
from moto.dynamodb.responses import DynamoHandler

from tool_executor.local.moto_patches.correction import Correction

_PLAIN_TYPES: Final = frozenset({"S", "N", "BOOL", "NULL", "SS", "NS"})
_CACHED_EXPRESSIONS: Final = 512

_lock = threading.RLock()
_original_call_action = DynamoHandler.call_action
_original_serialize_structure = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001 - wrapped below


def _call_action(self: Any) -> Any:  # noqa: ANN401 - a method of moto's
    # Whole requests, reads too: an answer is built from the live item after the write, and a query walks live
    # dictionaries. Nothing is lost by it: Python runs one thread at a time anyway.
    with _lock:
        return _original_call_action(self)


def _serialize_structure(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:  # noqa: ANN401 - moto's
    if shape.name == "AttributeValue" and type(value) is dict and len(value) == 1 and _PLAIN_TYPES.issuperset(value):
        serialized[key] = value
    else:
        _original_serialize_structure(self, serialized, value, shape, key)


def corrections() -> list[Correction]:
    """The corrections of this module."""
    parse = lru_cache(maxsize=_CACHED_EXPRESSIONS)(UpdateExpressionParser.make)
    return [
        Correction(DynamoHandler, "call_action", _call_action, "without a lock two conditional writes can both win"),
        Correction(
            BaseJSONSerializer,
            "_serialize_type_structure",
            _serialize_structure,
            "each attribute is tried as each of ten types under four names: a third of a request's time",
        ),
        Correction(
            UpdateExpressionParser,
            "make",
            staticmethod(parse),
            "an expression is parsed twice for each update; its readers copy it before they change it",
        ),
    ]
