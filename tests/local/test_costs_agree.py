"""What an estimate counts beforehand is what the local cloud then sees: transitions, invocations, requests to DynamoDB.

At best and at worst, of a real request. The execution's id is in each request for its records, a tool's name in those
for its breaker and its budget; faults that do nothing count them.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime.catalog_builder import build_catalog
from tests.faults.faulty_cloud import ledger_call, store_fault
from tests.unit.costs.test_records import bytes_of
from tool_contract import strict_json
from tool_contract.catalog import Catalog
from tool_contract.items import to_item
from tool_contract.options import ToolExecutorOptions
from tool_contract.request import check_request
from tool_executor.costs import records
from tool_executor.costs.assumptions import Assumptions
from tool_executor.costs.execution_usage import parts_of
from tool_executor.costs.request_work import best_and_worst
from tool_executor.costs.usage import total
from tool_executor.local.faults import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.faulty_cloud import FaultyCloud, Run
    from tool_executor.costs.work import ExecutionWork
    from tool_executor.execution import Execution

CATALOG = Catalog.model_validate(build_catalog({"ledger": "tests.tool_groups.ledger.handler"}))
AT_ONCE: dict[str, Any] = {"retry": {"initial_delay_seconds": 0}}
GOOD = ledger_call("look")
DEAD = ledger_call("look", line={"trouble": "unavailable"}, max_retries=2, **AT_ONCE)


@pytest.fixture
def cloud(faulty_cloud: FaultyCloud) -> Iterator[FaultyCloud]:
    yield faulty_cloud
    faulty_cloud.program()


def _works(run: Run) -> tuple[ExecutionWork, ExecutionWork]:
    request = check_request(run.request, CATALOG)
    return best_and_worst(request, CATALOG, ToolExecutorOptions(), Assumptions(), 1_000)


def _counting(cloud: FaultyCloud, run: Run) -> None:
    operations = ("PutItem", "UpdateItem", "Query", "GetItem", "DeleteItem", "BatchGetItem", "TransactWriteItems")
    counters = [store_fault(FaultKind.DELAY, run, f"dynamodb.{operation}", times=None) for operation in operations]
    budget = Fault(kind=FaultKind.DELAY, request="dynamodb.UpdateItem", containing=("budget#look",), times=None)
    breaker = Fault(kind=FaultKind.DELAY, request="dynamodb.GetItem", containing=("breaker#look",), times=None)
    cloud.program(*counters, budget, breaker)


def _seen(cloud: FaultyCloud, run: Run) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """Return how many requests there were for the execution, how many for its tool, and how many invocations."""
    faults = cloud.report()["faults"]
    own = Counter({each["request"]: each["matched"] for each in faults if run.execution_id in each["containing"]})
    tool = Counter({each["containing"][0]: each["matched"] for each in faults if "#look" in each["containing"][0]})
    functions = Counter(each["function"].rsplit("-", 1)[-1] for each in cloud.invocations("", run.execution_id))
    return +own, +tool, functions


def _entered(cloud: FaultyCloud, execution: Execution) -> int:
    pages = cloud.aws.step_functions.get_paginator("get_execution_history").paginate(executionArn=execution.arn)
    return sum(event["type"].endswith("StateEntered") for page in pages for event in page["events"])


def _run(cloud: FaultyCloud, run: Run) -> Execution:
    _counting(cloud, run)
    execution = cloud.start(run)
    cloud.output(execution)
    return execution


def _agrees(cloud: FaultyCloud, run: Run, execution: Execution, work: ExecutionWork) -> None:
    own, tool, functions = _seen(cloud, run)
    assert _entered(cloud, execution) == work.transitions
    assert functions == {"planner": 1, "ledger": work.attempts, "finisher": 1}
    assert total(parts_of(work, Assumptions())).lambda_requests == functions.total()
    assert own["dynamodb.PutItem"] == 1 + len(work.calls)
    writes = records.EXECUTION_WRITES + sum(records.call_writes(call) for call in work.calls)
    # The execution's end counts its calls in the same transaction.
    assert own["dynamodb.TransactWriteItems"] == 1
    assert own["dynamodb.PutItem"] + own["dynamodb.UpdateItem"] + own["dynamodb.TransactWriteItems"] == writes
    assert own["dynamodb.Query"] == 1
    assert own.total() == writes + 1
    # A process reads a breaker at most once a second: the estimate is the most that it can come to.
    # None where a process has read it within the last second, as after the test before this one.
    assert tool["breaker#look"] <= work.attempts
    assert tool["budget#look"] <= 2 * work.failed_attempts


@pytest.mark.parametrize("mode", ["parallel", "sequence"])
def test_when_all_calls_succeed_at_once(cloud: FaultyCloud, mode: str) -> None:
    run = cloud.request(*[GOOD] * 4, mode=mode)
    execution = _run(cloud, run)

    _agrees(cloud, run, execution, _works(run)[0])
    assert _seen(cloud, run)[1]["budget#look"] == 0


def test_when_parallel_calls_use_up_all_retries_and_fallbacks_and_fail(cloud: FaultyCloud) -> None:
    fallback = {"tool_name": "look", "input": DEAD["input"], "max_retries": 1, **AT_ONCE}
    run = cloud.request(DEAD, {**DEAD, "fallbacks": [fallback]})
    for call in run.request["calls"]:
        for candidate in call.get("fallbacks", ()):
            candidate["input"] = call["input"]
    execution = _run(cloud, run)

    work = _works(run)[1]
    assert (work.attempts, work.failed_attempts) == (3 + 5, 3 + 5)
    _agrees(cloud, run, execution, work)
    # Each failure takes a token; where the bucket was full or no longer is, a second request finds it out.
    assert _seen(cloud, run)[1]["budget#look"] >= work.failed_attempts


def test_the_records_are_as_large_as_supposed(cloud: FaultyCloud) -> None:
    run = cloud.request(GOOD, DEAD)
    _run(cloud, run)

    good, dead = cloud.aws.dynamodb.query(
        TableName=cloud.deployment.history_table,
        KeyConditionExpression="execution_id = :id AND call_id > :own",
        ExpressionAttributeValues=to_item({":id": run.execution_id, ":own": "#execution"}),
    )["Items"]
    result = strict_json.byte_size(good["result"]["S"])
    supposed = Assumptions(result_bytes=result)
    request = check_request(run.request, CATALOG)
    best, worst = best_and_worst(request, CATALOG, ToolExecutorOptions(), supposed, 1_000)
    # Ids and names of these tests are shorter than usual ones, and their errors say little: by no more than this.
    assert 0 <= records.ended_bytes(best.calls[0]) - bytes_of(dict(good)) <= 150
    assert 0 <= records.ended_bytes(worst.calls[1]) - bytes_of(dict(dead)) <= 450
