"""How things stand each minute: what is open, how late the latest of it is, whose circuit is open."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime import aws_clients
from lambdas.runtime.metrics import emit
from lambdas.runtime.telemetry import logger
from tool_contract.breaker_item import Circuit, key_of, stored_from
from tool_contract.catalog import load_catalog
from tool_contract.metrics import Metric
from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from lambdas.finisher.history import History

#: BatchGetItem takes as many keys.
_KEYS_AT_ONCE: Final = 100
_OPEN: Final = {Circuit.OPEN, Circuit.FORCED_OPEN}


@dataclass(frozen=True, slots=True)
class Gauges:
    """The gauges of a deployment, whose tools are ``tools``."""

    history: History
    table: str
    client: DynamoDBClient
    tools: Sequence[str]

    @classmethod
    def from_environment(cls, history: History) -> Gauges:
        """Return those of the deployment that this function belongs to."""
        tools = tuple(spec.name for spec in load_catalog().tools)
        return cls(history, os.environ["TOOL_STATE_TABLE"], aws_clients.tool_state(), tools)

    def write(self, now_ms: int) -> None:
        """Write the gauges; one that cannot be read is missing, and the log says why."""
        try:
            count, first_deadline = self.history.open_executions()
            late_ms = 0 if first_deadline is None else max(0, now_ms - ms_from_iso(first_deadline))
            emit({Metric.OPEN_EXECUTIONS: [count], Metric.OLDEST_OPEN_SECONDS: [late_ms / 1000]})
            emit({Metric.OPEN_CIRCUITS: [sum(circuit in _OPEN for circuit in self._circuits())]})
        except (BotoCoreError, ClientError, ValueError):
            logger.exception("how things stand could not be read")

    def _circuits(self) -> Iterator[Circuit]:
        for begin in range(0, len(self.tools), _KEYS_AT_ONCE):
            asked: Any = {self.table: {"Keys": [key_of(name) for name in self.tools[begin : begin + _KEYS_AT_ONCE]]}}
            while asked:
                answer = self.client.batch_get_item(RequestItems=asked)
                for item in answer["Responses"].get(self.table, []):
                    yield stored_from(item).breaker.circuit
                asked = answer.get("UnprocessedKeys") or {}
