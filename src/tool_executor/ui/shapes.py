"""What a form is like for a JSON Schema: one shape for each place of the input.

A schema that no shape says (any value, a map, a tuple, a union of objects, a schema within itself) is :class:`Json`: a
text of JSON. So every tool has a form, and every input can be written in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from tool_contract import strict_json
from tool_contract.secret import X_SECRET

Schema = Mapping[str, Any]

_REFERENCE_PREFIX: Final = "#/$defs/"
#: A text that may be longer gets several lines.
_ONE_LINE_CHARACTERS: Final = 200
_MAX_DEPTH: Final = 6
_ADDRESSES: Final = frozenset({"url", "selector"})
_NOT_SAID: Final = object()


@dataclass(frozen=True, slots=True)
class Shape:
    """A place of the input: its name there, what it is for, and what holds where nothing is said.

    ``null_is_left_out`` says that null there is what the tool takes anyhow: so the form needs no word for it.
    """

    name: str = ""
    help: str = ""
    rules: str = ""
    required: bool = False
    null_is_left_out: bool = True

    @property
    def kind(self) -> str:
        """The word by which templates choose how to draw it."""
        return type(self).__name__.lower()


@dataclass(frozen=True, slots=True)
class Text(Shape):
    """A text."""

    long: bool = False


@dataclass(frozen=True, slots=True)
class Number(Shape):
    """A number, or a whole one."""

    whole: bool = False


@dataclass(frozen=True, slots=True)
class Flag(Shape):
    """Yes or no, or not said."""


@dataclass(frozen=True, slots=True)
class Choice(Shape):
    """One of a few values, written as JSON in ``options``."""

    options: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Secret(Shape):
    """A secret by the name that it is kept under; its value is never asked for."""


@dataclass(frozen=True, slots=True)
class Either(Shape):
    """One of several simple shapes, by name."""

    options: tuple[Shape, ...] = ()

    @property
    def long(self) -> bool:
        """Whether it may be a text of several lines."""
        return any(isinstance(option, Text) and option.long for option in self.options)


@dataclass(frozen=True, slots=True)
class Lines(Shape):
    """A list of simple values, one a line."""

    item: Shape = Text()


@dataclass(frozen=True, slots=True)
class Group(Shape):
    """An object with known fields."""

    fields: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True)
class Rows(Shape):
    """A list of objects."""

    item: Group = Group()
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Json(Shape):
    """Anything, as JSON."""


def shape_of(schema: Schema) -> Shape:
    """Return the shape of a tool's input."""
    return _shape(schema, schema.get("$defs", {}), _MAX_DEPTH)


def _shape(schema: Schema, definitions: Schema, depth: int) -> Shape:
    schema, _ = _unwrapped(schema, definitions)
    common: dict[str, Any] = {"help": str(schema.get("description", "")), "rules": _rules(schema)}
    if depth == 0:
        return Json(**common)
    if schema.get(X_SECRET):
        return Secret(help=common["help"], rules="The name that the secret is kept under, never its value.")
    if "enum" in schema or "const" in schema:
        return Choice(**common, options=tuple(schema.get("enum", (schema.get("const"),))))
    branches = schema.get("anyOf") or schema.get("oneOf")
    if branches:
        return _union([_shape(branch, definitions, depth - 1) for branch in branches], common)
    return _of_type(schema, definitions, depth, common)


def _of_type(schema: Schema, definitions: Schema, depth: int, common: dict[str, Any]) -> Shape:
    kind = schema.get("type")
    if kind == "string":
        return Text(**common, long=schema.get("maxLength", 0) > _ONE_LINE_CHARACTERS)
    if kind in {"integer", "number"}:
        return Number(**common, whole=kind == "integer")
    if kind == "boolean":
        return Flag(**common)
    if kind == "array" and "items" in schema:
        return _list(_shape(schema["items"], definitions, depth - 1), schema, common)
    if kind == "object" and schema.get("properties") is not None and not schema.get("additionalProperties"):
        required = set(schema.get("required", ()))
        fields = [
            _field(name, child, required=name in required, definitions=definitions, depth=depth)
            for name, child in schema["properties"].items()
        ]
        return Group(**common, fields=tuple(sorted(fields, key=lambda field: not field.required)))
    return Json(**common)


