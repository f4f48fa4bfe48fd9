"""Executions that Step Functions answers for in one request: what its answers, refusals and silences amount to."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError, ReadTimeoutError

from tests.unit.client.express_service import (
    ANSWER,
    ARN,
    CALL,
    CLOSED,
    DEPLOYMENT,
    OPEN,
    REQUEST,
    Clock,
    Service,
    cancelled,
    failed,
    raising,
    ran,
    records_of_the_service,
    refused,
    waiting,
)
from tool_executor import (
    CallerLimitExceededError,
    DeploymentNotFoundError,
    ExecutionFailedError,
    ExecutionIdTakenError,
    ExecutionTimeoutError,
    InvalidRequestError,
    ServiceError,
    Wait,
)
from tool_executor.aws import Aws
from tool_executor.deployment import Deployment
from tool_executor.engine import Engine
from tool_executor.express_route import fitting
from tool_executor.state_machine_route import NotStarted
from tool_executor.ways import Route


@pytest.fixture(autouse=True)
def _records_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    records_of_the_service(monkeypatch)


def test_the_output_is_the_answer_and_no_record_is_read() -> None:
    service = Service(lambda: ANSWER)

    assert ran(service)[0]["result"] == {"from": "output"}
    assert service.asked == [{"stateMachineArn": ARN, "name": "e", "input": json.dumps(REQUEST, separators=(",", ":"))}]


def _complaint(code: str) -> str:
    detail = {"pointer": "/calls/0/tool_name", "message": "Wrong.", "error_code": code}
    return json.dumps({"error_code": "InvalidRequest", "error": "1 problem.", "retryable": False, "details": [detail]})


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("InvalidInput", InvalidRequestError),
        ("CallerLimitExceeded", CallerLimitExceededError),
        ("ExecutionIdTaken", ExecutionIdTakenError),
    ],
)
def test_what_the_planner_refuses_is_told_with_its_problems_and_nothing_ran(code: str, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught:
        ran(Service(lambda: failed("InvalidRequest", _complaint(code))))

    assert caught.value.nothing_ran  # type: ignore[attr-defined]
    if isinstance(caught.value, InvalidRequestError):
        assert caught.value.problems[0]["pointer"] == "/calls/0/tool_name"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (failed("FinishFailed", "The finisher failed."), "FAILED"),
        ({"executionArn": f"{ARN}:e:1", "status": "TIMED_OUT"}, "TIMED_OUT"),
    ],
)
def test_of_an_execution_that_was_cut_short_the_finisher_ends_the_records_which_are_the_answer(
    answer: dict[str, Any], status: str
) -> None:
    service = Service(lambda: answer, [OPEN, {**CALL, "status": "running"}], finisher_ends=[CLOSED, CALL])

    assert ran(service)[0]["status"] == "success"
    (event,) = service.finisher
    assert (event["detail"]["name"], event["detail"]["status"]) == ("e", status)


def test_without_any_record_the_failure_is_raised_with_the_execution_s_id() -> None:
    with pytest.raises(ExecutionFailedError, match=r"The planner failed\.") as caught:
        ran(Service(lambda: failed("PlanFailed", "The planner failed.")))

    assert caught.value.execution_id == "e"


def test_who_may_not_call_the_finisher_gets_the_records_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tool_executor.state_machine_route._CLOSES_WITHIN_SECONDS", 0)
    monkeypatch.setattr("tool_executor.cancellation._PAUSE_SECONDS", 0)
    service = Service(
        lambda: {"executionArn": "a", "status": "TIMED_OUT"},
        [OPEN, {**CALL, "status": "running"}],
        finisher_refuses=True,
    )

    assert [(envelope["status"], envelope["error_code"]) for envelope in ran(service)] == [
        ("timeout", "DeadlineExceeded")
    ]


@pytest.mark.parametrize("code", ["ThrottlingException", "StateMachineDoesNotExist", "ServiceQuotaExceededException"])
def test_what_is_refused_has_certainly_not_started(code: str) -> None:
    with pytest.raises(NotStarted) as caught:
        ran(Service(raising(refused(code))))

    assert caught.value.certain


def test_a_service_that_cannot_be_reached_has_certainly_not_started_it() -> None:
    with pytest.raises(NotStarted) as caught:
        ran(Service(raising(EndpointConnectionError(endpoint_url="https://sync-states"))))

    assert caught.value.certain


def test_a_refusal_of_the_request_itself_is_an_error_and_nothing_ran() -> None:
    with pytest.raises(ServiceError, match="does not allow StartSyncExecution") as caught:
        ran(Service(raising(refused("AccessDeniedException"))))

    assert caught.value.nothing_ran


LOST = [
    refused("InternalFailure", 500),
    refused("ServiceUnavailable", 503),
    ConnectionClosedError(endpoint_url="x"),
    ReadTimeoutError(endpoint_url="x"),
]


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
def test_a_lost_answer_is_looked_up_in_the_records_and_not_asked_for_again(error: Exception) -> None:
    service = Service(raising(error), [CLOSED, CALL])

    assert ran(service)[0]["status"] == "success"
    assert len(service.asked) == 1


@pytest.mark.parametrize("error", LOST, ids=lambda error: type(error).__name__)
def test_a_lost_answer_without_a_record_leaves_it_open_whether_it_started(error: Exception) -> None:
    with pytest.raises(NotStarted) as caught:
        ran(Service(raising(error)))

    assert not caught.value.certain


def test_what_runs_though_its_answer_is_lost_is_waited_for() -> None:
    service = Service(raising(LOST[2]), [OPEN, CALL])
    looks = iter([[OPEN, CALL], [OPEN, CALL], [CLOSED, CALL]])
    service_records = SimpleNamespace(last=[OPEN, CALL])

    def records(_self: Any, _id: str) -> Any:
        service_records.last = next(looks, service_records.last)
        return service_records.last

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tool_executor.history.History.execution", records)
        assert ran(service)[0]["status"] == "success"
    assert next(looks, None) is None


def test_a_wait_that_ends_first_tells_the_id_and_leaves_the_execution_alone() -> None:
    release = threading.Event()
    service = Service(waiting(release))

    with pytest.raises(ExecutionTimeoutError) as caught:
        asyncio.run(service.route().envelopes(REQUEST, "e", 0.01))

    assert (caught.value.execution_id, service.finisher) == ("e", [])
    release.set()


def test_a_wait_that_ends_first_has_what_the_records_say_by_then() -> None:
    release = threading.Event()
    service = Service(waiting(release), [OPEN, {**CALL, "status": "running"}])

    (envelope,) = asyncio.run(service.route().envelopes(REQUEST, "e", 0.01))

    assert (envelope.status.value, envelope.error_code) == ("timeout", "DeadlineExceeded")
    release.set()


def test_a_cancelled_wait_ends_the_records() -> None:
    release = threading.Event()
    service = Service(waiting(release), [OPEN, CALL], finisher_ends=[CLOSED, CALL])

    asyncio.run(cancelled(service))

    assert [event["detail"]["status"] for event in service.finisher] == ["ABORTED"]
    release.set()


def test_a_wait_that_is_cancelled_before_anything_is_planned_ends_all_the_same() -> None:
    release = threading.Event()
    service = Service(waiting(release))

    asyncio.run(cancelled(service))

    assert service.finisher == []
    release.set()


def test_as_many_waits_as_there_are_executions_and_none_is_held_up_by_another() -> None:
    together = threading.Barrier(40)

    def answers() -> Any:
        together.wait(30)  # broken unless all forty wait at once
        return ANSWER

    async def all_at_once() -> list[Any]:
        route = Service(answers).route()
        return await asyncio.gather(*[route.envelopes(REQUEST, f"e{number}", 30) for number in range(40)])

    assert len(asyncio.run(all_at_once())) == 40


def test_a_deployment_without_an_express_machine_says_so() -> None:
    old = Deployment("arn", "history", "state", "bucket", "planner", "finisher", {})

    with pytest.raises(DeploymentNotFoundError, match="no Express state machine") as caught:
        asyncio.run(Service(lambda: ANSWER).route(old).envelopes(REQUEST, "e", 1))

    assert "wait='sync'" in str(caught.value.hint)


def test_an_alias_is_asked_where_the_stage_has_one() -> None:
    outputs = {"ExpressStateMachineArn": ARN, "ExpressStateMachineAlias": f"{ARN}:live"}

    assert Deployment("a", "h", "s", "b", "p", "f", {}, outputs).express_arn == f"{ARN}:live"


@pytest.mark.parametrize("timeout", [290, 290.5, 3600])
def test_a_longer_timeout_is_refused_by_the_engine_before_anything_is_asked(timeout: float) -> None:
    service = Service(lambda: ANSWER)
    engine = Engine(service.aws, DEPLOYMENT, Route.AUTO, None, ThreadPoolExecutor(1), Clock(), wait_by=Wait.SYNC)  # type: ignore[arg-type]

    with pytest.raises(InvalidRequestError) as caught:
        asyncio.run(engine.run({**REQUEST, "timeout_seconds": timeout}, "e"))

    (problem,) = caught.value.problems
    assert (problem["pointer"], problem["error_code"]) == ("/timeout_seconds", "InvalidRequest")
    assert "wait='sync'" in problem["hint"]
    assert service.asked == []


def test_where_no_timeout_is_said_one_that_fits_is_sent() -> None:
    assert fitting({"calls": []}) == {"calls": [], "timeout_seconds": 270}
    assert fitting({"calls": [], "timeout_seconds": 289.9}) == {"calls": [], "timeout_seconds": 289.9}


def test_step_functions_is_asked_once_and_waited_for_longer_than_an_execution_lives() -> None:
    config = Aws("eu-west-1").waiting_step_functions.meta.config

    assert config.retries["total_max_attempts"] == 1  # type: ignore[attr-defined]
    assert config.read_timeout > 300  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("region", "endpoint", "told_to_boto3", "host"),
    [
        ("eu-west-1", None, None, "sync-states.eu-west-1.amazonaws.com"),
        ("us-east-1", "http://localhost:5000", None, "localhost:5000"),
        ("us-east-1", None, "http://localhost:5000", "localhost:5000"),
        ("us-east-1", None, "http://127.0.0.1:5000", "127.0.0.1:5000"),
    ],
)
def test_its_host_is_one_of_its_own_on_aws_and_the_endpoint_on_a_local_cloud(
    region: str, endpoint: str | None, told_to_boto3: str | None, host: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    if told_to_boto3 is not None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", told_to_boto3)
    seen: list[str] = []
    client = Aws(region, endpoint).waiting_step_functions

    def keep(request: Any, **_: Any) -> Any:
        seen.append(request.url)
        raise InterruptedError

    client.meta.events.register("before-send", keep)
    with pytest.raises(InterruptedError):
        client.start_sync_execution(stateMachineArn=ARN)

    assert [url.split("/")[2] for url in seen] == [host]
