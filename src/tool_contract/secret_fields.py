"""Where secrets stand: the marked places of a schema in a value, and the references in an input."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tool_contract.errors import ErrorCode
from tool_contract.limits import MAX_JSON_DEPTH
from tool_contract.problems import Problem, json_pointer
from tool_contract.secret import SECRET_REF, X_PLAIN_TEXT, X_SECRET, is_one_time, is_reference

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Path = tuple[str | int, ...]

_MESSAGE: Final = "This field takes a secret, and takes it by reference only."
_EITHER: Final = "This field takes text, or a secret by reference."
_TOO_LONG: Final = "The text is longer, or shorter, than the field's schema allows."
_WRONG_NAME: Final = "The secret's name is none: it has up to 10 parts of A-Z a-z 0-9 _ . -, slashes between."
BY_NAME: Final = 'Give {"secret_ref": "name"}, or Secret("…") in the Python client.'
_REFERENCE_PREFIX: Final = "#/$defs/"
_BRANCHES: Final = ("allOf", "anyOf", "oneOf")


def takes_secrets(schema: Any) -> bool:  # noqa: ANN401 - a JSON Schema is any value
    """Whether an input of this JSON Schema may hold a secret."""
    if isinstance(schema, list):
        return any(takes_secrets(child) for child in schema)
    return isinstance(schema, dict) and (
        schema.get(X_SECRET) is True or any(takes_secrets(child) for child in schema.values())
    )


def without_echo(problems: Sequence[Problem], schema: Mapping[str, Any], value: object) -> list[Problem]:
    """Return what is wrong with a refused ``value``, telling nothing of what stands where a secret's reference should.

    All problems of such a place become one, ``SecretInRequest``; ``InvalidInput`` where it may hold plain text, too.
    """
    marked = [(json_pointer(path), held, plain) for path, held, plain in _marked(schema, value)]
    places = {pointer: (held, plain) for pointer, held, plain in marked if not is_reference(held)}
    told = {}
    for problem in problems:
        place = next((one for one in places if f"{problem.pointer}/".startswith(f"{one}/")), None)
        if place is None:
            told[problem.pointer, problem.message] = problem
        else:
            told[place, _MESSAGE] = _without_value(place, *places[place])
    return list(told.values())


def _without_value(place: str, held: object, plain: bool) -> Problem:  # noqa: FBT001 - what _marked found
    if plain:
        message = _TOO_LONG if isinstance(held, str) else _WRONG_NAME if _names_something(held) else _EITHER
        return Problem(pointer=place, message=message, error_code=ErrorCode.INVALID_INPUT, hint=BY_NAME)
    return Problem(pointer=place, message=_MESSAGE, error_code=ErrorCode.SECRET_IN_REQUEST, hint=BY_NAME)


def secret_places(schema: Mapping[str, Any], value: object) -> list[tuple[Path, bool]]:
    """Return the places in an input that are for secrets, and whether text may stand there as well."""
    return [(path, plain) for path, _, plain in _marked(schema, value)]


def one_time_names(value: object) -> Iterator[str]:
    """Yield the names of the one-time secrets that a value of JSON refers to."""
    pending = [value]
    while pending:
        item = pending.pop()
        if is_reference(item) and isinstance(item, dict) and is_one_time(item[SECRET_REF]):
            yield item[SECRET_REF]
        elif isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)


def without_one_time_names(value: Any) -> Any:  # noqa: ANN401 - JSON is any value
    """Return a value of JSON with the names of its one-time secrets left out: they differ from request to request."""
    if is_reference(value) and is_one_time(value[SECRET_REF]):
        return {SECRET_REF: None}
    if isinstance(value, dict):
        return {key: without_one_time_names(child) for key, child in value.items()}
    if isinstance(value, list):
        return [without_one_time_names(child) for child in value]
    return value


def _names_something(held: object) -> bool:
    return isinstance(held, dict) and set(held) == {SECRET_REF}


def _marked(root: Mapping[str, Any], value: object) -> Iterator[tuple[Path, object, bool]]:
    """Yield the places for secrets, what is held there, and whether plain text may be."""
    definitions = root.get("$defs", {})
    pending: list[tuple[Any, object, Path, bool]] = [(root, value, (), False)]
    # Two branches may lead to the same part, and it to both again: then there are 2^depth ways to one place.
    seen: set[tuple[int, Path, bool]] = set()
    while pending:
        schema, item, path, plain = pending.pop()
        if not isinstance(schema, dict) or len(path) > MAX_JSON_DEPTH or (id(schema), path, plain) in seen:
            continue
        seen.add((id(schema), path, plain))
        if schema.get(X_SECRET) is True:
            yield path, item, plain
            continue
        if "$ref" in schema:
            pending.append((definitions.get(schema["$ref"].removeprefix(_REFERENCE_PREFIX)), item, path, plain))
        for branches in (schema[word] for word in _BRANCHES if word in schema):
            either = any(isinstance(branch, dict) and branch.get(X_PLAIN_TEXT) is True for branch in branches)
            pending.extend((branch, item, path, either) for branch in branches)
        pending.extend((child, held, (*path, step), False) for step, child, held in _children(schema, item))


def _children(schema: Mapping[str, Any], value: object) -> Iterator[tuple[str | int, Any, object]]:
    if isinstance(value, dict):
        properties, others = schema.get("properties", {}), schema.get("additionalProperties")
        for key, child in value.items():
            yield key, properties.get(key, others), child
    elif isinstance(value, list):
        first, rest = schema.get("prefixItems", ()), schema.get("items")
        for index, child in enumerate(value):
            yield index, first[index] if index < len(first) else rest, child
