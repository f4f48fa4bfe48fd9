"""References in an input: where they stand, where their pointers lead, and what is put in their place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonpointer import JsonPointer, JsonPointerException

from tests.unit.contract.json_values import json_values
from tool_contract import strict_json
from tool_contract.problems import Problem
from tool_contract.references import (
    NothingThereError,
    Reference,
    asks_for_a_secret,
    is_pointer,
    names_a_secret,
    places_of,
    references_in,
    replaced,
    value_at,
    with_origins,
    with_whole_numbers,
)

TOKENS = st.sampled_from(["", "0", "1", "01", "-", "-1", "a", "b", "x", "/", "~", "~1", "v", "children", "ä/~", "1e0"])


def written(token: str) -> str:
    return "/" + token.replace("~", "~0").replace("/", "~1")


def second_opinion(value: Any, pointer: str) -> Any:
    """What the library says; of an array's `-`, and of indexes that RFC 6901 does not have, nothing."""
    found = JsonPointer(pointer).walk
    for token in JsonPointer(pointer).parts:
        if isinstance(value, list) and (not token.isascii() or not token.isdigit() or str(int(token)) != token):
            raise JsonPointerException(token)
        if not isinstance(value, (dict, list)):
            raise JsonPointerException(token)
        value = found(value, token)
    return value


@given(json_values(), st.lists(TOKENS, max_size=3).map(lambda tokens: "".join(map(written, tokens))))
def test_a_pointer_leads_where_the_standard_says(value: Any, pointer: str) -> None:
    try:
        expected = second_opinion(value, pointer)
    except JsonPointerException:
        with pytest.raises(NothingThereError):
            value_at(value, pointer)
    else:
        assert value_at(value, pointer) is expected


@given(st.text(st.sampled_from("/~01ab"), max_size=8))
def test_what_is_a_pointer_is_what_the_standard_has(text: str) -> None:
    try:
        JsonPointer(text)
    except JsonPointerException:
        assert not is_pointer(text)
    else:
        assert is_pointer(text)


@pytest.mark.parametrize(
    ("value", "pointer", "said"),
    [
        ({"a": []}, "/a/0", "has nothing at '/a/0': '/a' is an array of 0"),
        ({"a": {}}, "/a/b/c", "has nothing at '/a/b/c': '/a' is an object without that field"),
        ({"a": None}, "/a/b", "has nothing at '/a/b': '/a' is null"),
        ("the password", "/a", "has nothing at '/a': it is a text"),
        ([1], "/-", "has nothing at '/-': it is an array of 1"),
        ([1], "/00", "has nothing at '/00': it is an array of 1"),
        ([True], "/0/0", "has nothing at '/0/0': '/0' is true or false"),
    ],
)
def test_where_nothing_is_the_sentence_says_how_far_it_went_and_repeats_no_value(
    value: Any, pointer: str, said: str
) -> None:
    with pytest.raises(NothingThereError) as nothing:
        value_at(value, pointer)

    assert str(nothing.value) == said


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1337.0, -167.0, {"b": 5.5}]}, '{"a":[1337,-167,{"b":5.5}]}'),
        ([True, None, "5.0", 7], '[true,null,"5.0",7]'),
        ([-0.0, 1e15, 1e16, 1e300], "[0,1000000000000000,1e+16,1e+300]"),
    ],
)
def test_whole_numbers_are_integers_as_far_as_every_reader_holds_them(value: Any, text: str) -> None:
    assert strict_json.dumps(with_whole_numbers(value)) == text


def test_references_are_found_wherever_they_stand_in_order() -> None:
    tool_input = {"a": {"$from": "c1", "pointer": "/x"}, "b": [1, {"c": {"$from": "c2"}}]}

    assert references_in(tool_input) == [Reference(("a",), "c1", "/x"), Reference(("b", 1, "c"), "c2", "")]
    assert [reference.place for reference in references_in(tool_input)] == ["/a", "/b/1/c"]
    assert references_in({"$from": "c1", "pointer": ""}) == [Reference((), "c1", "")]
    assert [path for path, _ in places_of({"a": {"$from": 1, "b": {"$from": "c1"}}})] == [("a",)]


@given(json_values(), json_values())
def test_what_is_put_in_is_not_looked_into(value: Any, result: Any) -> None:
    hostile = {"$from": "c1", "pointer": "/other", "result": result}
    tool_input = {"a": {"$from": "c1"}, "rest": value}

    assert replaced(tool_input, {("a",): hostile}) == {"a": hostile, "rest": value}
    assert replaced(tool_input, {(): hostile}) == hostile


@pytest.mark.parametrize(
    ("value", "asks"),
    [
        ({"secret_ref": "shop/database"}, True),
        ([{"deep": {"secret_ref": "once/x"}}], True),
        ({"secret_ref": 5}, False),
        ({"secret_ref": "shop", "more": 1}, False),
        ("secret_ref", False),
    ],
)
def test_a_result_that_names_a_secret_is_known(value: Any, asks: bool) -> None:  # noqa: FBT001 - a case's field
    assert asks_for_a_secret(value) is asks


def test_a_reference_in_place_of_a_secrets_name_is_known() -> None:
    (inside,) = references_in({"any": {"secret_ref": {"$from": "c1", "pointer": "/name"}}})

    assert names_a_secret(inside)
    assert not names_a_secret(Reference(("text",), "c1", "/secret_ref"))


def test_what_is_wrong_with_a_result_in_an_input_says_where_it_came_from() -> None:
    reference = Reference(("a",), "c1", "/x")
    problems = [Problem(pointer=pointer, message="No.") for pointer in ("/a", "/a/b", "/ab", "")]

    hints = [problem.hint for problem in with_origins(problems, [reference])]

    said = "This came from the result of 'c1' at '/x'."
    assert hints == [said, said, None, None]
