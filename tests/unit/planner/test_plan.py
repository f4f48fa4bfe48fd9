"""From a checked request to what the state machine runs and what the history holds."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.planner.plan import make_plan
from tests.unit.contract.small_catalog import CATALOG
from tests.unit.planner.planning import DEPLOYMENT, FUNCTIONS, LOOK_UP, PLACE_ORDER, SET_LEVEL, identity, plan_of
from tests.unit.runtime.fake_clock import START, START_MS
from tool_contract.options import ToolExecutorOptions
from tool_contract.request import check_request

EXACT = {"retry": {"initial_delay_seconds": 2, "jitter": 0}}


def test_the_state_is_what_decide_needs_and_nothing_else() -> None:
    call = {
        **LOOK_UP,
        **EXACT,
        "call_id": "mine",
        "timeout_seconds": 7.5,
        "fallbacks": [{**PLACE_ORDER, "max_retries": 1, **EXACT}],
    }

    assert plan_of(call, correlation_id="k", timeout_seconds=60, max_concurrency=4).state == {
        "execution_id": "e1",
        "correlation_id": "k",
        "mode": "parallel",
        "deadline": "2026-11-20T10:01:00.000Z",
        "max_concurrency": 4,
        "calls": [
            {
                "call_id": "mine",
                "candidates": [
                    {
                        "tool_name": "look_up", "function": FUNCTIONS["stock-desk"], "timeout_seconds": 7.5,
                        "read_only": True, "repeatable": True, "delays": [2, 4],
                    },
                    {
                        "tool_name": "place_order", "function": FUNCTIONS["orders"], "timeout_seconds": 30,
                        "read_only": False, "repeatable": False, "delays": [2],
                    },
                ],
            }
        ],
    }  # fmt: skip


def test_the_executions_row_is_open_until_its_deadline() -> None:
    plan = plan_of(LOOK_UP, SET_LEVEL, correlation_id="k", timeout_seconds=1.5, caller="team-a", mode="sequence")

    assert plan.execution_row == {
        "execution_id": "e1", "call_id": "#execution", "correlation_id": "k", "caller": "team-a", "status": "running",
        "mode": "sequence", "calls": 2, "started_at": START, "deadline": "2026-11-20T10:00:01.500Z",
        "day": "2026-11-20", "open": "0", "expires_at": START_MS // 1000 + 30 * 86_400,
        "execution_arn": "arn:aws:states:eu-central-1:123456789012:execution:tool-executor-prod:e1",
        "route": "workflow", "degraded": None, "trace_id": None,
    }  # fmt: skip


def test_a_calls_row_is_pending_and_holds_its_input_and_its_fallbacks() -> None:
    call = {**LOOK_UP, "fallbacks": [PLACE_ORDER], "reasoning": "Because.", "metadata": {"mine": 1}}

    (row,) = plan_of(call, correlation_id="k").call_rows

    texts = {name: json.loads(row[name]) for name in ("input", "fallbacks", "metadata")}
    assert texts == {"input": LOOK_UP["input"], "fallbacks": [PLACE_ORDER], "metadata": {"mine": 1}}
    assert {name: value for name, value in row.items() if name not in texts} == {
        "execution_id": "e1", "call_id": "c1", "correlation_id": "k", "caller": None,
        "position": 0, "status": "pending", "tool_name": "look_up", "tool_day": "look_up#2026-11-20#0", "attempts": 0,
        "reasoning": "Because.", "use_cache": None, "degraded": None,
        "started_at": START, "expires_at": START_MS // 1000 + 30 * 86_400,
    }  # fmt: skip


def test_no_input_is_in_the_state() -> None:
    plan = plan_of({"tool_name": "set_level", "input": {"code": "canary", "level": 1}, "reasoning": "canary"})

    assert "canary" not in json.dumps(plan.state)


def test_what_a_request_leaves_out_comes_from_the_tool() -> None:
    (call,) = plan_of({**LOOK_UP, "fallbacks": [SET_LEVEL]}).state["calls"]

    assert [(candidate["timeout_seconds"], len(candidate["delays"])) for candidate in call["candidates"]] == [
        (10, 2),
        (30, 3),
    ]


def test_what_neither_request_nor_tool_says_comes_from_the_stages_options() -> None:
    options = ToolExecutorOptions(
        max_retries=1, initial_retry_delay_ms=7_000, max_retry_delay_ms=7_000, timeout_per_tool_ms=1_500,
        max_concurrent_tools=3,
    )  # fmt: skip
    request = check_request({"calls": [LOOK_UP, SET_LEVEL, PLACE_ORDER]}, CATALOG)

    state = make_plan(request, identity(), replace(DEPLOYMENT, options=options)).state

    assert state["max_concurrency"] == 3
    planned = [call["candidates"][0] for call in state["calls"]]
    assert [(candidate["timeout_seconds"], len(candidate["delays"])) for candidate in planned] == [
        (10, 2),
        (1.5, 1),
        (1.5, 0),
    ]
    assert planned[1]["delays"] in ([6], [7])


def test_what_a_request_says_wins_over_the_tool_even_where_it_is_nothing() -> None:
    (call,) = plan_of({**LOOK_UP, "max_retries": 0, "timeout_seconds": 1}).state["calls"]

    assert (call["candidates"][0]["delays"], call["candidates"][0]["timeout_seconds"]) == ([], 1)


def test_without_a_correlation_id_the_execution_correlates_with_itself() -> None:
    plan = plan_of(LOOK_UP)

    assert plan.state["correlation_id"] == "e1"
    assert {row["correlation_id"] for row in (plan.execution_row, *plan.call_rows)} == {"e1"}


def test_a_sequence_runs_one_call_at_a_time() -> None:
    assert plan_of(LOOK_UP, LOOK_UP, mode="sequence", max_concurrency=40).state["max_concurrency"] == 1


@pytest.mark.parametrize(
    ("given_ids", "expected"),
    [
        ([None, None, None], ["c1", "c2", "c3"]),
        (["c2", None, "x"], ["c2", "c2_", "x"]),
        ([None, "c1"], ["c1_", "c1"]),
        ([None, "c1", "c1_"], ["c1__", "c1", "c1_"]),
    ],
)
def test_calls_without_a_name_get_one_that_is_free(given_ids: list[str | None], expected: list[str]) -> None:
    plan = plan_of(*({**LOOK_UP, "call_id": call_id} if call_id else LOOK_UP for call_id in given_ids))

    assert [call["call_id"] for call in plan.state["calls"]] == expected
    assert [(row["call_id"], row["position"]) for row in plan.call_rows] == list(zip(expected, range(9), strict=False))


@given(
    st.lists(st.none() | st.sampled_from([f"c{number}{tail}" for number in range(1, 6) for tail in ("", "_", "__")]))
)
def test_names_never_collide(given_ids: list[str | None]) -> None:
    unique = [
        call_id for number, call_id in enumerate(given_ids) if call_id is None or call_id not in given_ids[:number]
    ]
    plan = plan_of(*({**LOOK_UP, "call_id": call_id} if call_id else LOOK_UP for call_id in [*unique, None]))

    names = [call["call_id"] for call in plan.state["calls"]]
    assert len(set(names)) == len(names)
    assert all(name == call_id for name, call_id in zip(names, unique, strict=False) if call_id)


def _delays(**changes: Any) -> list[list[int]]:
    call = {
        **LOOK_UP,
        "max_retries": 10,
        "retry": {"initial_delay_seconds": 100, "max_delay_seconds": 3_600, "jitter": 1},
    }
    plan = plan_of(call, {**call, "fallbacks": [call]}, **changes)
    return [candidate["delays"] for each in plan.state["calls"] for candidate in each["candidates"]]


def test_the_same_execution_gets_the_same_plan_with_the_same_delays() -> None:
    assert plan_of(LOOK_UP, {**SET_LEVEL, "fallbacks": [LOOK_UP]}) == plan_of(
        LOOK_UP, {**SET_LEVEL, "fallbacks": [LOOK_UP]}
    )
    assert _delays() == _delays()


def test_calls_candidates_and_executions_draw_their_own_delays() -> None:
    drawn = [*_delays(), *_delays(execution_id="e2"), *_delays(started_ms=START_MS + 1)]

    assert len({tuple(delays) for delays in drawn}) == len(drawn) == 9


def test_delays_are_whole_seconds_of_the_calls_own_policy() -> None:
    for delays in _delays():
        assert all(isinstance(delay, int) and 0 <= delay <= 3_600 for delay in delays)


def test_a_client_that_runs_the_calls_itself_gets_delays_as_they_were_drawn() -> None:
    request = check_request({"calls": [{**LOOK_UP, "retry": {"initial_delay_seconds": 0.5}}]}, CATALOG)

    plan = make_plan(request, replace(identity(), route="direct", degraded=True), DEPLOYMENT)

    (delay, *_) = plan.state["calls"][0]["candidates"][0]["delays"]
    assert 0.375 <= delay <= 0.625
    assert (plan.execution_row["route"], plan.execution_row["degraded"]) == ("direct", True)
    assert plan.call_rows[0]["degraded"] is True


def test_a_key_whose_call_refers_to_results_gets_its_hash_when_they_are_known() -> None:
    refers = {"code": {"$from": "c1", "pointer": ""}}
    own = {"tool_name": "place_order", "input": {**refers, "amount": 1}, "idempotency_key": "k"}
    fallbacks = [{**PLACE_ORDER, "input": {**refers, "amount": 1}}]

    rows = plan_of(
        PLACE_ORDER, own, {**PLACE_ORDER, "idempotency_key": "l", "fallbacks": fallbacks}, mode="sequence"
    ).call_rows

    assert [(row["idempotency_key"], "input_hash" in row) for row in rows[1:]] == [("k", False), ("l", False)]
    assert json.loads(rows[1]["input"]) == {**refers, "amount": 1}
