"""Lambda as an agent without an executor meets it: a client that answers as a test says."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from tool_executor.agents import BaseAgent, InventoryOptimizerAgent
from tool_executor.aws import Aws

if TYPE_CHECKING:
    import pytest

SUCCESS = {
    "success": True,
    "tool_name": "forecast_demand",
    "status": "success",
    "result": {"n": 1},
    "execution_time_ms": 5.0,
    "attempts": 1,
    "metadata": {},
}


class FakeLambda:
    """boto3's client of Lambda, as far as an invocation goes."""

    def __init__(self, answer: Any = None, function_error: str | None = None) -> None:
        self.answer = SUCCESS if answer is None else answer
        self.function_error = function_error
        self.invoked: list[tuple[str, Any]] = []

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - boto3's names
        self.invoked.append((FunctionName, json.loads(Payload)))
        if isinstance(self.answer, Exception):
            raise self.answer
        answer = {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(self.answer).encode())}
        return answer if self.function_error is None else {**answer, "FunctionError": self.function_error}


def without_executor(
    monkeypatch: pytest.MonkeyPatch, functions: FakeLambda, kind: type[BaseAgent] = InventoryOptimizerAgent
) -> BaseAgent:
    """An agent that finds no deployment: what is told of one is none."""
    monkeypatch.setenv("TOOL_EXECUTOR_DEPLOYMENT", "{}")
    agent = kind(aws=Aws("eu-west-1"))
    agent.lambda_client = functions  # type: ignore[assignment]
    return agent
