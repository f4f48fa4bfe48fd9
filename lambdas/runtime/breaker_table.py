"""The tool state table, for breakers: read consistently, written on condition of what was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime import aws_clients
from lambdas.runtime.tool_state_outage import ToolStateUnavailable
from tool_contract.breaker_item import Breaker, Stored, key_of, put_arguments, stored_from

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class BreakerTable:
    """The tool state table, for breakers. Whatever goes wrong is :class:`ToolStateUnavailable`."""

    name: str
    given_client: DynamoDBClient | None

    def read(self, tool_name: str) -> Stored:
        """Return a tool's breaker as it is now."""
        client = self.given_client or aws_clients.tool_state()
        try:
            # Consistently: a process that has just written must not see what was there before.
            answer = client.get_item(TableName=self.name, Key=key_of(tool_name), ConsistentRead=True)
            return stored_from(answer.get("Item"))
        except (BotoCoreError, ClientError, ValueError) as error:
            raise ToolStateUnavailable(str(error)) from error

    def put(self, tool_name: str, breaker: Breaker, over: Stored, now_ms: int) -> tuple[Stored, bool]:
        """Return what now stands, and whether that is what was put."""
        client = self.given_client or aws_clients.tool_state()
        write_id = uuid4().hex
        arguments = put_arguments(self.name, tool_name, breaker, over=over, write_id=write_id, now_ms=now_ms)
        try:
            client.put_item(**arguments)
        except client.exceptions.ConditionalCheckFailedException as error:
            standing = _standing(error)
            return standing, standing.write_id == write_id
        except (BotoCoreError, ClientError) as error:
            raise ToolStateUnavailable(str(error)) from error
        return Stored(breaker, over.version + 1, write_id), True


def _standing(error: ClientError) -> Stored:
    try:
        return stored_from(cast("dict[str, Any]", error.response.get("Item")))
    except ValueError as unreadable:
        raise ToolStateUnavailable(str(unreadable)) from unreadable
