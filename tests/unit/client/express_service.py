"""Step Functions, the history and the finisher, as the client's Express route meets them."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tool_executor.deployment import Deployment
from tool_executor.express_route import ExpressRoute

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

ARN = "arn:aws:states:r:1:stateMachine:m-express"
DEPLOYMENT = Deployment(
    "arn:aws:states:r:1:stateMachine:m", "history", "state", "bucket", "planner", "finisher", {},
    outputs={"ExpressStateMachineArn": ARN},
)  # fmt: skip
REQUEST: dict[str, Any] = {"calls": [{"tool_name": "noop", "input": {}}], "timeout_seconds": 60}
OPEN = {
    "execution_id": "e", "call_id": "#execution", "status": "running", "calls": 1, "open": "0", "route": "express",
    "execution_arn": "arn:aws:states:r:1:express:m-express:e:1",
}  # fmt: skip
CLOSED = {name: value for name, value in OPEN.items() if name != "open"} | {"status": "succeeded"}
CALL = {
    "execution_id": "e", "call_id": "c1", "position": 0, "tool_name": "noop", "status": "success", "result": "{}",
    "attempts": 1, "correlation_id": "e",
}  # fmt: skip
ENVELOPE = {
    "success": True, "call_id": "c1", "tool_name": "noop", "status": "success", "result": {"from": "output"},
    "execution_time_ms": 1.0, "attempts": 1, "metadata": {},
}  # fmt: skip
ANSWER = {"executionArn": f"{ARN}:e:1", "status": "SUCCEEDED", "output": json.dumps({"results": [ENVELOPE]})}


class Clock:
    """Time passes by sleeping alone."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def now_ms(self) -> int:
        return 0

    def elapsed_ms(self) -> float:
        return self.elapsed

    async def sleep(self, seconds: float) -> None:
        self.elapsed += seconds * 1000
        await asyncio.sleep(0)


@dataclass
class Service:
    """Step Functions, the history and the finisher. ``answers`` is what StartSyncExecution returns or raises."""

    answers: Callable[[], Any]
    records: list[dict[str, Any]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    finisher: list[dict[str, Any]] = field(default_factory=list)
    finisher_ends: list[dict[str, Any]] | None = None
    finisher_refuses: bool = False

    def start_sync_execution(self, **named: Any) -> Any:
        self.asked.append(named)
        return self.answers()

    def invoke(self, FunctionName: str, Payload: bytes) -> Any:  # noqa: N803 - boto3's
        assert FunctionName == "finisher"
        self.finisher.append(json.loads(Payload))
        if self.finisher_refuses:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "Invoke")
        if self.finisher_ends is not None:
            self.records = self.finisher_ends
        return {"Payload": SimpleNamespace(read=lambda: b"null")}

    @property
    def aws(self) -> Any:
        return SimpleNamespace(waiting_step_functions=self, functions=self)

    def route(self, deployment: Deployment = DEPLOYMENT) -> ExpressRoute:
        return ExpressRoute(self.aws, deployment, ThreadPoolExecutor(2), Clock())


def raising(error: Exception) -> Callable[[], Any]:
    def answers() -> Any:
        raise error

    return answers


def refused(code: str, status: int = 400) -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "StartSyncExecution")


def ran(service: Service) -> list[dict[str, Any]]:
    envelopes = asyncio.run(service.route().envelopes(REQUEST, "e", 30))
    return [envelope.to_json() for envelope in envelopes]


def failed(error: str, cause: object) -> dict[str, Any]:
    return {"executionArn": f"{ARN}:e:1", "status": "FAILED", "error": error, "cause": cause}


def records_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the history be what the service holds."""
    monkeypatch.setattr("tool_executor.history.History.execution", lambda self, _id: self.aws.functions.records)


def waiting(release: threading.Event) -> Callable[[], Any]:
    def answers() -> Any:
        release.wait(30)
        return ANSWER

    return answers


async def cancelled(service: Service) -> None:
    running = asyncio.create_task(service.route().envelopes(REQUEST, "e", 30))
    while not service.asked:  # noqa: ASYNC110 - a thread of its own asks
        await asyncio.sleep(0.001)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
