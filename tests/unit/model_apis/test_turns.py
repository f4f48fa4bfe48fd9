"""A turn's calls: each checked by itself, all that can be run in one execution, answers in the model's order."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.model_apis.turn_executor import TurnExecutor
from tool_contract.catalog import Catalog, load_catalog
from tool_contract.envelope import CallStatus
from tool_contract.errors import Effect, ErrorCode
from tool_executor import InvalidRequestError, Secret, ServiceError, ToolExecutionResult, ToolNotFoundError
from tool_executor.errors import CallerLimitExceededError
from tool_executor.model_apis.model_call import ModelCall
from tool_executor.model_apis.toolset import Toolset

REORDER = {"warehouse_code": "WH001"}
FORECAST = {"product_code": "P001", "warehouse_code": "WH001"}


def results(executor: TurnExecutor, calls: list[ModelCall], **options: Any) -> list[ToolExecutionResult]:
    return asyncio.run(Toolset(executor=executor, **options).results(calls))


def call(call_id: str, name: str = "calculate_reorder_points", arguments: Any = REORDER) -> ModelCall:
    return ModelCall.of_value(call_id, name, arguments)


def test_calls_that_cannot_be_run_are_failures_by_themselves_and_the_rest_is_one_execution() -> None:
    executor = TurnExecutor()
    told = results(
        executor,
        [
            call("a"),
            call("b", "calculate_reorder_pionts"),
            call("c", arguments={"warehouse_code": 1}),
            ModelCall.of_text("d", "forecast_demand", '{"product_code": '),
            call("e", "forecast_demand", FORECAST),
        ],
    )
    assert [one.status.value for one in told] == ["success", "failed", "failed", "failed", "success"]
    assert [one.error_code for one in told] == [None, "ToolNotFound", "InvalidInput", "InvalidInput", None]
    assert [one.call_id for one in told[1:4]] == ["b", "c", "d"]
    assert {one.effect for one in told[1:4]} == {Effect.NONE}
    assert told[1].details[0].hint == "Did you mean 'calculate_reorder_points'?"
    assert told[2].details[0].pointer == "/warehouse_code"
    assert told[3].error is not None
    assert told[3].error.startswith("The arguments cannot be read: Not JSON")
    assert [[one["call_id"] for one in execution["calls"]] for execution in executor.executions] == [["a", "e"]]


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize("depth", [100, 900, 5_000])
def test_arguments_too_deep_to_be_walked_through_cost_the_other_calls_nothing(depth: int, *, strict: bool) -> None:
    deep: Any = "x"
    for _ in range(depth):
        deep = {"a": deep}
    calls = [call("a", arguments={"warehouse_code": deep}), call("e", "forecast_demand", FORECAST)]
    told = results(TurnExecutor(), calls, strict=strict)
    assert told[0].error == "The arguments cannot be used: The JSON is nested deeper than 64 levels."
    assert told[1].is_success


def test_where_nothing_can_be_run_nothing_is() -> None:
    executor = TurnExecutor()
    assert results(executor, [call("a", "nothing")])[0].is_failure
    assert executor.executions == []


def test_a_tool_that_is_not_offered_cannot_be_called() -> None:
    executor = TurnExecutor()
    (told,) = results(executor, [call("a", "click", {"selector": "#x"})], read_only=True)
    assert told.error_code is ErrorCode.TOOL_NOT_FOUND
    assert executor.executions == []


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ({"names": ["forecast_demand", "forecast"]}, "/names/1"),
        ({"names": ["click"], "read_only": True}, "/names/0"),
        ({"names": ["click"], "groups": ["inventory-optimizer"]}, "/names/0"),
        ({"groups": ["inventory"]}, "/groups/0"),
        ({"names": []}, "/names"),
        ({"names": "forecast_demand"}, "/names"),
    ],
)
def test_what_cannot_be_offered_is_refused_by_name(options: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        results(TurnExecutor(), [call("a")], **options)
    assert [problem["pointer"] for problem in refused.value.problems] == [pointer]


def test_a_name_that_there_is_not_is_told_as_such() -> None:
    with pytest.raises(ToolNotFoundError):
        results(TurnExecutor(), [call("a")], names=["forecast"])


def test_a_sequence_stops_at_the_call_that_cannot_be_run() -> None:
    executor = TurnExecutor()
    told = results(executor, [call("a"), call("b", arguments={}), call("c")], mode="sequence")
    assert [one.status for one in told] == [CallStatus.SUCCESS, CallStatus.FAILED, CallStatus.SKIPPED]
    assert [execution["mode"] for execution in executor.executions] == ["sequence"]
    assert [one["call_id"] for one in executor.asked] == ["a"]


def test_what_the_planner_alone_refuses_is_refused_and_the_rest_is_run() -> None:
    problem = {"pointer": "/calls/1/input/warehouse_code", "message": "No.", "error_code": "InvalidInput"}
    executor = TurnExecutor(refusals=[InvalidRequestError("1 problem", [problem])])
    told = results(executor, [call("x", "nothing"), call("a"), call("b"), call("c")])
    assert [one.success for one in told] == [False, True, False, True]
    assert told[2].details[0].pointer == "/warehouse_code"
    assert [one["call_id"] for one in executor.asked] == ["a", "c"]


def test_more_calls_than_one_execution_holds_are_several_and_a_refusal_is_of_its_own_one() -> None:
    problem = {"pointer": "/calls/0", "message": "No.", "error_code": "InvalidInput"}
    executor = TurnExecutor(refusals=[None, InvalidRequestError("1 problem", [problem])])
    told = results(executor, [call(f"c{number}") for number in range(300)])
    assert [place for place, one in enumerate(told) if one.is_failure] == [250]
    asked = [one["call_id"] for one in executor.asked]
    assert asked == [f"c{number}" for number in range(300) if number != 250]
    assert [len(execution["calls"]) for execution in executor.executions] == [250, 49]


@pytest.mark.parametrize(
    ("error", "code", "effect"),
    [
        (ServiceError("AWS did not answer."), ErrorCode.OUTCOME_UNKNOWN, Effect.UNKNOWN),
        (CallerLimitExceededError("Too many.", []), ErrorCode.INVALID_REQUEST, Effect.NONE),
    ],
)
def test_what_befalls_a_later_execution_of_a_turn_costs_the_earlier_ones_results_nothing(
    error: Exception, code: ErrorCode, effect: Effect
) -> None:
    told = results(TurnExecutor(refusals=[None, error]), [call(f"c{number}") for number in range(501)])
    assert all(one.success for one in told[:250])
    assert {(one.error_code, one.effect) for one in told[250:500]} == {(code, effect)}
    assert told[500].status is CallStatus.SKIPPED


def test_a_turns_time_is_for_all_of_its_executions() -> None:
    executor = TurnExecutor()
    told = results(executor, [call(f"c{number}") for number in range(251)], timeout=1e-9)
    assert told[250].error_code is ErrorCode.DEADLINE_EXCEEDED
    assert len(executor.executions) == 1


@pytest.mark.parametrize(
    "error",
    [
        InvalidRequestError("1 problem", [{"pointer": "/caller", "message": "No.", "error_code": "CallerUnknown"}]),
        CallerLimitExceededError(
            "1 problem", [{"pointer": "/calls/0", "message": "No.", "error_code": "CallerLimitExceeded"}]
        ),
        ServiceError("AWS did not answer."),
    ],
)
def test_what_is_no_calls_fault_is_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        results(TurnExecutor(refusals=[error]), [call("a")])


def test_a_model_may_use_the_secrets_that_it_was_given_and_no_others() -> None:
    executor = TurnExecutor()
    kept, guessed = {"secret_ref": "shop"}, {"secret_ref": "prod/database"}
    told = results(
        executor,
        [call("a", "type", {"selector": "#p", "text": kept}), call("b", "type", {"selector": "#p", "text": guessed})],
        secrets={"shop": "shop/password"},
    )
    assert [one.error_code for one in told] == [None, ErrorCode.REFUSED]
    assert told[1].details[0].pointer == "/text/secret_ref"
    assert executor.asked[0]["input"]["text"] == {"secret_ref": "shop/password"}


def test_without_secrets_given_none_may_be_used() -> None:
    executor = TurnExecutor()
    (told,) = results(executor, [call("a", "type", {"selector": "#p", "text": {"secret_ref": "shop"}})])
    assert told.error_code is ErrorCode.REFUSED
    assert executor.executions == []


def test_a_secret_given_in_clear_is_handed_on_as_a_secret() -> None:
    executor = TurnExecutor()
    results(
        executor,
        [call("a", "type", {"selector": "#p", "text": {"secret_ref": "shop"}})],
        secrets={"shop": Secret("tiger")},
    )
    given = executor.asked[0]["input"]["text"]
    assert isinstance(given, Secret)
    assert given.reveal() == "tiger"


def test_a_conversation_that_is_run_again_asks_for_the_same_calls_once() -> None:
    executor = TurnExecutor()
    for _ in range(2):
        results(executor, [call("toolu_1"), call("ü")], once=True, correlation_id="order-4711")
    keys = [one["idempotency_key"] for one in executor.asked]
    assert keys[:2] == keys[2:]
    assert keys[0] == "order-4711/toolu_1"
    assert keys[1].isascii()
    assert {execution["correlation_id"] for execution in executor.executions} == {"order-4711"}


def test_calls_without_ids_are_never_taken_for_each_other() -> None:
    executor = TurnExecutor()
    results(executor, [call(""), call(""), call("a"), call("a")], once=True, correlation_id="order-4711")
    keys = [one.get("idempotency_key") for one in executor.asked]
    assert keys[:3] == [None, None, "order-4711/a"]
    assert keys[3] not in {None, keys[2]}


def test_nulls_for_fields_left_out_are_dropped_in_strict_mode_alone() -> None:
    executor = TurnExecutor()
    given = {**FORECAST, "horizon_days": None}
    assert results(executor, [call("a", "forecast_demand", given)], strict=True)[0].success
    assert executor.asked[0]["input"] == FORECAST
    assert results(executor, [call("a", "forecast_demand", given)])[0].is_failure


def test_a_tool_that_has_no_strict_form_is_given_the_nulls_that_the_model_wrote() -> None:
    free = {"type": "object", "properties": {"note": {"type": "string"}}, "additionalProperties": True}
    spec = load_catalog().by_name["forecast_demand"].model_copy(update={"name": "t", "input_schema": free})
    (told,) = results(TurnExecutor(tools=Catalog(tools=(spec,))), [call("a", "t", {"note": None})], strict=True)
    assert told.error_code is ErrorCode.INVALID_INPUT


def test_a_null_that_a_tool_takes_is_kept() -> None:
    executor = TurnExecutor()
    given = {**REORDER, "service_level": None}
    results(executor, [call("a", arguments=given)], strict=True)
    assert executor.asked[0]["input"] == given


@pytest.mark.parametrize("options", [{"once": True}, {"max_result_characters": 10}, {"mode": "both"}])
def test_options_that_cannot_hold_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as told:
        Toolset(executor=TurnExecutor(), **options)
    assert [one["pointer"] for one in told.value.problems] == [f"/{next(iter(options))}"]


@pytest.mark.parametrize("timeout", [-1, 0, float("nan"), 10**6, "5"])
def test_a_timeout_that_no_turn_can_have_is_refused_at_once(timeout: Any) -> None:
    with pytest.raises(InvalidRequestError) as told:
        Toolset(executor=TurnExecutor(), timeout=timeout)
    assert [one["pointer"] for one in told.value.problems] == ["/timeout"]


@pytest.mark.parametrize(
    ("secrets", "pointers"),
    [
        ({"shop": 3, "mail": None, "bank": Secret("tiger")}, ["/secrets/shop", "/secrets/mail"]),
        ({"shop": "tiger with spaces"}, ["/secrets/shop"]),
        ({"a shop": "shop", 3: "shop"}, ["/secrets", "/secrets"]),
        (["shop"], ["/secrets"]),
    ],
)
def test_secrets_that_cannot_be_any_are_refused_at_once_and_not_repeated(secrets: Any, pointers: list[str]) -> None:
    with pytest.raises(InvalidRequestError) as told:
        Toolset(executor=TurnExecutor(), secrets=secrets)
    assert [one["pointer"] for one in told.value.problems] == pointers
    assert "tiger" not in str(told.value.problems)
