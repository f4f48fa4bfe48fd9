"""The one shape of a complaint: a code, a sentence, a JSON pointer, and a hint where there is one."""

from __future__ import annotations

import difflib
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ConfigDict

from tool_contract.errors import ErrorCode
from tool_contract.known_fields import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic_core import ErrorDetails

_MAX_ECHO = 60
#: Looking for close names takes its time, and an input may have a hundred thousand unknown fields.
_MAX_HINTS = 100
_MAX_PROBLEMS = 20_000


class Problem(BaseModel):
    """One thing that is wrong with a request or an input.

    ``pointer`` is a JSON pointer (RFC 6901) into the value that was sent; ``""`` is the whole value.
    ``retry_after_seconds``: so much later the same value may be without this problem; None is never.
    """

    model_config = ConfigDict(frozen=True)

    pointer: str
    message: str
    error_code: ErrorCode = ErrorCode.INVALID_INPUT
    hint: str | None = None
    retry_after_seconds: int | None = None

    def under(self, prefix: str) -> Problem:
        """Return the same problem, its pointer seen from the value that holds this one at ``prefix``."""
        return self.model_copy(update={"pointer": prefix + self.pointer})

    def as_detail(self) -> dict[str, str]:
        """Return the problem as it stands in an envelope's ``details``."""
        return self.model_dump(mode="json", exclude_none=True, exclude={"retry_after_seconds"})


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
    errors: Sequence[ErrorDetails],
    value: object,
    code: ErrorCode = ErrorCode.INVALID_INPUT,
    *,
    schema: Mapping[str, Any] | None = None,
    patterns: Mapping[str, str] | None = None,
) -> list[Problem]:
    """Turn pydantic's errors about ``value`` into problems, in the order of their pointers.

    ``schema`` is the JSON Schema that the value was checked by: with it, unknown fields get close names as a hint.
    ``patterns`` are sentences to say instead of a regular expression.
    """
    problems = {}
    for number, error in enumerate(errors[:_MAX_PROBLEMS]):
        path = _path_of(error, value)
        hint = _hint(error, path, schema) if number < _MAX_HINTS else None
        message = _sentence(error, patterns or {})
        problem = Problem(pointer=json_pointer(path), message=message, error_code=code, hint=hint)
        problems[problem.pointer, error["msg"]] = problem
    return [*problems.values(), *_left_out(len(errors) - _MAX_PROBLEMS, code)]


def _left_out(count: int, code: ErrorCode) -> list[Problem]:
    return [Problem(pointer="", message=f"{count:,} more problems are not told.", error_code=code)] if count > 0 else []


def _hint(error: ErrorDetails, path: Sequence[str | int], schema: Mapping[str, Any] | None) -> str | None:
    given = error["input"]
    if error["type"] in _NO_INTEGER and isinstance(given, float) and given.is_integer():
        return f"Write {given:.0f}: {given} is no integer here."
    if error["type"] != "extra_forbidden" or schema is None or not path:
        return None
    return close_names(str(path[-1]), known_fields(schema, path[:-1]))


def _path_of(error: ErrorDetails, value: object) -> list[str | int]:
    """Drop what pydantic adds to a location: the names of a union's branches are no part of the value."""
    parts: list[str | int] = []
    current: Any = value
    for step in error["loc"]:
        if _holds(current, step):
            current = current[step]
        elif error["type"] != "missing" or step is not error["loc"][-1]:
            continue
        parts.append(step)
    return parts


def _holds(value: object, step: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(step, int) and step < len(value)
    return isinstance(value, dict) and step in value


#: What pydantic says of 5.0, strict or not.
_NO_INTEGER: Final = frozenset({"int_type", "int_from_float"})
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


def _sentence(error: ErrorDetails, patterns: Mapping[str, str]) -> str:
    said = patterns.get(error.get("ctx", {}).get("pattern", ""))
    message = said or _PLAIN_SENTENCES.get(error["type"], error["msg"].removeprefix("Value error, "))
    return message if message.endswith((".", "?", "!")) else message + "."
