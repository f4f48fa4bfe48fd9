"""The one shape of a complaint: a code, a sentence, a JSON pointer, and a hint where there is one."""

from __future__ import annotations

import difflib
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from tool_contract.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic_core import ErrorDetails

_MAX_ECHO = 60


class Problem(BaseModel):
    """One thing that is wrong with a request or an input.

    ``pointer`` is a JSON pointer (RFC 6901) into the value that was sent; ``""`` is the whole value.
    """

    model_config = ConfigDict(frozen=True)

    pointer: str
    message: str
    error_code: ErrorCode = ErrorCode.INVALID_INPUT
    hint: str | None = None

    def under(self, prefix: str) -> Problem:
        """Return the same problem, its pointer seen from the value that holds this one at ``prefix``."""
        return self.model_copy(update={"pointer": prefix + self.pointer})

    def as_detail(self) -> dict[str, str]:
        """Return the problem as it stands in an envelope's ``details``."""
        return self.model_dump(mode="json", exclude_none=True)


def json_pointer(parts: Iterable[str | int]) -> str:
    """Return the RFC 6901 pointer for a path of keys and indexes.

    A pointer is for reading: at an absurdly long key it stops, and points to what holds the key.
    """
    readable = takewhile(lambda part: len(str(part)) <= _MAX_ECHO, parts)
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in readable)


def shortened(text: str, limit: int = _MAX_ECHO) -> str:
    """Return ``text`` fit to be echoed in a sentence: printable, and at most ``limit`` characters."""
    clean = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def close_names(name: str, known: Iterable[str]) -> str | None:
    """Return a hint that offers the known names nearest to ``name``, or all of them where they are few."""
    names = sorted(known)
    near = difflib.get_close_matches(name[:_MAX_ECHO], names, n=3, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(repr(match) for match in near)}?"
    if names and len(", ".join(names)) <= 200:  # noqa: PLR2004 - a hint stays one readable line
        return f"Known: {', '.join(names)}."
    return None


def problems_from(
    errors: Sequence[ErrorDetails], value: object, code: ErrorCode = ErrorCode.INVALID_INPUT
) -> list[Problem]:
    """Turn pydantic's errors about ``value`` into problems, in the order of their pointers."""
    problems = {
        (pointer, error["msg"]): Problem(pointer=pointer, message=_sentence(error), error_code=code)
        for error in errors
        for pointer in [_pointer_of(error, value)]
    }
    return list(problems.values())


def _pointer_of(error: ErrorDetails, value: object) -> str:
    """Drop what pydantic adds to a location: the names of a union's branches are no part of the value."""
    parts: list[str | int] = []
    current: Any = value
    for step in error["loc"]:
        if _holds(current, step):
            current = current[step]
        elif error["type"] != "missing" or step is not error["loc"][-1]:
            continue
        parts.append(step)
    return json_pointer(parts)


def _holds(value: object, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value


_PLAIN_SENTENCES: Mapping[str, str] = {
    "missing": "This field is required.",
    "extra_forbidden": "This field is not known.",
    "typed_dict_type": "Input should be a JSON object.",
    "model_type": "Input should be a JSON object.",
    "model_attributes_type": "Input should be a JSON object.",
    "dict_type": "Input should be a JSON object.",
    "list_type": "Input should be a JSON array.",
    "tuple_type": "Input should be a JSON array.",
}


def _sentence(error: ErrorDetails) -> str:
    message = _PLAIN_SENTENCES.get(error["type"], error["msg"].removeprefix("Value error, "))
    return message if message.endswith((".", "?", "!")) else message + "."
