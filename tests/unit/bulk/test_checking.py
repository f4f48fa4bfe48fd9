"""Each line is checked as every gate checks a call, before anything is run."""

from __future__ import annotations

import functools
import math
import uuid
from typing import Any

import pytest

from tests.unit.bulk.bulk_lines import catalog, checker, echo, prepare
from tool_contract import strict_json
from tool_contract.preflight import preflight
from tool_contract.request import ExecutionRequest
from tool_contract.secret import ONE_TIME_PREFIX, Secret
from tool_executor import ToolCall
from tool_executor.bulk.checking import CheckedCall
from tool_executor.bulk.source import Line


def problems(value: Any, line: int = 1) -> list[tuple[str, str]]:
    found = checker().check(Line(line, value))
    return [] if isinstance(found, CheckedCall) else [(each.pointer, str(each.error_code)) for each in found]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ({"tool_name": "eccho", "input": {}}, [("/tool_name", "ToolNotFound")]),
        ({"tool_name": "echo", "input": {"text": 5}}, [("/input/text", "InvalidInput")]),
        ({"tool_name": "echo"}, [("/input", "InvalidInput")]),
        (echo(max_retries=11), [("/max_retries", "InvalidRequest")]),
        (echo(call_id=5), [("/call_id", "InvalidRequest")]),
        (echo(unknown=1), [("/unknown", "InvalidRequest")]),
        ({"tool_name": "echo", "input": {"seconds": math.nan}}, [("/input/seconds", "InvalidInput")]),
        ([], [("", "InvalidRequest")]),
        ("text", [("", "InvalidRequest")]),
        (None, [("", "InvalidRequest")]),
    ],
)
def test_what_is_wrong_with_a_call_is_told_by_its_place_in_the_line(call: Any, expected: list[tuple[str, str]]) -> None:
    assert problems(call) == expected


def test_a_call_is_named_after_its_line_unless_it_has_a_name() -> None:
    own = checker()
    first, second = own.check(Line(7, echo())), own.check(Line(8, echo(call_id="mine")))

    assert isinstance(first, CheckedCall)
    assert isinstance(second, CheckedCall)
    assert (first.request.call_id, second.request.call_id) == ("line-7", "mine")


def test_a_call_id_that_is_null_is_none_as_in_a_request() -> None:
    own = checker()
    found = [own.check(Line(number, echo(call_id=None))) for number in (1, 2)]

    assert [each.request.call_id for each in found if isinstance(each, CheckedCall)] == ["line-1", "line-2"]


def test_a_call_id_may_be_used_once_in_a_bulk_however_far_apart() -> None:
    own = checker()
    for number in range(1, 301):
        assert isinstance(own.check(Line(number, echo())), CheckedCall)
    repeated = own.check(Line(301, echo(call_id="line-2")))

    assert isinstance(repeated, list)
    assert [(each.pointer, str(each.error_code)) for each in repeated] == [("/call_id", "InvalidRequest")]


@pytest.mark.parametrize("secret", [Secret("hunter2"), {"secret_ref": f"{ONE_TIME_PREFIX}{uuid.uuid4()}"}])
def test_a_one_time_secret_is_refused_for_a_bulk_may_be_resumed_when_it_is_gone(secret: Any) -> None:
    call = {"tool_name": "echo", "input": {"text": secret}}

    assert problems(call) == [("/input", "SecretInRequest")]
    assert problems({**echo(), "fallbacks": [call]}) == [("/input", "SecretInRequest")]


def test_a_programs_call_is_taken_with_what_its_executor_says_of_calls() -> None:
    found = checker().check(Line(1, ToolCall("echo", {"text": "x"}, max_retries=1)))

    assert isinstance(found, CheckedCall)
    assert found.request.max_retries == 1


def nested(levels: int) -> dict[str, Any]:
    return functools.reduce(lambda value, _: {"x": value}, range(levels - 1), {})


def test_a_call_may_be_nested_as_deep_as_its_batch_can_be_read_again() -> None:
    prepared = prepare([echo(metadata=nested(60))])
    (line,) = prepared.batches.read_text("utf-8").splitlines()
    prepared.discard()

    strict_json.parse(line)
    assert problems(echo(metadata=nested(61))) == [("/metadata", "InvalidRequest")]
    assert problems({"tool_name": "echo", "input": nested(61)}) == [("/input", "InvalidInput")]
    assert problems({"tool_name": "echo", "input": nested(70)}) == [("", "InvalidRequest")]


def test_what_is_no_call_is_told() -> None:
    assert problems(object()) == [("", "InvalidRequest")]


def test_a_weight_is_what_one_call_more_adds_to_an_executions_plan_and_history() -> None:
    call = checker().check(Line(1, echo(max_retries=2, fallbacks=[echo()])))
    assert isinstance(call, CheckedCall)
    ids = [f"{number:064}" for number in range(4)]
    whole = preflight(
        ExecutionRequest(calls=[call.request.model_copy(update={"call_id": own_id}) for own_id in ids]), catalog()
    )
    frame = preflight(ExecutionRequest(calls=[call.request.model_copy(update={"call_id": ids[0]})]), catalog())

    assert whole.plan_bytes == frame.plan_bytes + 3 * call.weight.plan_bytes
    assert whole.worst_case_events == frame.worst_case_events + 3 * call.weight.events


def test_a_line_cannot_refer_to_another_lines_result() -> None:
    refers = {"text": {"$from": "line-1", "pointer": "/text"}}
    found = checker().check(Line(2, echo(input=refers, fallbacks=[{"tool_name": "echo", "input": refers}])))

    assert not isinstance(found, CheckedCall)
    assert [each.pointer for each in found] == ["/input/text", "/fallbacks/0/input/text"]
    assert found[0].message == "A bulk's calls know nothing of each other's results."
    assert "docs/plans.md" in str(found[0].hint)