def _field(name: str, schema: Schema, *, required: bool, definitions: Schema, depth: int) -> Shape:
    inner, outer = _unwrapped(schema, definitions)
    shape = _shape(inner, definitions, depth - 1)
    default = outer.get("default", inner.get("default", _NOT_SAID))
    said = [] if default is _NOT_SAID or default is None else [f"default: {told(default)}"]
    told_rules = [rule for rule in (shape.rules, *said) if rule]
    if name in _ADDRESSES and isinstance(shape, Text):
        shape = replace(shape, long=False)
    helped = shape.help or str(outer.get("description", ""))
    null_is_left_out = not required and default in (_NOT_SAID, None)
    return replace(
        shape,
        name=name,
        required=required,
        rules="; ".join(told_rules),
        help=helped,
        null_is_left_out=null_is_left_out,
    )


def _list(item: Shape, schema: Schema, common: dict[str, Any]) -> Shape:
    if isinstance(item, (Text, Number, Choice)) and not (isinstance(item, Text) and item.long):
        inner = f"each: {item.rules}" if item.rules else ""
        rules = "; ".join(part for part in ("one a line", common["rules"], inner) if part)
        return Lines(help=common["help"] or item.help, rules=rules, item=item)
    if isinstance(item, Group):
        return Rows(**common, item=item, most=schema.get("maxItems"))
    return Json(**common)


def _union(shapes: list[Shape], common: dict[str, Any]) -> Shape:
    simple = all(isinstance(shape, (Text, Number, Flag, Secret)) for shape in shapes)
    kinds = {type(shape) for shape in shapes}
    if not simple or len(kinds) < len(shapes):
        return Json(**common)
    rules = "; ".join(shape.rules for shape in shapes if shape.rules)
    return Either(help=common["help"], rules=rules, options=tuple(shapes))


def _unwrapped(schema: Schema, definitions: Schema) -> tuple[Schema, Schema]:
    """Return a schema without its references and without null beside one other, and the one that stood outside.

    Left out is the form's word for null.
    """
    outer = schema
    for _ in range(_MAX_DEPTH):
        if "$ref" in schema:
            schema = definitions[schema["$ref"].removeprefix(_REFERENCE_PREFIX)]
        elif len(schema.get("allOf", ())) == 1:
            schema = schema["allOf"][0]
        elif len(others := _beside_null(schema)) == 1:
            schema = others[0]
        else:
            break
    return schema, outer


def _beside_null(schema: Schema) -> list[Schema]:
    branches = schema.get("anyOf", ())
    return [branch for branch in branches if branch.get("type") != "null"]


def _rules(schema: Schema) -> str:
    parts = [_between(schema, "minimum", "maximum"), _between(schema, "minItems", "maxItems", " of them")]
    examples = schema.get("examples") or ()
    if schema.get("exclusiveMinimum") is not None:
        parts.append(f"above {told(schema['exclusiveMinimum'])}")
    if schema.get("format"):
        parts.append(str(schema["format"]))
    if examples:
        parts.append(f"e.g. {told(examples[0])}")
    return "; ".join(part for part in parts if part)


def _between(schema: Schema, low: str, high: str, what: str = "") -> str:
    least, most = schema.get(low), schema.get(high)
    if least is None and most is None:
        return ""
    if most is None:
        return f"at least {told(least)}{what}"
    if least is None:
        return f"at most {told(most)}{what}"
    return f"{told(least)}{what}" if least == most else f"{told(least)} to {told(most)}{what}"


def told(value: Any) -> str:  # noqa: ANN401 - JSON is any value
    """Return a value as a person writes it: text without quotes."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else strict_json.dumps(value)
