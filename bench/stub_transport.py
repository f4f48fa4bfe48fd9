"""A Lambda that answers at once, in process: what the direct route does around an invocation is all that is left.

The answers are bytes, as Lambda's are, and were written down beforehand but for the ids in them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_contract.limits import DEFAULT_EXECUTION_TIMEOUT_SECONDS
from tool_contract.timestamps import iso_from_ms, ms_from_iso
from tool_executor.aws import Aws
from tool_executor.deployment import Deployment
from tool_executor.direct.function_answer import FunctionAnswer
from tool_executor.direct.lambda_http import LambdaHttp

if TYPE_CHECKING:
    from collections.abc import Sequence

AWS: Final = Aws("us-east-1", "http://127.0.0.1:1")
DEPLOYMENT: Final = Deployment("none", "none", "none", "none", "planner", "finisher", {"stub": "stub"})
_EXECUTION: Final = "%execution%"
_CORRELATION: Final = "%correlation%"
_DEADLINE: Final = "%deadline%"
_CALL: Final = "%call%"


class StubTransport(LambdaHttp):
    """Answers for planner, finisher and a tool; ``calls`` is how many calls each execution has, in any order."""

    def __init__(self, sizes: Sequence[int]) -> None:
        super().__init__(AWS)
        self._plans = {size: _Text.of(_plan(size)) for size in sizes}
        self._outputs = {size: _Text.of(_output(size)) for size in sizes}
        self._envelope = _Text.of(_envelope(_CALL))
        self._running: dict[str, tuple[int, str]] = {}

    async def invoke(self, function: str, event: Any, timeout_seconds: float) -> FunctionAnswer:  # noqa: ANN401, ARG002 - JSON
        """Return the function's answer."""
        if function == "stub":
            context = event["context"]
            return _answered(self._envelope.filled(context, context["call_id"]))
        if function == "planner":
            return _answered(self._planned(event))
        size, correlation_id = self._running.pop(event["execution_id"])
        return _answered(
            self._outputs[size].filled({"execution_id": event["execution_id"], "correlation_id": correlation_id})
        )

    def _planned(self, event: dict[str, Any]) -> str:
        request, execution = event["request"], event["execution"]
        size = len(request["calls"])
        self._running[execution["name"]] = size, request["correlation_id"]
        seconds = request.get("timeout_seconds", DEFAULT_EXECUTION_TIMEOUT_SECONDS)
        named = {
            "execution_id": execution["name"],
            "correlation_id": request["correlation_id"],
            "deadline": iso_from_ms(ms_from_iso(execution["started_at"]) + round(seconds * 1000)),
        }
        return self._plans[size].filled(named)


@dataclass(frozen=True, slots=True)
class _Text:
    """JSON text with places for ids."""

    text: str

    @classmethod
    def of(cls, value: object) -> _Text:
        return cls(json.dumps(value))

    def filled(self, ids: dict[str, Any], call_id: str = "") -> str:
        return (
            self.text.replace(_EXECUTION, ids["execution_id"])
            .replace(_CORRELATION, ids["correlation_id"])
            .replace(_DEADLINE, ids.get("deadline", ""))
            .replace(_CALL, call_id)
        )


def _answered(text: str) -> FunctionAnswer:
    return FunctionAnswer(200, text.encode())


def _plan(size: int) -> dict[str, Any]:
    """Return a plan as tool_contract.plan_state makes it."""
    candidate = {
        "tool_name": "stub",
        "function": "stub",
        "timeout_seconds": 30.0,
        "read_only": True,
        "repeatable": True,
        "delays": [0.5, 1.0, 2.0],
    }
    return {
        "execution_id": _EXECUTION,
        "correlation_id": _CORRELATION,
        "mode": "parallel",
        "deadline": _DEADLINE,
        "max_concurrency": 25,
        "calls": [{"call_id": f"c{number}", "candidates": [candidate]} for number in range(1, size + 1)],
    }


def _output(size: int) -> dict[str, Any]:
    """Return an execution's output, as far as the client reads it."""
    return {
        "execution_id": _EXECUTION,
        "correlation_id": _CORRELATION,
        "status": "succeeded",
        "results": [_envelope(f"c{number}") for number in range(1, size + 1)],
    }


def _envelope(call_id: str) -> dict[str, Any]:
    """Return a success, as tool_contract.envelope has it."""
    return {
        "success": True,
        "call_id": call_id,
        "tool_name": "stub",
        "status": "success",
        "result": None,
        "execution_time_ms": 0.1,
        "attempts": 1,
        "metadata": {"correlation_id": _CORRELATION, "attempt_durations": [0.1]},
    }
