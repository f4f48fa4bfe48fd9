"""A tool that does nothing, in a tool group of this project's. To be imported within `lambda_world.ENVIRONMENT`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from bench.overhead.lambda_world import answer_at_once
from lambdas.runtime import aws_clients
from lambdas.runtime.tool_group import ToolGroup


class Answer(BaseModel):
    """What the tool answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    warehouse_code: str
    quantity: int


tools = ToolGroup("bench")


@tools.tool(read_only=True)
def noop(warehouse_code: str, quantity: int) -> Answer:
    """Answer what was asked."""
    return Answer(warehouse_code=warehouse_code, quantity=quantity)


handler = tools.lambda_handler
answer_at_once(aws_clients.dynamodb())
answer_at_once(aws_clients.tool_state())


def event(number: int) -> dict[str, Any]:
    """Return a first attempt as the state machine asks for it."""
    context = {
        "execution_id": "e",
        "call_id": f"c{number}",
        "correlation_id": "order-4711",
        "route": "workflow",
        "attempt": 1,
        "candidate": 0,
        "attempt_log": [],
        "timeout_seconds": 30,
        "deadline": "2099-01-01T00:00:00.000Z",
    }
    return {"tool_name": "noop", "context": context}
