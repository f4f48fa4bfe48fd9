"""How much is compared of schemas is bounded by the schemas, and not by what a request says; nothing here is timed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tool_contract.limits import MAX_RESULT_DEPTH
from tool_contract.schema_fit import _Fit, why_unfit
from tool_contract.schema_places import Places, alternatives, at_path, at_pointer, fields_at

TEXT: dict[str, Any] = {"type": "string"}
#: What pydantic writes for ``type Json = dict[str, Json] | list[Json] | str``, and the same by lists of types.
ANY_JSON: dict[str, Any] = {
    "$defs": {
        "Json": {
            "anyOf": [
                {"type": "object", "additionalProperties": {"$ref": "#/$defs/Json"}},
                {"type": "array", "items": {"$ref": "#/$defs/Json"}},
                TEXT,
            ]
        }
    },
    "$ref": "#/$defs/Json",
}
BY_TYPES: dict[str, Any] = {
    "$defs": {
        "Json": {
            "type": ["object", "array", "string"],
            "additionalProperties": {"$ref": "#/$defs/Json"},
            "items": {"$ref": "#/$defs/Json"},
        }
    },
    "$ref": "#/$defs/Json",
}
OPEN: dict[str, Any] = {"type": "object", "additionalProperties": True}
DEEPEST = ["0"] * MAX_RESULT_DEPTH


@pytest.mark.parametrize(
    ("schema", "count"), [({}, 1), (OPEN, 1), (ANY_JSON, 3), (BY_TYPES, 3)], ids=["any", "open", "branches", "types"]
)
def test_a_long_pointer_of_numbers_leads_to_no_more_places_than_the_schema_has(
    schema: dict[str, Any], count: int
) -> None:
    assert len(at_pointer(schema, DEEPEST)) == count
    assert len(at_path(schema, DEEPEST)) == count


def test_a_pointer_of_more_parts_than_a_result_has_levels_leads_nowhere() -> None:
    assert at_pointer(OPEN, ["q"] * MAX_RESULT_DEPTH) == [{}]
    assert at_pointer(OPEN, ["q"] * (MAX_RESULT_DEPTH + 1)) == []


def test_the_last_known_fields_on_the_way_are_found_in_one_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[str] = []
    walk = Places.inside

    def counting(self: Places, places: Any, token: str) -> Any:
        steps.append(token)
        return walk(self, places, token)

    monkeypatch.setattr(Places, "inside", counting)
    schema = {"type": "object", "properties": {"a": {"type": "object", "properties": {"b": TEXT}}}}

    assert fields_at(schema, ["a", *["q"] * 8000]) == (MAX_RESULT_DEPTH, set())
    assert len(steps) == MAX_RESULT_DEPTH
    steps.clear()
    closed = {**schema, "additionalProperties": False}
    assert fields_at(closed, ["q"] * 8000) == (0, {"a"})
    assert steps == ["q"]


def test_references_that_lead_to_the_same_definition_twice_are_followed_once() -> None:
    doubled = {f"D{number}": {"anyOf": [{"$ref": f"#/$defs/D{number + 1}"}] * 2} for number in range(100)}
    schema = {"$defs": {**doubled, "D100": TEXT}, "$ref": "#/$defs/D0"}

    assert alternatives(schema, schema) == [TEXT]
    itself = {"$defs": {"X": {"anyOf": [{"$ref": "#/$defs/X"}, TEXT]}}, "$ref": "#/$defs/X"}
    assert alternatives(itself, itself) == [TEXT]


def nullable_self(fields: int, leaf: dict[str, Any]) -> dict[str, Any]:
    """An object whose fields, all of them needed, are the same object or null, and whose last one is ``leaf``."""
    names = [f"f{number}" for number in range(fields)]
    own = {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}
    node = {"type": "object", "properties": {**dict.fromkeys(names, own), "z": leaf}, "required": [*names, "z"]}
    return {"$defs": {"Node": node}, "$ref": "#/$defs/Node"}


@pytest.mark.parametrize("leaf", [{"type": "integer"}, TEXT], ids=["unfit", "fit"])
def test_two_recursive_objects_are_compared_once_for_each_pair_of_their_parts(
    monkeypatch: pytest.MonkeyPatch, leaf: dict[str, Any]
) -> None:
    compared: list[tuple[int, int]] = []
    compare = _Fit._compared

    def counting(self: _Fit, given: Any, wanted: Any, depth: int) -> Any:
        compared.append((id(given), id(wanted)))
        return compare(self, given, wanted, depth)

    monkeypatch.setattr(_Fit, "_compared", counting)
    # Through text, so that no two fields share an object.
    one, other = (json.loads(json.dumps(nullable_self(20, each))) for each in (leaf, TEXT))
    reason = why_unfit(alternatives(one, one), one, alternatives(other, other), other)

    assert (reason is None) == (leaf is TEXT)
    assert len(compared) == len(set(compared)) <= (20 * 2 + 1) ** 2


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (["x"], {"type": "array", "items": {"$ref": "#/$defs/Missing"}}),
        ({"a": "x"}, {"type": "object", "properties": {"a": {"type": "string", "format": ["date"]}}}),
        ({"a": "x"}, {"type": "object", "properties": {"a": {"anyOf": [True]}}}),
        ("x", {"type": "string", "pattern": "("}),
        ("x", {"type": "string", "format": ["date"]}),
    ],
)
def test_of_a_schema_that_cannot_be_compiled_nobody_knows_what_fits(value: Any, wanted: dict[str, Any]) -> None:
    given = {"const": value}

    assert why_unfit([given], given, [wanted], wanted) is None


def test_a_format_that_is_no_text_says_nothing_of_what_fits() -> None:
    assert why_unfit([TEXT], TEXT, [{"type": "string", "format": {}}], {}) is None
