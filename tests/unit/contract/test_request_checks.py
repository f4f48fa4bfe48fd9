"""Every bad request has its code, its pointer and its sentence; all problems come at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from jsonpointer import JsonPointer, JsonPointerException

from tests.unit.contract.small_catalog import CATALOG
from tool_contract.errors import ErrorCode
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.limits import MAX_CALLS
from tool_contract.request import RESERVED_METADATA, check_request

if TYPE_CHECKING:
    from tool_contract.problems import Problem

GOOD: dict[str, Any] = {"tool_name": "look_up", "input": {"code": "AB123"}}


def _call(**changes: Any) -> dict[str, Any]:
    return {"calls": [{**GOOD, **changes}]}


def _request(**changes: Any) -> dict[str, Any]:
    return {"calls": [GOOD], **changes}


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def problems_of(value: object) -> list[Problem]:
    with pytest.raises(InvalidRequestError) as refused:
        check_request(value, CATALOG)
    return refused.value.problems


def resolves(pointer: str, value: object) -> bool:
    """Whether a pointer leads to something, or to a field missing from an object that is there."""
    try:
        JsonPointer(pointer).resolve(value)
    except JsonPointerException:
        parent, _, _ = pointer.rpartition("/")
        try:
            return isinstance(JsonPointer(parent).resolve(value), (dict, list))
        except JsonPointerException:
            return False
    return True


CASES: list[Any] = [
    pytest.param([], "", id="an array"),
    pytest.param([_request()], "", id="an array of one request"),
    pytest.param(None, "", id="null"),
    pytest.param("{}", "", id="JSON as text"),
    pytest.param({}, "/calls", id="calls missing"),
    pytest.param({"calls": {}}, "/calls", id="calls an object"),
    pytest.param({"calls": []}, "/calls", id="calls empty"),
    pytest.param({"calls": [GOOD] * (MAX_CALLS + 1)}, "/calls", id="251 calls"),
    pytest.param({"calls": [1]}, "/calls/0", id="a call that is a number"),
    pytest.param(_request(surprise=1), "/surprise", id="unknown field"),
    pytest.param(_request(**{"k" * 10_000: 1}), "", id="unknown field of 10 KB"),
    pytest.param(_call(surprise=1), "/calls/0/surprise", id="unknown field of a call"),
    pytest.param({"calls": [{"input": {}}]}, "/calls/0/tool_name", id="no tool name"),
    pytest.param({"calls": [{"tool_name": "look_up"}]}, "/calls/0/input", id="no input"),
    pytest.param(_call(tool_name=""), "/calls/0/tool_name", id="empty tool name"),
    pytest.param(_call(tool_name=7), "/calls/0/tool_name", id="tool name a number"),
    pytest.param(_call(tool_name="../look_up"), "/calls/0/tool_name", id="tool name with a path"),
    pytest.param(_call(tool_name="x" * 10_000), "/calls/0/tool_name", id="tool name of 10 KB"),
    pytest.param(_call(tool_name="look_up\x00"), "/calls/0/tool_name", id="tool name with NUL"),
    pytest.param(_call(input=[]), "/calls/0/input", id="input an array"),
    pytest.param(_call(input=None), "/calls/0/input", id="input null"),
    pytest.param(_call(input={}), "/calls/0/input/code", id="input without a required field"),
    pytest.param(_call(input={"code": "AB123", "days": True}), "/calls/0/input/days", id="true for an integer"),
    pytest.param(_call(input={"code": "AB123", "days": "5"}), "/calls/0/input/days", id="text for an integer"),
    pytest.param(_call(input={"code": "AB123", "days": 5.0}), "/calls/0/input/days", id="5.0 for an integer"),
    pytest.param(_call(input={"code": "AB123", "days": -1}), "/calls/0/input/days", id="negative where positive"),
    pytest.param(_call(input={"code": "AB123", "days": 10**40}), "/calls/0/input/days", id="10^40"),
    pytest.param(_call(input={"code": "AB123", "days": 10**4301}), "/calls/0/input/days", id="4,302 digits"),
    pytest.param(_call(input={"code": float("nan")}), "/calls/0/input/code", id="NaN"),
    pytest.param(_call(input={"code": float("inf")}), "/calls/0/input/code", id="infinity"),
    pytest.param(_call(input={"code": "\ud800"}), "/calls/0/input/code", id="lone surrogate"),
    pytest.param(_call(input={"code": "   "}), "/calls/0/input/code", id="blanks for a code"),
    pytest.param(_call(input={"code": "x" * 2_000_000}), "/calls/0/input/code", id="2 MB of text"),
    pytest.param(_call(input={"code": "AB123\n"}), "/calls/0/input/code", id="a code with a line's end"),
    pytest.param(_call(input={"code": _deep(61)}), "", id="65 levels deep"),
    pytest.param(_call(input={"code": _deep(5000)}), "", id="5,000 levels deep"),
    pytest.param(_call(input={"code": {"$from": "c1", "pointer": ""}}), "/calls/0/input/code", id="$from"),
    pytest.param(_call(input={"$from": "c1"}), "/calls/0/input", id="$from as the input"),
    pytest.param(_call(input={"tags": [{"x": {"$from": 1}}]}), "/calls/0/input/tags/0/x", id="$from deep inside"),
    pytest.param(_call(call_id=""), "/calls/0/call_id", id="empty call_id"),
    pytest.param(_call(call_id="#execution"), "/calls/0/call_id", id="the execution's own key"),
    pytest.param(_call(call_id="c" * 65), "/calls/0/call_id", id="call_id of 65 characters"),
    pytest.param(_call(call_id="a/../b"), "/calls/0/call_id", id="call_id with a path"),
    pytest.param(_call(call_id="c1\n"), "/calls/0/call_id", id="call_id with a line's end"),
    pytest.param(_call(timeout_seconds=0), "/calls/0/timeout_seconds", id="timeout 0"),
    pytest.param(_call(timeout_seconds=-1), "/calls/0/timeout_seconds", id="timeout -1"),
    pytest.param(_call(timeout_seconds=1e9), "/calls/0/timeout_seconds", id="timeout 1e9"),
    pytest.param(_call(timeout_seconds="10"), "/calls/0/timeout_seconds", id="timeout as text"),
    pytest.param(_call(timeout_seconds=True), "/calls/0/timeout_seconds", id="timeout true"),
    pytest.param(_call(max_retries=-1), "/calls/0/max_retries", id="negative retries"),
    pytest.param(_call(max_retries=11), "/calls/0/max_retries", id="11 retries"),
    pytest.param(_call(max_retries=1.0), "/calls/0/max_retries", id="1.0 retries"),
    pytest.param(_call(retry={"jitter": 2}), "/calls/0/retry/jitter", id="jitter 2"),
    pytest.param(_call(retry={"backoff": "linear"}), "/calls/0/retry/backoff", id="unknown backoff"),
    pytest.param(
        _call(retry={"initial_delay_seconds": 5, "max_delay_seconds": 1}),
        "/calls/0/retry",
        id="delays the wrong way round",
    ),
    pytest.param(_call(fallbacks={}), "/calls/0/fallbacks", id="fallbacks an object"),
    pytest.param(_call(fallbacks=[GOOD] * 6), "/calls/0/fallbacks", id="six fallbacks"),
    pytest.param(
        _call(fallbacks=[{**GOOD, "tool_name": "x"}]), "/calls/0/fallbacks/0/tool_name", id="unknown fallback"
    ),
    pytest.param(
        _call(fallbacks=[{**GOOD, "input": {}}]), "/calls/0/fallbacks/0/input/code", id="fallback's bad input"
    ),
    pytest.param(
        _call(fallbacks=[{**GOOD, "fallbacks": []}]), "/calls/0/fallbacks/0/fallbacks", id="fallback of a fallback"
    ),
    pytest.param(_call(function_name="orders-lambda"), "/calls/0/function_name", id="another tool's function"),
    pytest.param(_call(reasoning="x" * 2_001), "/calls/0/reasoning", id="long reasoning"),
    pytest.param(_call(metadata=[]), "/calls/0/metadata", id="metadata an array"),
    pytest.param(_call(metadata={"a": "x" * 2_048}), "/calls/0/metadata", id="metadata over 2 KB"),
    pytest.param(_call(metadata={"a": "ä" * 1_024}), "/calls/0/metadata", id="metadata over 2 KB in bytes only"),
    pytest.param(_request(timeout_seconds=0), "/timeout_seconds", id="execution's timeout 0"),
    pytest.param(_request(timeout_seconds=86_401), "/timeout_seconds", id="execution's timeout over a day"),
    pytest.param(_request(max_concurrency=0), "/max_concurrency", id="concurrency 0"),
    pytest.param(_request(max_concurrency=41), "/max_concurrency", id="concurrency 41"),
    pytest.param(_request(mode="race"), "/mode", id="unknown mode"),
    pytest.param(_request(correlation_id="a b"), "/correlation_id", id="correlation_id with a blank"),
    pytest.param(_request(correlation_id="x" * 129), "/correlation_id", id="correlation_id of 129 characters"),
    pytest.param(_request(caller=""), "/caller", id="empty caller"),
]


@pytest.mark.parametrize(("value", "pointer"), CASES)
def test_a_bad_request_is_refused_where_it_is_bad(value: object, pointer: str) -> None:
    problems = problems_of(value)

    assert pointer in {problem.pointer for problem in problems}
    for problem in problems:
        assert resolves(problem.pointer, value)
        assert problem.message.endswith((".", "?"))
        assert len(problem.message) < 300


@pytest.mark.parametrize("key", sorted(RESERVED_METADATA))
def test_metadata_that_the_executor_writes_itself_is_refused(key: str) -> None:
    assert [problem.pointer for problem in problems_of(_call(metadata={key: 1}))] == [f"/calls/0/metadata/{key}"]


def test_an_unknown_tool_is_told_by_its_own_code_with_close_names() -> None:
    (problem,) = problems_of(_call(tool_name="lookup"))

    assert problem.error_code is ErrorCode.TOOL_NOT_FOUND
    assert problem.hint == "Did you mean 'look_up'?"


@pytest.mark.parametrize(
    ("value", "pointer", "hint"),
    [
        (_call(timeout_secs=1), "/calls/0/timeout_secs", "Did you mean 'timeout_seconds'?"),
        (_request(max_concurency=1), "/max_concurency", "Did you mean 'max_concurrency'?"),
        (_call(retry={"jiter": 1}), "/calls/0/retry/jiter", "Did you mean 'jitter'?"),
        (_call(input={"code": "AB123", "day": 1}), "/calls/0/input/day", "Did you mean 'days'?"),
    ],
)
def test_a_misspelt_field_is_told_with_the_one_it_may_have_meant(value: Any, pointer: str, hint: str) -> None:
    (problem,) = problems_of(value)

    assert (problem.pointer, problem.message, problem.hint) == (pointer, "This field is not known.", hint)


@pytest.mark.parametrize(
    "value", [_call(call_id="#x"), _call(idempotency_key=""), _request(correlation_id="a b")], ids=str
)
def test_no_regular_expression_of_the_contract_reaches_a_person(value: Any) -> None:
    (problem,) = problems_of(value)

    assert "^" not in problem.message
    assert "characters" in problem.message or "1 to 64" in problem.message


def test_a_hundred_thousand_unknown_fields_are_told_by_their_number() -> None:
    problems = problems_of(_request(**{f"k{number}": 1 for number in range(100_000)}))

    assert problems[-1].message == "80,000 more problems are not told."


def test_a_request_without_calls_is_told_so_in_a_sentence_of_ours() -> None:
    (problem,) = problems_of({"calls": []})

    assert (problem.pointer, problem.message) == ("/calls", "There should be at least 1 call.")


def test_a_problem_of_the_input_has_another_code_than_one_of_the_request() -> None:
    problems = problems_of(_call(input={}, call_id=""))

    assert {problem.pointer: problem.error_code for problem in problems} == {
        "/calls/0/call_id": ErrorCode.INVALID_REQUEST,
        "/calls/0/input/code": ErrorCode.INVALID_INPUT,
    }


def test_a_call_id_used_twice_is_told_with_the_place_of_the_first() -> None:
    (problem,) = problems_of({"calls": [GOOD, {**GOOD, "call_id": "x"}, {**GOOD, "call_id": "x"}]})

    assert problem.pointer == "/calls/2/call_id"
    assert "/calls/1/call_id" in problem.message


def test_all_problems_of_all_calls_come_at_once() -> None:
    bad = {"tool_name": "look_up", "input": {"code": 1, "days": 0}, "max_retries": -1, "call_id": "x"}

    pointers = [problem.pointer for problem in problems_of({"calls": [bad, {"tool_name": "?"}, bad], "mode": "race"})]

    assert len(pointers) == len(set(pointers))
    assert set(pointers) == {
        "/mode", "/calls/1/tool_name", "/calls/1/input", "/calls/2/call_id",
        *(f"/calls/{call}/{field}" for call in (0, 2) for field in ("max_retries", "input/code", "input/days")),
    }  # fmt: skip
