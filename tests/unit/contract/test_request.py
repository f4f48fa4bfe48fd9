"""What a good request amounts to, and that nothing but the one error comes of any other."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.contract.json_values import AWKWARD, json_values
from tests.unit.contract.small_catalog import CATALOG
from tests.unit.contract.test_request_checks import GOOD, problems_of, resolves
from tool_contract import strict_json
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.limits import MAX_CALLS
from tool_contract.problems import Problem
from tool_contract.request import ExecutionRequest, check_request

#: Step Functions cuts a cause off here.
CAUSE_CHARACTERS = 32_768

_calls = st.fixed_dictionaries(
    {},
    optional={
        "tool_name": st.sampled_from(["look_up", "set_level", "place_order", "lookup", "", 5]),
        "input": json_values()
        | st.fixed_dictionaries({"code": json_values()}, optional={"days": st.integers(-5, 100)}),
        "call_id": st.sampled_from(["a", "b", "", "#", 1]),
        "timeout_seconds": st.sampled_from(AWKWARD),
        "max_retries": st.sampled_from(AWKWARD),
        "retry": json_values()
        | st.fixed_dictionaries({}, optional={"jitter": json_values(), "backoff": json_values()}),
        "fallbacks": json_values() | st.lists(st.just(GOOD), max_size=7),
        "function_name": st.sampled_from(["stock-desk-lambda", "orders-lambda", "", None, 3]),
        "metadata": json_values(),
        "reasoning": st.sampled_from(AWKWARD),
        "unknown": st.just(1),
    },
)
REQUESTS = json_values() | st.fixed_dictionaries(
    {"calls": st.lists(_calls, max_size=4) | json_values()},
    optional={
        name: st.sampled_from(AWKWARD) for name in ("mode", "caller", "correlation_id", "max_concurrency", "unknown")
    },
)


@given(REQUESTS)
def test_any_json_value_is_a_request_or_a_complaint_with_pointers(value: object) -> None:
    try:
        request = check_request(value, CATALOG)
    except InvalidRequestError as refused:
        error = refused
    else:
        assert isinstance(request, ExecutionRequest)
        return

    assert error.problems
    assert all(resolves(problem.pointer, value) for problem in error.problems)
    assert len(json.dumps(json.dumps(error.to_json(), ensure_ascii=False), ensure_ascii=False)) < CAUSE_CHARACTERS


@pytest.mark.parametrize(
    "value", [{1, 2}, b"{}", {"calls": {"a"}}, {"calls": [{**GOOD, "input": {"code": object()}}]}, {1: 2}]
)
def test_a_python_value_that_is_no_json_is_a_complaint_too(value: object) -> None:
    assert problems_of(value)


def test_a_request_of_tuples_and_enums_is_checked_as_the_json_that_it_is_sent_as() -> None:
    class Tool(StrEnum):
        REAL = "look_up"
        UNREAL = "look_down"

    assert check_request({"calls": ({**GOOD, "tool_name": Tool.REAL},)}, CATALOG).calls[0].tool_name == "look_up"
    assert [problem.pointer for problem in problems_of({"calls": ({**GOOD, "tool_name": Tool.UNREAL},)})] == [
        "/calls/0/tool_name"
    ]


def test_only_tool_name_and_input_are_required() -> None:
    request = check_request({"calls": [GOOD]}, CATALOG)

    assert (request.mode, request.timeout_seconds, request.max_concurrency) == ("parallel", 300, None)
    (call,) = request.calls
    assert (call.call_id, call.timeout_seconds, call.max_retries, call.fallbacks) == (None, None, None, [])


def test_every_field_at_its_limits_is_taken() -> None:
    call = {
        **GOOD, "call_id": "A.b_c:1-" * 8, "timeout_seconds": 840, "max_retries": 10, "reasoning": "x" * 2_000,
        "function_name": "stock-desk-lambda", "metadata": {"a": "x" * 2_040}, "fallbacks": [GOOD] * 5,
        "retry": {"initial_delay_seconds": 0, "max_delay_seconds": 3_600, "backoff": "fixed", "jitter": 1},
    }  # fmt: skip

    request = check_request(
        {
            "calls": [call], "correlation_id": "!" * 128, "mode": "sequence", "timeout_seconds": 86_400,
            "max_concurrency": 40, "caller": "x" * 128,
        },
        CATALOG,
    )  # fmt: skip

    assert [candidate.tool_name for candidate in request.calls[0].candidates] == ["look_up"] * 6


def test_250_calls_are_taken() -> None:
    assert len(check_request({"calls": [GOOD] * MAX_CALLS}, CATALOG).calls) == MAX_CALLS


@pytest.mark.parametrize(
    "problems",
    [
        pytest.param([Problem(pointer="/calls/0", message="x" * 900)] * 1_000, id="many long ones"),
        pytest.param([Problem(pointer='/"', message='"\\' * 50)] * 10_000, id="quotes, escaped twice"),
        pytest.param([Problem(pointer="", message="x" * 100_000)], id="one that alone is too long"),
        pytest.param([Problem(pointer="", message="\x01" * 500)] * 100, id="control characters"),
    ],
)
def test_a_complaint_fits_into_a_cause_whatever_is_in_it(problems: list[Problem]) -> None:
    complaint = InvalidRequestError(problems).to_json()

    assert len(json.dumps(json.dumps(complaint))) < CAUSE_CHARACTERS
    assert f"of {len(problems)} problems are listed" in complaint["hint"]
    assert complaint["error"].startswith(f"The request has {len(problems)} problem")


def test_a_complaint_has_the_one_shape_of_an_error() -> None:
    complaint = InvalidRequestError([Problem(pointer="/a", message="Wrong.")]).to_json()

    assert complaint == {
        "error_code": "InvalidRequest",
        "error": "The request has 1 problem; nothing was run.",
        "retryable": False,
        "details": [{"pointer": "/a", "message": "Wrong.", "error_code": "InvalidInput"}],
    }
    assert strict_json.dumps(complaint)


def test_thousands_of_unknown_fields_are_told_without_their_bulk() -> None:
    tool_input: dict[str, Any] = {"code": "AB123", **{f"field{number}": 1 for number in range(20_000)}}

    with pytest.raises(InvalidRequestError) as refused:
        check_request({"calls": [{**GOOD, "input": tool_input}]}, CATALOG)

    assert len(refused.value.problems) == 20_000
    assert len(json.dumps(json.dumps(refused.value.to_json()))) < CAUSE_CHARACTERS
