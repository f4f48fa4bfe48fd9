"""JSON as the contract takes it."""

from __future__ import annotations

import contextlib
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.contract.json_values import json_values
from tool_contract import strict_json
from tool_contract.limits import MAX_JSON_DEPTH
from tool_contract.strict_json import JsonError


def _nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "Not JSON", id="nothing"),
        pytest.param("{'a': 1}", "Not JSON", id="single quotes"),
        pytest.param("[1,]", "Not JSON", id="trailing comma"),
        pytest.param("{} {}", "Not JSON", id="two values"),
        pytest.param("\ufeff{}", "Not JSON", id="byte order mark"),
        pytest.param('"a\nb"', "Not JSON", id="raw control character"),
        pytest.param("NaN", "NaN is not a JSON number", id="NaN"),
        pytest.param('{"a": [-Infinity]}', "-Infinity is not a JSON number", id="infinity"),
        pytest.param("[1e999]", "not finite", id="beyond a double"),
        pytest.param("9" * 4301, "too many digits", id="4,301 digits"),
        pytest.param("1" + "0" * 40, r"beyond 2\^53", id="10^40"),
        pytest.param("-9007199254740992", r"beyond 2\^53", id="-2^53"),
        pytest.param(r'"\ud800"', "half of a surrogate pair", id="lone surrogate"),
        pytest.param(r'{"\udc00": 1}', "not Unicode", id="lone surrogate in a key"),
        pytest.param('{"a": 1, "a": 2}', "'a' stands twice", id="duplicate key"),
        pytest.param('{"x": [{"a": 1, "b": 0, "a": 1}]}', "'a' stands twice", id="duplicate key inside"),
        pytest.param(_nested(65), "deeper than 64", id="65 levels"),
        pytest.param('{"a":' * 65 + "1" + "}" * 65, "deeper than 64", id="65 levels of objects"),
        pytest.param(_nested(5000), "deeper than 64", id="5,000 levels"),
        pytest.param(_nested(200_000), "deeper than 64", id="200,000 levels"),
        pytest.param(b"\xff\xfe\xfd", "Not JSON|not UTF-8", id="no text"),
        pytest.param(b'"\xe4"', "not UTF-8", id="Latin-1"),
    ],
)
def test_hostile_text_is_refused_with_a_sentence(text: str | bytes, said: str) -> None:
    with pytest.raises(JsonError, match=said) as refused:
        strict_json.parse(text)

    assert refused.value.problem.message.endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(_nested(MAX_JSON_DEPTH), id="64 levels"),
        pytest.param("[" * 64 + "1" + "]" * 64, id="a number in 64 levels"),
        pytest.param("9007199254740991", id="2^53 - 1"),
        pytest.param('"' + "x" * 2_000_000 + '"', id="2 MB of text"),
        pytest.param(r'"\u0000"', id="NUL"),
        pytest.param(r'"\ud83d\ude00"', id="surrogate pair"),
        pytest.param('{"a": {"a": 1}, "b": {"a": 1}}', id="the same key in several objects"),
        pytest.param("1e308", id="large but finite"),
        pytest.param(b'{"a": "\xc3\xa4"}', id="bytes of UTF-8"),
    ],
)
def test_unusual_but_sound_text_is_taken(text: str | bytes) -> None:
    assert strict_json.parse(text) == json.loads(text)


def test_a_problem_points_to_where_it_is() -> None:
    with pytest.raises(JsonError) as refused:
        strict_json.parse('{"a/b": [0, {"c~d": 1e999}]}')

    assert refused.value.problem.pointer == "/a~1b/1/c~0d"


def test_a_problem_below_an_absurd_key_points_to_what_holds_the_key() -> None:
    problem = strict_json.problem_in({"a": {"k" * 10_000: float("nan")}})

    assert problem is not None
    assert problem.pointer == "/a"


def test_the_first_problem_in_reading_order_is_told() -> None:
    problem = strict_json.problem_in({"a": [0, float("inf")], "b": float("nan")})

    assert problem is not None
    assert problem.pointer == "/a/1"


