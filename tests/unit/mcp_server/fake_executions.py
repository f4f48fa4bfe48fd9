"""A deployment without one: its tools answer as a test says, and it notes what was asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from tool_contract.catalog import Catalog
from tool_contract.envelope import CallStatus, Detail
from tool_contract.errors import Effect, ErrorCode
from tool_contract.secret import SecretRef
from tool_contract.tool_spec import ToolAnnotations, ToolSpec
from tool_executor.errors import ExecutionNotFoundError
from tool_executor.result import ToolExecutionResult

if TYPE_CHECKING:
    from collections.abc import Mapping

OBJECT = {"type": "object", "additionalProperties": True}
SECRET = TypeAdapter(SecretRef).json_schema()

Answer = Callable[[dict[str, Any], str], Awaitable[list[ToolExecutionResult]]]


def tool(name: str, *, output: dict[str, Any] | None = None, **marks: bool) -> ToolSpec:
    """A tool that takes a text, a number from 1 to 9, and perhaps a password."""
    properties = {"text": {"type": "string"}, "amount": {"type": "integer", "minimum": 1, "maximum": 9}}
    return ToolSpec(
        name=name,
        group="probe",
        description=f"Do what {name} does.",
        input_schema={
            "type": "object",
            "properties": {**properties, "password": {"anyOf": [SECRET, {"type": "null"}], "default": None}},
            "required": ["text"],
            "additionalProperties": False,
        },
        output_schema=output or OBJECT,
        annotations=ToolAnnotations(**marks),
    )


TOOLS = Catalog(
    tools=(
        tool("say_text", read_only=True, destructive=False, open_world=False),
        tool("put_text", idempotent=True),
        tool("count_text", output={"type": "integer"}, read_only=True, destructive=False),
    )
)


#: What a tool came to that failed without an effect.
FAILED = ToolExecutionResult(
    tool_name="say_text",
    status=CallStatus.FAILED,
    error="There is no 'x'.",
    error_code=ErrorCode.NOT_FOUND,
    effect=Effect.NONE,
    details=(Detail(pointer="/text", message="There is no 'x'.", hint="Try another."),),
    call_id="c1",
    execution_id="e-1",
)


@dataclass
class FakeExecutions:
    """The executions of no deployment. ``answer`` is what each call comes to."""

    answer: Answer
    tools: Catalog = TOOLS
    caller: str = "tests"
    call_fields: Mapping[str, Any] = field(default_factory=dict)
    max_workers: int = 10
    can_be_left: bool = True
    requests: list[dict[str, Any]] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    records: list[list[dict[str, Any]]] = field(default_factory=list)
    outputs: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    catalogs_asked: int = 0
    closed: bool = False
    begun: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    ended_records: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    looked_at_all: asyncio.Event = field(default_factory=asyncio.Event)

    async def catalog(self) -> Catalog:
        self.catalogs_asked += 1
        return self.tools

    async def run(self, request: dict[str, Any], execution_id: str) -> list[ToolExecutionResult]:
        self.requests.append(request)
        self.begun.put_nowait(execution_id)
        try:
            return await self.answer(request, execution_id)
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)  # ending the records takes a moment, which nothing may break off
            self.cancelled.append(execution_id)
            self.ended_records.put_nowait(execution_id)
            raise

    async def start(self, request: dict[str, Any], execution_id: str) -> None:
        self.requests.append(request)
        self.left.append(execution_id)

    async def progress(self, execution_id: str, correlation_id: str) -> list[dict[str, Any]]:  # noqa: ARG002
        told = self.records.pop(0)
        if not self.records:
            self.looked_at_all.set()
            self.records.append(told)
        return told

    async def output(self, execution_id: str) -> dict[str, Any]:
        if execution_id not in self.outputs:
            raise ExecutionNotFoundError(f"There is no execution {execution_id!r}.")
        return self.outputs[execution_id]

    async def output_with(self, execution_id: str, results: list[ToolExecutionResult]) -> dict[str, Any]:
        told = [result.to_json() for result in results]
        status = "succeeded" if all(result.success for result in results) else "partial"
        return {"execution_id": execution_id, "correlation_id": execution_id, "status": status, "results": told}

    async def picture(self, artifact: Mapping[str, Any]) -> bytes | None:
        return self.files.get(artifact["key"])

    async def close(self) -> None:
        self.closed = True


def answering(*results: object) -> Answer:
    """Each call succeeds with the next of these results, or is one of them that is a result already."""

    async def answer(request: dict[str, Any], execution_id: str) -> list[ToolExecutionResult]:
        return [_result(call, one, execution_id) for call, one in zip(request["calls"], results, strict=True)]

    return answer


def raising(error: Exception) -> Answer:
    """Nothing is answered but the error."""

    async def answer(_request: dict[str, Any], _execution_id: str) -> list[ToolExecutionResult]:
        raise error

    return answer


async def never(_request: dict[str, Any], _execution_id: str) -> list[ToolExecutionResult]:
    """Run until it is cancelled."""
    await asyncio.Event().wait()
    return []


def _result(call: dict[str, Any], one: object, execution_id: str) -> ToolExecutionResult:
    if isinstance(one, ToolExecutionResult):
        return one
    return ToolExecutionResult(
        tool_name=call["tool_name"], status=CallStatus.SUCCESS, result=one, call_id="c1", execution_id=execution_id
    )
