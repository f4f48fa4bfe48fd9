"""The same calls under the same faults give the same envelopes: by either state machine and by the direct route."""

from __future__ import annotations

import asyncio
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.table import BEHAVIOURS, Behaviour, Expected
from tool_contract.errors import ErrorCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.faults.faulty_cloud import FaultyCloud, Run
    from tests.faults.oracle import Oracle
    from tool_executor import ToolExecutionResult

#: Each way of running an execution: the route, and how it is waited for.
WAYS = {"state_machine": ("state_machine", "poll"), "express": ("state_machine", "sync"), "direct": ("direct", "poll")}
ROUTES = tuple(WAYS)
#: Rows that run at once: the functions' workers are processes, and this machine has few processors.
AT_ONCE = 6


@dataclass(frozen=True)
class Conduct:
    """What came of a row by one route."""

    run: Run
    results: list[ToolExecutionResult]


@pytest.fixture(scope="module")
def conducts(faulty_cloud: FaultyCloud, oracle: Oracle) -> Mapping[tuple[str, str], Conduct]:
    """Run every row by every route, several at once: most of their time is waiting."""
    engines = {name: faulty_cloud.engine(route, wait) for name, (route, wait) in WAYS.items()}
    gate = asyncio.Semaphore(AT_ONCE)

    async def conduct(row: Behaviour, route: str) -> Conduct:
        run = _run_of(row, faulty_cloud)
        faulty_cloud.add_faults(*row.faults(run))
        async with gate:
            results = await engines[route].run(run.request, run.execution_id)
        return Conduct(run, results)

    async def conduct_all() -> dict[tuple[str, str], Conduct]:
        rows = [(row, route) for row in BEHAVIOURS for route in ROUTES]
        done = await asyncio.gather(*[conduct(row, route) for row, route in rows])
        return {(row.name, route): one for (row, route), one in zip(rows, done, strict=True)}

    every = asyncio.run(conduct_all())
    for one in every.values():
        oracle.judge(one.run)
    return every


def _run_of(row: Behaviour, cloud: FaultyCloud) -> Run:
    run = cloud.request(*deepcopy(row.calls), **row.request)
    for call in run.request["calls"]:
        for number, fallback in enumerate(call.get("fallbacks", ()), start=1):
            line = {"file": str(run.ledger), "text": f"{call['call_id']}, fallback {number}"}
            fallback["input"] = {"line": {**line, **fallback["input"]["line"]}}
    return run


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("row", BEHAVIOURS, ids=lambda row: row.name)
def test_the_envelopes_are_as_the_table_says(
    conducts: Mapping[tuple[str, str], Conduct], row: Behaviour, route: str
) -> None:
    conduct = conducts[row.name, route]
    assert [result.call_id for result in conduct.results] == [call["call_id"] for call in conduct.run.request["calls"]]
    for result, expected in zip(conduct.results, row.expected, strict=True):
        assert told(result, conduct.run, expected) == expected


def told(result: ToolExecutionResult, run: Run, expected: Expected) -> Expected:
    """Return what a result says, as far as the table asks."""
    return Expected(
        status=result.status.value,
        attempts=result.attempts,
        error_code=result.error_code,
        effect=result.effect if result.is_failure else None,
        tool_name=result.tool_name if expected.tool_name else None,
        lines=run.lines(str(result.call_id)) if expected.lines is not None else None,
        retries=len(result.metadata.get("retry_delays", ())),
        metadata={name: result.metadata.get(name) for name in expected.metadata},
        pointer=result.details[0].pointer if result.details and expected.pointer else None,
    )


@pytest.mark.parametrize("row", BEHAVIOURS, ids=lambda row: row.name)
def test_all_routes_write_the_same_records_but_for_times(
    conducts: Mapping[tuple[str, str], Conduct], row: Behaviour
) -> None:
    by_route = [[_comparable(result) for result in conducts[row.name, route].results] for route in ROUTES]
    assert by_route[0] == by_route[1] == by_route[2]


def test_each_execution_was_given_to_the_machine_that_it_was_meant_for(
    conducts: Mapping[tuple[str, str], Conduct], faulty_cloud: FaultyCloud
) -> None:
    expected = {"state_machine": "workflow", "express": "express", "direct": "direct"}
    told = {
        (name, route): faulty_cloud.history.execution(conduct.run.execution_id)[0]["route"]
        for (name, route), conduct in conducts.items()
    }

    assert told == {key: expected[key[1]] for key in conducts}


def _comparable(result: ToolExecutionResult) -> dict[str, Any]:
    """Return an envelope without what must differ: times, ids, and how long Lambda's own words are."""
    value = result.to_json()
    metadata = value.pop("metadata")
    kept = {"retry_reasons", "fallback_used", "fallback_index", "primary_error", "error_type", "ticket"}
    del value["execution_time_ms"]
    if result.error_code is ErrorCode.DEADLINE_EXCEEDED:
        # Whether the tool's own word or the end of the whole Map comes first is a matter of milliseconds.
        del value["error"]
        kept.discard("error_type")
    value["metadata"] = {name: entry for name, entry in metadata.items() if name in kept}
    return value
