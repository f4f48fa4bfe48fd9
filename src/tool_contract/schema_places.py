"""What a JSON Schema says of a part of a value: the schemas that may hold there, branches and references resolved.

Keywords that are not known here are left out. They could only narrow what is valid: what is said here to be impossible
is impossible with them, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tool_contract.limits import MAX_RESULT_DEPTH
from tool_contract.references import index_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: A schema without references and branches at its top.
Alternative = dict[str, Any]

_BRANCHES: Final = ("anyOf", "oneOf")
#: What may be anything.
_ANYTHING: Final[Alternative] = {}


class Places:
    """What may stand in the values of one schema.

    What one part of the schema comes to is found once, so that an alternative that is reached in two ways is one object
    both times. There are then no more of them than the schema has parts, however long the way to a place is.
    """

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        # By identity, and with the part itself: what is kept alive keeps its identity.
        self._found: dict[int, tuple[object, list[Alternative]]] = {}
        self._kinds: dict[int, tuple[object, list[Alternative]]] = {}

    def of(self, schema: object) -> list[Alternative]:
        """Return the schemas of which one holds where ``schema`` stands; none where nothing may stand there."""
        if schema is False:
            return []
        if not isinstance(schema, dict):
            return [_ANYTHING]
        if id(schema) not in self._found:
            self._found[id(schema)] = schema, self._alternatives(schema)
        return self._found[id(schema)][1]

    def field(self, place: Alternative, name: str) -> list[Alternative]:
        """Return what may stand in a field of an object."""
        if place.get("type", "object") != "object":
            return []
        if "patternProperties" in place and name not in place.get("properties", {}):
            return [_ANYTHING]
        return self.of(place.get("properties", {}).get(name, place.get("additionalProperties", True)))

    def element(self, place: Alternative, index: int) -> list[Alternative]:
        """Return what may stand at an index of an array."""
        if place.get("type", "array") != "array" or index >= place.get("maxItems", index + 1):
            return []
        first: Sequence[object] = place.get("prefixItems", ())
        return self.of(first[index] if index < len(first) else place.get("items", True))

    def step(self, places: Sequence[Alternative], step: str | int) -> list[Alternative]:
        """Return what may stand one step of a path, a key or an index, inside of any of ``places``."""
        if isinstance(step, str):
            return _distinct(found for place in places for found in self.field(place, step))
        return _distinct(found for place in places for found in self.element(place, step))

    def inside(self, places: Sequence[Alternative], token: str) -> list[Alternative]:
        """Return what a pointer's token may lead to from any of ``places``: an index may be a field's name as well."""
        index = index_of(token)
        return _distinct(
            found
            for place in places
            for found in (*self.field(place, token), *(() if index is None else self.element(place, index)))
        )

    def _alternatives(self, schema: dict[str, Any]) -> list[Alternative]:
        """Follow references and branches, each part once: what leads back to itself allows nothing that is new."""
        found: list[Alternative] = []
        seen: set[int] = set()
        pending: list[object] = [schema]
        while pending:
            part = pending.pop()
            if part is False or id(part) in seen:
                continue
            if not isinstance(part, dict):
                found.append(_ANYTHING)
                continue
            seen.add(id(part))
            further = self._further(part)
            if further is None:
                found += self._by_kind(part)
            else:
                pending += reversed(further)
        return _distinct(found)

    def _further(self, part: dict[str, Any]) -> list[object] | None:
        """Return the schemas of which one holds where this one does, or None where it speaks for itself."""
        if "$ref" in part:
            return [self._target(part["$ref"])]
        for keyword in _BRANCHES:
            if isinstance(part.get(keyword), list):
                return list(part[keyword])
        if isinstance(part.get("allOf"), list) and part["allOf"]:
            # All of them hold, so that any one of them says what is impossible.
            return [part["allOf"][0]]
        return None

    def _by_kind(self, part: Alternative) -> list[Alternative]:
        """Return a schema for each of the types that are listed, made once; the schema itself where it has one."""
        kinds = part.get("type")
        if not isinstance(kinds, list):
            return [part]
        if id(part) not in self._kinds:
            self._kinds[id(part)] = part, [{**part, "type": kind} for kind in kinds]
        return self._kinds[id(part)][1]

    def _target(self, reference: object) -> object:
        """Return what ``#/$defs/name`` stands for; anything where it is not known."""
        name = str(reference).removeprefix("#/$defs/")
        return self._root.get("$defs", {}).get(name, True)


def alternatives(schema: object, root: Mapping[str, Any]) -> list[Alternative]:
    """Return the schemas of which one holds where ``schema`` stands; none where nothing may stand there."""
    return Places(root).of(schema)


def at_path(schema: Mapping[str, Any], path: Sequence[str | int]) -> list[Alternative]:
    """Return what may stand at a path of keys and indexes in a value of a schema."""
    inside = Places(schema)
    places = inside.of(schema)
    for step in path:
        places = inside.step(places, step)
    return places


def at_pointer(schema: Mapping[str, Any], tokens: Sequence[str]) -> list[Alternative]:
    """Return what may stand where a JSON pointer's tokens lead; none where they lead nowhere in any valid result."""
    if len(tokens) > MAX_RESULT_DEPTH:
        return []
    *_, places = _on_the_way(schema, tokens)
    return places


def fields_at(schema: Mapping[str, Any], tokens: Sequence[str]) -> tuple[int, set[str]]:
    """Return how far tokens lead, and the fields that are known where they end: for a hint."""
    last: tuple[int, list[Alternative]] = 0, []
    for reached, places in enumerate(_on_the_way(schema, tokens[:MAX_RESULT_DEPTH])):
        if not places:
            break
        last = reached, places
    return last[0], {name for place in last[1] for name in place.get("properties", {})}


def _on_the_way(schema: Mapping[str, Any], tokens: Sequence[str]) -> Iterator[list[Alternative]]:
    """Yield what may stand where the first none of the tokens lead, the first one, and so on."""
    inside = Places(schema)
    places = inside.of(schema)
    yield places
    for token in tokens:
        places = inside.inside(places, token)
        yield places


def _distinct(places: Iterable[Alternative]) -> list[Alternative]:
    return list({id(place): place for place in places}.values())
