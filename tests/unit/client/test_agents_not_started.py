"""Agents try another way only where the executor is certain that nothing was run: that certainty is shown here."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from tool_executor import ExecutionHandle, ExecutionNotStartedError, ServiceError
from tool_executor.deployment import Deployment
from tool_executor.direct.function_answer import NoAnswer
from tool_executor.engine import Engine
from tool_executor.ways import Route

REQUEST: dict[str, Any] = {"calls": [{"tool_name": "noop", "input": {}}]}
DEPLOYMENT = Deployment("arn:aws:states:r:1:stateMachine:m", "history", "state", "bucket", "planner", "finisher", {})


class Clock:
    def now_ms(self) -> int:
        return 0

    def elapsed_ms(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        assert seconds >= 0


class NoLambda:
    async def invoke(self, *_: object) -> Any:
        raise NoAnswer("away", sent=False)


def engine(start: Exception, route: Route = Route.AUTO) -> Engine:
    """An engine whose state machine does not start anything, and whose planner does not answer."""

    def start_execution(**_: object) -> None:
        raise start

    def describe_execution(**_: object) -> None:
        raise ClientError({"Error": {"Code": "ExecutionDoesNotExist", "Message": ""}}, "DescribeExecution")

    step_functions = SimpleNamespace(start_execution=start_execution, describe_execution=describe_execution)
    aws: Any = SimpleNamespace(step_functions=step_functions)
    http: Any = NoLambda()
    return Engine(aws, DEPLOYMENT, route, http, ThreadPoolExecutor(1), Clock())


def refused() -> ClientError:
    return ClientError(
        {"Error": {"Code": "StateMachineDoesNotExist"}, "ResponseMetadata": {"HTTPStatusCode": 400}},  # type: ignore[typeddict-item]
        "StartExecution",
    )


async def run(engine: Engine) -> None:
    await engine.run(REQUEST, "e")


async def submit(engine: Engine) -> None:
    handle = await ExecutionHandle.started(engine, REQUEST, "e", lambda _: None)
    await handle.wait()


@pytest.mark.parametrize("way", [run, submit])
@pytest.mark.parametrize("route", [Route.AUTO, Route.DIRECT])
def test_refused_by_the_state_machine_and_unplanned_nothing_was_started(way: Any, route: Route) -> None:
    with pytest.raises(ExecutionNotStartedError, match="planner"):
        asyncio.run(way(engine(refused(), route)))


@pytest.mark.parametrize("way", [run, submit])
def test_a_start_without_an_answer_may_come_yet_whatever_else_fails(way: Any) -> None:
    with pytest.raises(ServiceError, match=r"Step Functions did not answer\..*planner") as raised:
        asyncio.run(way(engine(ReadTimeoutError(endpoint_url="x"))))
    assert not isinstance(raised.value, ExecutionNotStartedError)


@pytest.mark.parametrize("way", [run, submit])
def test_by_the_state_machine_or_not_at_all_is_no_leave_for_another_way(way: Any) -> None:
    with pytest.raises(ServiceError, match="was not started") as raised:
        asyncio.run(way(engine(refused(), Route.STATE_MACHINE)))
    assert not isinstance(raised.value, ExecutionNotStartedError)
