"""What a JSON Schema says of a part of a value: the schemas that may hold there, branches and references resolved.

Keywords that are not known here are left out. They could only narrow what is valid: what is said here to be impossible
is impossible with them, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tool_contract.references import index_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: A schema without references and branches at its top.
Alternative = dict[str, Any]

_BRANCHES: Final = ("anyOf", "oneOf")
_DEEPEST: Final = 24
#: What may be anything.
_ANYTHING: Final[Alternative] = {}


def alternatives(schema: object, root: Mapping[str, Any], depth: int = 0) -> list[Alternative]:
    """Return the schemas of which one holds where ``schema`` stands; none where nothing may stand there."""
    if schema is False:
        return []
    if not isinstance(schema, dict) or depth > _DEEPEST:
        return [_ANYTHING]
    if "$ref" in schema:
        return alternatives(_target(schema["$ref"], root), root, depth + 1)
    for keyword in _BRANCHES:
        if isinstance(schema.get(keyword), list):
            return [found for branch in schema[keyword] for found in alternatives(branch, root, depth + 1)]
    if isinstance(schema.get("allOf"), list) and schema["allOf"]:
        # All of them hold, so that any one of them says what is impossible.
        return alternatives(schema["allOf"][0], root, depth + 1)
    kinds = schema.get("type")
    return [{**schema, "type": kind} for kind in kinds] if isinstance(kinds, list) else [schema]


def field_of(place: Alternative, name: str, root: Mapping[str, Any]) -> list[Alternative]:
    """Return what may stand in a field of an object."""
    if place.get("type", "object") != "object":
        return []
    if "patternProperties" in place and name not in place.get("properties", {}):
        return [_ANYTHING]
    return alternatives(place.get("properties", {}).get(name, place.get("additionalProperties", True)), root)


def element_of(place: Alternative, index: int, root: Mapping[str, Any]) -> list[Alternative]:
    """Return what may stand at an index of an array."""
    if place.get("type", "array") != "array" or index >= place.get("maxItems", index + 1):
        return []
    first: Sequence[object] = place.get("prefixItems", ())
    return alternatives(first[index] if index < len(first) else place.get("items", True), root)


def at_path(schema: Mapping[str, Any], path: Sequence[str | int]) -> list[Alternative]:
    """Return what may stand at a path of keys and indexes in a value of a schema."""
    places = alternatives(schema, schema)
    for step in path:
        places = [found for place in places for found in _at_step(place, step, schema)]
    return places


def at_pointer(schema: Mapping[str, Any], tokens: Sequence[str]) -> list[Alternative]:
    """Return what may stand where a JSON pointer's tokens lead; none where they lead nowhere in any valid value."""
    places = alternatives(schema, schema)
    for token in tokens:
        places = [found for place in places for found in _inside(place, token, schema)]
    return places


def fields_at(schema: Mapping[str, Any], tokens: Sequence[str]) -> tuple[int, set[str]]:
    """Return how far tokens lead, and the fields that are known where they end: for a hint."""
    for reached in range(len(tokens), -1, -1):
        places = at_pointer(schema, tokens[:reached])
        if places:
            return reached, {name for place in places for name in place.get("properties", {})}
    return 0, set()


def _at_step(place: Alternative, step: str | int, root: Mapping[str, Any]) -> list[Alternative]:
    return field_of(place, step, root) if isinstance(step, str) else element_of(place, step, root)


def _inside(place: Alternative, token: str, root: Mapping[str, Any]) -> Iterator[Alternative]:
    """Yield what a token may lead to: an index may be a field's name as well."""
    yield from field_of(place, token, root)
    index = index_of(token)
    if index is not None:
        yield from element_of(place, index, root)


def _target(reference: object, root: Mapping[str, Any]) -> object:
    """Return what ``#/$defs/name`` stands for; anything where it is not known."""
    name = str(reference).removeprefix("#/$defs/")
    return root.get("$defs", {}).get(name, True)
