"""Between a form's texts and the input that they say.

A field's texts have the JSON pointer of its place in their name: ``f/warehouse_code``; ``k/text`` is the kind chosen of
an :class:`Either`, ``n/items`` how many rows a :class:`Rows` has. An empty text is a place that is left out. Texts that
are not what the schema wants go on as they are: the contract's own validator says what is wrong with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tool_contract import strict_json
from tool_contract.problems import json_pointer
from tool_contract.secret import SECRET_REF
from tool_executor.ui.shapes import Choice, Either, Flag, Group, Json, Lines, Number, Rows, Secret, Shape, Text, told

Texts = Mapping[str, str]

#: No value: the place is left out.
LEFT_OUT: Final = object()
_MAX_ROWS: Final = 100
_MAX_DIGITS: Final = 9
_FLAGS: Final = {"true": True, "false": False}


def value_of(shape: Shape, texts: Texts, pointer: str = "") -> Any:  # noqa: ANN401 - JSON is any value
    """Return the value that texts say, or :data:`LEFT_OUT`."""
    if isinstance(shape, Group):
        said = {field.name: value_of(field, texts, under(pointer, field.name)) for field in shape.fields}
        kept = {name: value for name, value in said.items() if value is not LEFT_OUT}
        return kept if kept or shape.required or not pointer or pointer.rpartition("/")[2].isdigit() else LEFT_OUT
    if isinstance(shape, Rows):
        rows = [value_of(shape.item, texts, under(pointer, number)) for number in range(row_count(texts, pointer))]
        return rows or ([] if shape.required else LEFT_OUT)
    text = texts.get(f"f{pointer}", "")
    if isinstance(shape, Lines):
        lines = [line for line in (part.strip() for part in text.split("\n")) if line]
        return [_scalar(shape.item, line) for line in lines] or LEFT_OUT
    if isinstance(shape, Either):
        chosen = texts.get(f"k{pointer}", "")
        shape = next((option for option in shape.options if option.kind == chosen), shape.options[0])
    return LEFT_OUT if not text else _scalar(shape, text)


def texts_of(shape: Shape, value: Any, pointer: str = "") -> dict[str, str]:  # noqa: ANN401 - JSON is any value
    """Return the texts that say a value; those of places that the form does not have are lost: see :func:`fits`."""
    return dict(_texts(shape, value, pointer))


def fits(shape: Shape, value: Any) -> bool:  # noqa: ANN401 - JSON is any value
    """Whether a form can say a value: what a browser would send is that value, but for nulls that change nothing."""
    return bool(value_of(shape, texts_of(shape, value)) == _without_nulls(shape, value))


def unreadable(shape: Shape, texts: Texts, pointer: str = "") -> Iterator[dict[str, str]]:
    """Yield a problem for each text that should be JSON and is none: as text it might be taken for what it is not."""
    if isinstance(shape, Group):
        for field in shape.fields:
            yield from unreadable(field, texts, under(pointer, field.name))
    elif isinstance(shape, Rows):
        for number in range(row_count(texts, pointer)):
            yield from unreadable(shape.item, texts, under(pointer, number))
    elif isinstance(shape, Json) and (text := texts.get(f"f{pointer}", "")):
        try:
            strict_json.parse(text)
        except strict_json.JsonError as error:
            yield {"pointer": pointer, "message": str(error), "hint": "Text stands in quotes in JSON."}


def row_count(texts: Texts, pointer: str) -> int:
    """Return how many rows the form has of the list at a pointer."""
    return min(row_number(texts.get(f"n{pointer}", "")) or 0, _MAX_ROWS)


def row_number(text: str) -> int | None:
    """Return the number that a text is; None of anything else, and of one that no list comes to."""
    return int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else None


def place_of(shape: Shape, texts: Texts, pointer: str) -> str:
    """Return the pointer of the place that a form has for a pointer, or of the nearest around it; empty of none."""
    at = ""
    for token in pointer.split("/")[1:]:
        if isinstance(shape, Group):
            inner = next((field for field in shape.fields if under("", field.name) == f"/{token}"), None)
        elif isinstance(shape, Rows) and token in map(str, range(row_count(texts, at))):
            inner = shape.item
        else:
            inner = None
        if inner is None:
            break
        shape, at = inner, f"{at}/{token}"
    return at


def with_row(texts: Texts, pointer: str) -> dict[str, str]:
    """Return the texts with one more row in the list at a pointer."""
    return {**texts, f"n{pointer}": str(row_count(texts, pointer) + 1)}


def without_row(texts: Texts, pointer: str, gone: int) -> dict[str, str]:
    """Return the texts without one of the rows; the later ones move up."""
    kept = {}
    for name, text in texts.items():
        head, rest = name[:1], name[1:]
        number, slash, tail = rest.removeprefix(f"{pointer}/").partition("/")
        row = row_number(number) if head in "fkn" and rest.startswith(f"{pointer}/") else None
        if row is None or row < gone:
            kept[name] = text
        elif row > gone:
            kept[f"{head}{pointer}/{row - 1}{slash}{tail}"] = text
    return {**kept, f"n{pointer}": str(max(0, row_count(texts, pointer) - 1))}


def under(pointer: str, name: str | int) -> str:
    """Return the pointer of a place within the one at ``pointer``."""
    return pointer + json_pointer((name,))


def _scalar(shape: Shape, text: str) -> Any:  # noqa: ANN401 - JSON is any value
    if isinstance(shape, Secret):
        return {SECRET_REF: text.strip()}
    if isinstance(shape, Flag):
        return _FLAGS.get(text, text)
    if isinstance(shape, Choice):
        return next((option for option in shape.options if told(option) == text), text)
    if isinstance(shape, (Number, Json)):
        return _parsed(text)
    return text


def _parsed(text: str) -> Any:  # noqa: ANN401 - JSON is any value
    try:
        return strict_json.parse(text)
    except strict_json.JsonError:
        return text


def _texts(shape: Shape, value: Any, pointer: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON is any value
    if value is None:
        return
    if isinstance(shape, Group) and isinstance(value, dict):
        for field in shape.fields:
            yield from _texts(field, value.get(field.name), under(pointer, field.name))
    elif isinstance(shape, Rows) and isinstance(value, list):
        yield f"n{pointer}", str(len(value))
        for number, row in enumerate(value[:_MAX_ROWS]):
            yield from _texts(shape.item, row, under(pointer, number))
    elif isinstance(shape, Either):
        chosen = next((option for option in shape.options if _is_said_by(option, value)), shape.options[0])
        yield f"k{pointer}", chosen.kind
        yield from _texts(chosen, value, pointer)
    else:
        yield f"f{pointer}", _as_typed(shape, _text(shape, value))


def _text(shape: Shape, value: Any) -> str:  # noqa: ANN401 - JSON is any value
    if isinstance(shape, Lines) and isinstance(value, list):
        return "\n".join(map(told, value))
    if isinstance(shape, Secret) and isinstance(value, dict):
        return str(value.get(SECRET_REF, ""))
    if isinstance(shape, Json):
        return json.dumps(value, ensure_ascii=False, indent=2)
    return str(value).lower() if isinstance(shape, Flag) else told(value)


def _as_typed(shape: Shape, text: str) -> str:
    """Return what a browser makes of a text in a field: one line or several, and two characters that none can hold."""
    typed = text.replace("\r", "\n").replace("\0", "\ufffd")
    has_lines = isinstance(shape, (Lines, Json, Choice)) or (isinstance(shape, Text) and shape.long)
    return typed if has_lines else typed.replace("\n", "")


def _is_said_by(shape: Shape, value: Any) -> bool:  # noqa: ANN401 - JSON is any value
    return bool(_scalar(shape, dict(_texts(shape, value, "")).get("f", "")) == value)


def _without_nulls(shape: Shape, value: Any) -> Any:  # noqa: ANN401 - JSON is any value
    """Return a value without the nulls for which the form has no word, as they are the same as nothing."""
    if isinstance(shape, Rows) and isinstance(value, list):
        return [_without_nulls(shape.item, child) for child in value]
    if not isinstance(shape, Group) or not isinstance(value, dict):
        return value
    fields = {field.name: field for field in shape.fields if field.name in value}
    kept = {name: _without_nulls(field, value[name]) for name, field in fields.items()}
    gone = {name for name, field in fields.items() if value[name] is None and field.null_is_left_out}
    return {name: child for name, child in {**value, **kept}.items() if name not in gone}
