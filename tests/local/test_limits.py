"""The most that an execution may hold runs to its end, and what is more is refused with the limit's name."""

from __future__ import annotations

import hashlib
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.test_workflow_behaviour import call, until
from tool_contract import strict_json
from tool_contract.breaker_item import Circuit
from tool_contract.limits import MAX_CALLS, MAX_HISTORY_EVENTS
from tool_contract.preflight import CallShape, worst_case_events
from tool_executor.breakers import Breakers
from tool_executor.errors import InvalidRequestError
from tool_executor.local.stack_deploy import client_maker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local.conftest import Deployed

TOOL = "flaky"


@pytest.fixture
def unbounded_retries(deployed: Deployed) -> Iterator[None]:
    """No breaker and no retry budget for the tool that fails: both would end the storm that is to be survived."""
    aws, table = deployed.aws, deployed.deployment.tool_state_table
    budget = {"id": {"S": f"budget#{TOOL}"}}
    Breakers(aws, table).set(TOOL, Circuit.FORCED_CLOSED, time.time_ns() // 1_000_000)
    aws.dynamodb.put_item(TableName=table, Item={**budget, "full_at": {"S": "this is no budget: retries go on"}})
    yield
    aws.dynamodb.delete_item(TableName=table, Key=budget)


@pytest.mark.usefixtures("unbounded_retries")
def test_as_many_calls_as_there_may_be_fail_with_all_their_retries_and_fallbacks(deployed: Deployed) -> None:
    at_once = {"initial_delay_seconds": 0, "max_delay_seconds": 0}
    failing = call(TOOL, {"failures": 99}, max_retries=3, retry=at_once)
    calls = [{**failing, "fallbacks": [failing]}] * MAX_CALLS
    execution = deployed.start({"calls": calls, "max_concurrency": 40, "timeout_seconds": 300})
    step_functions = deployed.aws.step_functions
    # Without a look at the calls on the way, which would cost as much as running them.
    until(lambda: step_functions.describe_execution(executionArn=execution.arn)["status"] != "RUNNING", 300)
    output = deployed.finish(execution)
    assert [envelope["call_id"] for envelope in output["results"]] == [f"c{n}" for n in range(1, MAX_CALLS + 1)]
    told = {(envelope["status"], envelope["attempts"], envelope["error_code"]) for envelope in output["results"]}
    assert told == {("failed", 8, "Unavailable")}
    worst = worst_case_events([CallShape(retries=6, fallbacks=1)] * MAX_CALLS)
    # None of these attempts was throttled, which the worst case allows each of them once.
    assert worst / 2 < len(deployed.events(execution)) < worst <= MAX_HISTORY_EVENTS


def test_one_call_more_than_there_may_be_is_refused_with_the_limit(deployed: Deployed) -> None:
    execution = deployed.start({"calls": [call("noop")] * (MAX_CALLS + 1)})
    with pytest.raises(InvalidRequestError) as refused:
        deployed.finish(execution)
    (problem,) = refused.value.problems
    assert problem["pointer"] == "/calls"
    assert str(MAX_CALLS) in problem["message"]
    assert deployed.states_entered(execution) == ["Plan", "RefuseRequest"]


def test_as_many_large_results_as_there_may_be_come_back_whole(deployed: Deployed) -> None:
    size = 100_000
    output = deployed.run({"calls": [call("large", {"size": size})] * MAX_CALLS, "max_concurrency": 40})
    assert output["counts"]["success"] == MAX_CALLS
    s3 = client_maker(str(deployed.aws.endpoint_url))("s3")
    for envelope in output["results"]:
        result = envelope["result"] if "result" in envelope else fetched(s3, envelope["result_ref"])
        assert result == "x" * size


def fetched(s3: Any, reference: dict[str, Any]) -> Any:
    """The result that a reference stands for, if it is what was written."""
    body = s3.get_object(Bucket=reference["bucket"], Key=reference["key"])["Body"].read()
    assert (len(body), hashlib.sha256(body).hexdigest()) == (reference["bytes"], reference["sha256"])
    return strict_json.parse(body.decode())
