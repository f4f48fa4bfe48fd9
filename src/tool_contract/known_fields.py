"""Which fields a JSON Schema knows at a place of a value: what a misspelt one may have meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_BRANCHES = ("allOf", "anyOf", "oneOf")


def known_fields(schema: Mapping[str, Any], path: Sequence[str | int]) -> set[str]:
    """Return the fields of the object at ``path``, over all branches of the schema that may hold there."""
    places = list(_resolved(schema, schema))
    for step in path:
        places = [found for place in places for child in _children(place, step) for found in _resolved(child, schema)]
    return {name for place in places for name in place.get("properties", {})}


def _resolved(place: object, root: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the schemas that hold where ``place`` stands: what it refers to, and all of its branches."""
    if not isinstance(place, dict):
        return
    if "$ref" in place:
        yield from _resolved(root["$defs"][place["$ref"].rpartition("/")[2]], root)
    for keyword in _BRANCHES:
        for branch in place.get(keyword, ()):
            yield from _resolved(branch, root)
    yield place


def _children(place: Mapping[str, Any], step: str | int) -> Iterator[object]:
    if isinstance(step, int):
        prefix = place.get("prefixItems", [])
        yield prefix[step] if step < len(prefix) else place.get("items")
    elif step in place.get("properties", {}):
        yield place["properties"][step]
    else:
        yield place.get("additionalProperties")
