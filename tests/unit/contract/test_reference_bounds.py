"""What a request costs whose references are many, or long: bounded by the request's size; nothing here is timed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.unit.contract.test_reference_checks import LIST, ordering, problems, ref
from tool_contract import reference_checks
from tool_contract.limits import MAX_DETAILS, MAX_FALLBACKS, MAX_REFERENCES, MAX_RESULT_DEPTH
from tool_contract.secret_fields import secret_places

if TYPE_CHECKING:
    import pytest


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[tuple[Any, ...]]:
    """What a function of the checks is called with."""
    calls: list[tuple[Any, ...]] = []
    function = getattr(reference_checks, name)

    def counting(*arguments: Any) -> Any:
        calls.append(arguments)
        return function(*arguments)

    monkeypatch.setattr(reference_checks, name, counting)
    return calls


def test_a_pointer_of_more_parts_than_a_result_has_levels_is_refused_in_so_many_words() -> None:
    deep = {"anything": {"x": ref("/q" * (MAX_RESULT_DEPTH + 1))}}

    assert problems(LIST, {"tool_name": "order", "input": {"code": "A", **deep}}) == [
        (
            "/calls/1/input/anything/x/pointer",
            "InvalidRequest",
            "The pointer has 57 parts, and no result has more than 56 levels.",
        )
    ]


def test_where_an_input_takes_secrets_is_found_once_however_many_references_it_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = counted(monkeypatch, "secret_places")

    assert problems(LIST, ordering(extras=[ref("/items/0")] * 500), ordering(password=ref("/note")), LIST) == [
        ("/calls/2/input/password", "SecretInRequest", reference_checks._SECRET)
    ]
    assert len(found) == 2


def test_a_request_holds_so_many_references_and_no_more() -> None:
    parts = [ref("/items/0")] * (MAX_REFERENCES - 1)  # and the one in its place of a code

    assert problems(LIST, ordering(extras=parts)) == []
    assert problems(LIST, ordering(extras=[*parts, ref("/items/0")])) == [
        ("/calls", "InvalidRequest", "The inputs hold 1,001 references to results; 1,000 fit into a request.")
    ]


def test_references_of_fallbacks_count_and_those_of_too_many_fallbacks_are_not_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fallback = {"tool_name": "count", "input": {"shelf": ref("/note")}}
    compared = counted(monkeypatch, "_why_not")

    ((pointer, *_),) = problems(LIST, ordering({"fallbacks": [fallback] * 10_000}))

    assert pointer == "/calls/1/fallbacks"
    assert len(compared) == 1 + MAX_FALLBACKS


def test_close_names_are_looked_for_as_long_as_problems_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    sought = counted(monkeypatch, "close_names")

    found = problems(LIST, ordering(extras=[ref("/items/0", f"c{number}") for number in range(10, 510)]))

    assert len(found) == 500
    assert len(sought) == MAX_DETAILS


def test_branches_that_lead_to_each_other_are_followed_once_at_each_place() -> None:
    """A tree of two kinds of node, each with nodes inside: 2^60 ways lead to what is 60 levels down."""
    either = {"anyOf": [{"$ref": "#/$defs/Sum"}, {"$ref": "#/$defs/Product"}, {"$ref": "#/$defs/Key"}]}
    node = {"type": "object", "properties": {"inner": either}}
    schema = {"$defs": {"Sum": node, "Product": dict(node), "Key": {"x-secret": True}}, **either}
    value: dict[str, Any] = {"secret_ref": "name"}
    for _ in range(60):
        value = {"inner": value}

    places = secret_places(schema, value)

    assert (("inner",) * 60, False) in places
    assert len(places) == len(set(places))
