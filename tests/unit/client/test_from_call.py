"""How a program refers to earlier results: small to write, refused where it means nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.client.fake_executor import FakeExecutor
from tool_executor import FromCall, InvalidRequestError, ToolCall, ToolExecutionRequest, ToolExecutionResult
from tool_executor.agents import BaseAgent, Orchestrator, Step
from tool_executor.batches import Defaults, sequence_batch

RISKS = ToolCall("identify_stockout_risks", {"warehouse_code": "WH001"}, call_id="risks")


def test_a_calls_result_is_written_as_it_would_be_read() -> None:
    part = RISKS.result["risks"][0]["product_code"]

    assert part == FromCall("risks", "/risks/0/product_code")
    assert part.to_json() == {"$from": "risks", "pointer": "/risks/0/product_code"}
    assert FromCall("risks")["a/b"]["~"].pointer == "/a~1b/~0"
    assert RISKS.result.to_json() == {"$from": "risks", "pointer": ""}


@pytest.mark.parametrize("kind", [ToolCall, ToolExecutionRequest])
def test_it_stands_anywhere_in_an_input_and_in_a_fallbacks(kind: Any) -> None:
    part, field = RISKS.result["as_of"], {ToolCall: "parameters", ToolExecutionRequest: "input_data"}[kind]
    call = kind("t", **{field: {"a": [part, {"b": part}]}}, fallbacks=[kind("u", **{field: {"c": part}})])

    sent = sequence_batch([RISKS, call], Defaults({}, 1), None, "k").request["calls"][1]

    assert sent["input"] == {"a": [part.to_json(), {"b": part.to_json()}]}
    assert sent["fallbacks"] == [{"tool_name": "u", "input": {"c": part.to_json()}}]


def test_a_call_without_a_name_cannot_be_referred_to() -> None:
    with pytest.raises(ValueError, match="call_id"):
        _ = ToolCall("look_up").result


@pytest.mark.parametrize("pointer", ["risks", "/a~2", 5])
def test_what_is_no_pointer_is_refused_where_it_is_written(pointer: Any) -> None:
    with pytest.raises(ValueError, match="JSON pointer"):
        FromCall("c1", pointer)


@pytest.mark.parametrize("step", [-1, True, 1.0, None, slice(1)])
def test_a_result_is_entered_by_names_and_indexes_alone(step: Any) -> None:
    with pytest.raises(TypeError, match="index from 0 on"):
        _ = RISKS.result[step]


def test_a_result_that_is_not_there_yet_cannot_be_gone_through() -> None:
    with pytest.raises(TypeError, match="before it is run"):
        list(RISKS.result)


@pytest.mark.parametrize("made", [str, "{}".format, "{:>9}".format, lambda part: f"{part}"])
def test_a_result_that_is_not_there_yet_cannot_be_made_text(made: Any) -> None:
    with pytest.raises(TypeError, match="cannot be made text before it is run"):
        made(RISKS.result["as_of"])
    assert repr(RISKS.result) == f"{RISKS.result!r}" == "FromCall(call_id='risks', pointer='')"


def orchestrator(executor: FakeExecutor) -> Orchestrator:
    return Orchestrator(tool_executor=executor, agents={"one": BaseAgent()})


def test_a_steps_input_may_be_a_part_of_an_earlier_steps_result() -> None:
    executor = FakeExecutor({"a": ToolExecutionResult.succeeded("a", {"items": [{"code": "AB1"}]})})
    steps = [
        Step("a", "one", "a"),
        Step("b", "one", "b", {"code": FromCall("a", "/items/0/code"), "x": [1]}, after="a"),
    ]

    result = orchestrator(executor).run_sync(steps)

    assert result.success
    assert executor.asked[-1]["input"] == {"code": "AB1", "x": [1]}


@pytest.mark.parametrize(
    ("answer", "said"),
    [({"items": []}, "has nothing at '/items/0'"), ({"items": [{"secret_ref": "shop"}]}, "names a secret")],
)
def test_where_a_steps_result_cannot_be_used_the_step_fails_and_runs_nothing(answer: Any, said: str) -> None:
    executor = FakeExecutor({"a": ToolExecutionResult.succeeded("a", answer)})

    result = orchestrator(executor).run_sync(
        [Step("a", "one", "a"), Step("b", "one", "b", {"x": FromCall("a", "/items/0")}, after="a")]
    )

    assert said in str(result.results["b"].error)
    assert [asked["tool_name"] for asked in executor.asked] == ["a"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"x": FromCall("a")}, "The step refers to the result of 'a', and does not come after it."),
        ({"x": {"$from": 1}}, "This is no reference to a step's result."),
    ],
)
def test_a_plan_whose_references_mean_nothing_is_refused_before_it_runs(given: Any, said: str) -> None:
    executor = FakeExecutor()

    with pytest.raises(InvalidRequestError) as refused:
        orchestrator(executor).run_sync([Step("a", "one", "a"), Step("b", "one", "b", given)])

    assert [(problem["pointer"], problem["message"]) for problem in refused.value.problems] == [
        ("/steps/1/input/x", said)
    ]
    assert executor.asked == []


def test_a_plan_in_which_a_result_would_name_a_secret_is_refused_before_it_runs() -> None:
    """Or the text of a page chooses which of the stage's secrets is typed into it."""
    executor = FakeExecutor()
    typed = {"text": {"secret_ref": FromCall("page", "/text")}, "more": [{"secret_ref": {"$from": "page"}}]}

    with pytest.raises(InvalidRequestError) as refused:
        orchestrator(executor).run_sync([Step("page", "one", "a"), Step("login", "one", "type", typed, after="page")])

    assert [(problem["pointer"], problem["error_code"]) for problem in refused.value.problems] == [
        ("/steps/1/input/text/secret_ref", "SecretInRequest"),
        ("/steps/1/input/more/0/secret_ref", "SecretInRequest"),
    ]
    assert executor.asked == []


def test_a_steps_input_never_gets_a_secrets_name_from_a_result() -> None:
    """Whoever makes an input without having asked for the plan's problems gets none either."""
    page = ToolExecutionResult.succeeded("a", {"text": "shop/database"})
    step = Step("login", "one", "type", {"text": {"secret_ref": FromCall("page", "/text")}}, after="page")

    with pytest.raises(LookupError, match="names a secret that the plan does not"):
        step.input_from({"page": page})


def test_a_step_that_names_a_secret_itself_may_take_results_beside_it() -> None:
    page = ToolExecutionResult.succeeded("a", {"text": "shop/database"})
    given = {"password": {"secret_ref": "shop/login"}, "user": FromCall("page", "/text")}

    made = Step("login", "one", "type", given, after="page").input_from({"page": page})

    assert made == {"password": {"secret_ref": "shop/login"}, "user": "shop/database"}
