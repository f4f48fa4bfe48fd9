"""The circuit breakers of a deployment's tools, as a person looks at them and overrules them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from tool_contract.breaker_item import (
    ID_PREFIX,
    Breaker,
    Circuit,
    key_of,
    put_arguments,
    set_by_hand,
    stored_from,
    tool_name_of,
)
from tool_contract.timestamps import iso_from_ms
from tool_executor.aws import translated_errors
from tool_executor.errors import ServiceError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_executor.aws import Aws

_TRIES: Final = 20
#: The circuit of an item that is there and holds no breaker: calls go on without it, and a reset mends it.
UNREADABLE: Final = "unreadable"


@dataclass(frozen=True, slots=True)
class BreakerState:
    """A tool's breaker. Counts are of the window that runs and the one before it, which are 60 s each.

    ``until`` (ISO 8601) is when an open circuit lets probes through; ``circuit`` may be ``unreadable``.
    """

    tool_name: str
    circuit: str
    generation: int = 0
    until: str | None = None
    calls: int = 0
    failed: int = 0
    slow: int = 0

    @classmethod
    def of(cls, tool_name: str, breaker: Breaker) -> BreakerState:
        """Return what a person wants to know of a breaker."""
        seen = breaker.current + breaker.previous
        until = iso_from_ms(breaker.until) if breaker.circuit is Circuit.OPEN else None
        return cls(tool_name, breaker.circuit, breaker.generation, until, seen.calls, seen.failed, seen.slow)


@dataclass(frozen=True, slots=True)
class Breakers:
    """The breakers of one deployment."""

    aws: Aws
    table: str

    def all(self) -> list[BreakerState]:
        """Return the breakers that have an item, by tool; a tool without one is closed.

        It reads the whole tool state table, which holds caches and idempotency keys as well: for people, not for loops.
        """
        with translated_errors():
            pages = self.aws.dynamodb.get_paginator("scan").paginate(  # nosemgrep: table-scan - for people
                TableName=self.table,
                FilterExpression="begins_with(id, :prefix)",
                ExpressionAttributeValues={":prefix": {"S": ID_PREFIX}},
            )
            return sorted((_state(item) for page in pages for item in page["Items"]), key=lambda one: one.tool_name)

    def set(self, tool_name: str, circuit: Circuit, now_ms: int) -> BreakerState:
        """Bring a tool's breaker to where a person wants it; outcomes of calls that run now change nothing any more.

        ``Circuit.CLOSED`` hands it back to the rules. Raises ServiceError, CredentialsMissingError.
        """
        with translated_errors():
            for _ in range(_TRIES):
                wanted = self._try_to_set(tool_name, circuit, now_ms)
                if wanted is not None:
                    return BreakerState.of(tool_name, wanted)
        raise ServiceError(f"The breaker of {tool_name!r} kept changing while it was to be set.", hint="Try it again.")

    def _try_to_set(self, tool_name: str, circuit: Circuit, now_ms: int) -> Breaker | None:
        """Return the breaker that was written, None if another writer was ahead."""
        client = self.aws.dynamodb
        item = client.get_item(TableName=self.table, Key=key_of(tool_name), ConsistentRead=True).get("Item")
        try:
            stored = stored_from(item)
            wanted = set_by_hand(stored.breaker, circuit)
        except ValueError:  # it is no breaker: there is nothing to be careful about
            stored, wanted = None, set_by_hand(Breaker(), circuit)
        arguments = put_arguments(self.table, tool_name, wanted, over=stored, write_id=uuid4().hex, now_ms=now_ms)
        try:
            client.put_item(**arguments)
        except client.exceptions.ConditionalCheckFailedException:
            return None
        return wanted


def _state(item: Mapping[str, Any]) -> BreakerState:
    name = tool_name_of(item)
    try:
        return BreakerState.of(name, stored_from(item).breaker)
    except ValueError:
        return BreakerState(name, UNREADABLE)
