"""The planner spreads what many executions write to at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambdas.planner.plan import make_plan
from tests.unit.planner.planning import DEPLOYMENT, SET_LEVEL, identity
from tool_contract.request import check_request

if TYPE_CHECKING:
    from lambdas.planner.plan import Plan

SHARDS = 8


def _plan(execution_id: str, calls: int = 1) -> Plan:
    deployment = replace(DEPLOYMENT, history_shards=SHARDS)
    request = check_request({"calls": [SET_LEVEL] * calls}, deployment.catalog)
    return make_plan(request, identity(execution_id), deployment)


def test_executions_are_spread_over_the_shards() -> None:
    rows = [_plan(f"e{number}").execution_row for number in range(100)]

    assert {row["open"] for row in rows} == {str(shard) for shard in range(SHARDS)}
    assert {row["day"] for row in rows} == {"2026-11-20"} | {f"2026-11-20#{shard}" for shard in range(1, SHARDS)}


def test_calls_of_one_execution_are_spread_as_well() -> None:
    keys = {row["tool_day"] for row in _plan("e1", calls=100).call_rows}

    assert keys == {f"set_level#2026-11-20#{shard}" for shard in range(SHARDS)}


def test_a_repeated_plan_puts_the_same_rows_into_the_same_shards() -> None:
    assert _plan("e1", calls=20) == _plan("e1", calls=20)