@pytest.mark.parametrize(
    ("value", "pointer"),
    [
        (float("nan"), ""),
        ({"a": (1, float("-inf"))}, "/a/1"),
        ({"a": "\ud800"}, "/a"),
        ({"a": {1: 2}}, "/a"),
        ({"a": {"\ud800": 2}}, "/a"),
        ([2**53], "/0"),
    ],
)
def test_a_value_that_json_cannot_hold_is_found(value: object, pointer: str) -> None:
    problem = strict_json.problem_in(value)

    assert problem is not None
    assert problem.pointer == pointer


@pytest.mark.parametrize("value", [{1, 2}, object(), b"x", {"a": float("nan")}, "\ud800", [[1j]]])
def test_writing_what_is_no_json_raises_the_one_error(value: object) -> None:
    with pytest.raises(JsonError):
        strict_json.dumps(value)


def test_writing_circles_and_depths_raises_the_one_error() -> None:
    circle: list[object] = []
    circle.append(circle)
    deep: list[object] = []
    for _ in range(sys.getrecursionlimit() * 2):
        deep = [deep]

    for value in (circle, deep):
        with pytest.raises(JsonError, match="deeper"):
            strict_json.dumps(value)


@given(json_values())
def test_what_is_written_reads_back_as_it_was(value: object) -> None:
    for write in (strict_json.dumps, strict_json.canonical):
        assert json.dumps(strict_json.parse(write(value)), sort_keys=True) == json.dumps(value, sort_keys=True)


@given(json_values())
def test_what_is_written_is_what_the_standard_library_writes(value: object) -> None:
    kept = {"ensure_ascii": False, "allow_nan": False, "separators": (",", ":")}

    assert strict_json.dumps(value) == json.dumps(value, **kept)
    assert strict_json.canonical(value) == json.dumps(value, **kept, sort_keys=True)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), st.integers(0, 9)))
def test_the_canonical_text_does_not_depend_on_the_order_of_keys(value: dict[str, int]) -> None:
    backwards = dict(reversed(value.items()))

    assert strict_json.canonical(value) == strict_json.canonical(backwards)


def test_compact_text_keeps_the_order_of_keys() -> None:
    assert strict_json.dumps({"b": 1, "a": [1, 2]}) == '{"b":1,"a":[1,2]}'
    assert strict_json.canonical({"b": 1, "a": [1, 2]}) == '{"a":[1,2],"b":1}'


def test_size_is_counted_in_bytes() -> None:
    assert strict_json.byte_size("ä😀") == 6


@given(st.binary(max_size=40) | st.text(max_size=40))
def test_parsing_raises_nothing_but_its_one_error(text: str | bytes) -> None:
    with contextlib.suppress(JsonError):
        strict_json.parse(text)


_unusual = st.one_of(
    st.sampled_from([2**53, -(2**53), 10**400]),
    st.sampled_from(["\ud800", "a\udfff", "\u00e9", "\U0001f600", "\\ud800"]),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=3),
    st.none(),
    st.booleans(),
)


@given(
    st.recursive(_unusual, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner), max_leaves=80),
    st.booleans(),
    st.integers(0, 70),
)
def test_what_is_read_is_refused_as_the_same_value_would_be(value: object, ascii_only: bool, levels: int) -> None:  # noqa: FBT001
    for _ in range(levels):
        value = [value]
    text = json.dumps(value, ensure_ascii=ascii_only)
    problem = strict_json.problem_in(json.loads(text))
    if problem is None:
        assert strict_json.parse(text) == json.loads(text)
        return
    with pytest.raises(strict_json.JsonError) as refused:
        strict_json.parse(text)
    assert refused.value.problem == problem


@pytest.mark.parametrize("depth", [64, 65])
def test_depth_is_found_in_texts_of_many_brackets(depth: int) -> None:
    text = "[" + "[]," * 100 + "[" * (depth - 1) + "]" * (depth - 1) + "]"
    if depth <= 64:
        assert len(strict_json.parse(text)) == 101
        return
    with pytest.raises(strict_json.JsonError, match="nested deeper than 64"):
        strict_json.parse(text)
