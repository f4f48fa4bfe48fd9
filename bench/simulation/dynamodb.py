"""A client of the modelled DynamoDB: the calls that the project makes, their latency, throttling and retries."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, NoReturn

from botocore.exceptions import ClientError
from greenlet import getcurrent

from bench.simulation.dynamodb_rows import Row
from bench.simulation.dynamodb_tables import Index, Key, Table
from bench.simulation.dynamodb_units import Consumption, Resource, Throttled
from bench.simulation.expressions import condition, update

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bench.simulation.virtual_time import Timeline
from tool_contract.history_schema import INDEXES, PARTITION_KEY, SORT_KEY

#: Median latencies within a region, in seconds, and how they scatter (lognormal): supposed, not measured.
READ_SECONDS: Final = 0.003
WRITE_SECONDS: Final = 0.005
TRANSACTION_SECONDS: Final = 0.012
_SCATTER: Final = 0.35
#: botocore's standard mode waits up to so long before a try again.
_LONGEST_BACKOFF_SECONDS: Final = 20.0


_Operation = Callable[[str, dict[str, Any]], dict[str, Any]]


class Died(BaseException):
    """The process that made a call is no more."""


class ConditionalCheckFailedException(ClientError):
    """A condition did not hold."""


class TransactionCanceledException(ClientError):
    """One part of a transaction could not be done, and so none was."""


class DynamoDB:
    """The history and tool state tables of a deployment."""

    def __init__(self, timeline: Timeline, quota: float) -> None:
        self.timeline = timeline
        self.taken = Consumption()
        self.locked: Counter[tuple[str, Key]] = Counter()
        indexes = tuple(
            Index(
                made.name,
                made.partition_key,
                made.sort_key,
                frozenset({PARTITION_KEY, SORT_KEY, made.partition_key, made.sort_key, *made.shown}),
                Resource(f"history/{made.name}", quota),
            )
            for made in INDEXES
        )
        self.history = Table("history", PARTITION_KEY, SORT_KEY, indexes, Resource("history", quota), self.taken)
        self.tool_state = Table("tool-state", "id", None, (), Resource("tool-state", quota), self.taken)

    def table(self, name: str) -> Table:
        """Return a table by its name."""
        return self.history if name == self.history.name else self.tool_state


class Client:
    """What botocore's client does, as far as it is used. It tries a throttled call so often in all."""

    exceptions = SimpleNamespace(
        ConditionalCheckFailedException=ConditionalCheckFailedException,
        TransactionCanceledException=TransactionCanceledException,
    )

    def __init__(self, dynamodb: DynamoDB, tries: int) -> None:
        self._of = dynamodb
        self._tries = tries

    def put_item(self, **asked: Any) -> dict[str, Any]:
        """Write a whole item."""
        return self._retried("PutItem", WRITE_SECONDS, self._put, asked)

    def update_item(self, **asked: Any) -> dict[str, Any]:
        """Change attributes of an item."""
        return self._retried("UpdateItem", WRITE_SECONDS, self._put, asked)

    def get_item(self, **asked: Any) -> dict[str, Any]:
        """Read an item."""
        return self._retried("GetItem", READ_SECONDS, self._get, asked)

    def query(self, **asked: Any) -> dict[str, Any]:
        """Read the items of a key, all in one page."""
        return self._retried("Query", READ_SECONDS, self._query, asked)

    def get_paginator(self, _operation: str) -> Any:
        """Return what pages through a query."""

        def paginate(**asked: Any) -> Iterator[dict[str, Any]]:
            yield self.query(**asked)

        return SimpleNamespace(paginate=paginate)

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - botocore's name
        """Read items of one table."""
        return self._retried("BatchGetItem", READ_SECONDS, self._get_each, RequestItems)

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - as above
        """Make all of some changes, or none; botocore repeats none that was cancelled."""
        self._burn()
        parts = [part["Update"] for part in TransactItems]
        keys = [(part["TableName"], self._of.table(part["TableName"]).key_of(part["Key"])) for part in parts]
        conflicts = [key in self._of.locked for key in keys]
        if any(conflicts):
            self._of.taken.conflicts += 1
            self._of.timeline.wait(_about(TRANSACTION_SECONDS / 2))
            self._cancel(["TransactionConflict" if each else "None" for each in conflicts], {})
        self._of.locked.update(keys)
        try:
            self._of.timeline.wait(_about(TRANSACTION_SECONDS))
            self._commit(parts)
        finally:
            for key in keys:
                del self._of.locked[key]
        return {}

    def _commit(self, parts: list[dict[str, Any]]) -> None:
        changes, needed = [], []
        for number, part in enumerate(parts):
            table = self._of.table(part["TableName"])
            key = table.key_of(part["Key"])
            old = table.get(key)
            if not self._holds(part, old):
                self._cancel(_at(number, len(parts), "ConditionalCheckFailed"), {"Item": old or {}}, number)
            new, touched = _changed(part, old)
            needed += table.need(key, old, new, touched, twice=True)
            changes.append((table, key, old, new))
        try:
            self._of.taken.require(needed, self._of.timeline.now)
        except Throttled:
            self._cancel(["ThrottlingError" for _ in parts], {})
        for table, key, old, new in changes:
            table.put(key, old, new)

    def _put(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        table, taken, now = self._of.table(asked["TableName"]), self._of.taken, self._of.timeline.now
        item = asked.get("Item")
        key = table.key_of(asked["Key"] if item is None else item)
        if (table.name, key) in self._of.locked:
            raise Throttled
        old = table.get(key)
        if not self._holds(asked, old):
            taken.require([(table.resource, key[0], 1)], now)
            wanted = {"Item": old} if old and asked.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else {}
            raise ConditionalCheckFailedException(_error("ConditionalCheckFailedException", **wanted), operation)
        new, touched = _changed(asked, old) if item is None else _replaced(item, old)
        taken.require(table.need(key, old, new, touched), now)
        table.put(key, old, new)
        returned = asked.get("ReturnValues")
        return {"Attributes": (old or {}) if returned == "ALL_OLD" else new} if returned else {}

    def _holds(self, asked: dict[str, Any], old: Row | None) -> bool:
        text = asked.get("ConditionExpression")
        if text is None:
            return True
        return condition(text)(old or {}, asked.get("ExpressionAttributeNames", {}), _values(asked))

    def _get_each(self, _operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        ((name, wanted),) = asked.items()
        table = self._of.table(name)
        found = [item for key in wanted["Keys"] if (item := table.get(table.key_of(key))) is not None]
        table.reads(found, consistent=False)
        return {"Responses": {name: found}}

    def _get(self, _operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        table = self._of.table(asked["TableName"])
        item = table.get(table.key_of(asked["Key"]))
        table.reads([item] if item else [], consistent=asked.get("ConsistentRead", False))
        return {} if item is None else {"Item": item}

    def _query(self, _operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        table = self._of.table(asked["TableName"])
        names, values = asked.get("ExpressionAttributeNames", {}), asked["ExpressionAttributeValues"]
        items = list(table.found(asked["KeyConditionExpression"], names, values, asked.get("IndexName")))
        table.reads(items, consistent=asked.get("ConsistentRead", False))
        return {"Count": len(items), "Items": items[: asked.get("Limit")]}

    def _retried(self, operation: str, seconds: float, call: _Operation, asked: dict[str, Any]) -> dict[str, Any]:
        for number in range(self._tries):
            self._burn()
            self._of.timeline.wait(_about(seconds))
            try:
                return call(operation, asked)
            except Throttled:
                if number + 1 < self._tries:
                    self._of.timeline.wait(random.random() * min(2.0**number, _LONGEST_BACKOFF_SECONDS))  # noqa: S311
        self._of.taken.refused_after_retries += 1
        raise ClientError(_error("ProvisionedThroughputExceededException"), operation)

    def _burn(self) -> None:
        """Let the process that asks die, if its time has come."""
        invocation = getattr(getcurrent(), "invocation", None)
        if invocation is not None and invocation.burns():
            raise Died

    def _cancel(self, codes: list[str], failed: dict[str, Any], at: int = 0) -> NoReturn:
        reasons: list[dict[str, Any]] = [{"Code": code} for code in codes]
        reasons[at].update(failed)
        error: Any = {**_error("TransactionCanceledException"), "CancellationReasons": reasons}
        raise TransactionCanceledException(error, "TransactWriteItems")


def _changed(asked: dict[str, Any], old: Row | None) -> tuple[Row, Iterable[str]]:
    """Return what an update makes of a row, and the names of what it touched."""
    change, names = update(asked["UpdateExpression"]), asked.get("ExpressionAttributeNames", {})
    new = Row(asked["Key"] if old is None else old)
    touched = change(old or {}, new, names, _values(asked))
    new.measured(old, touched)
    return new, touched


def _replaced(item: dict[str, Any], old: Row | None) -> tuple[Row, Iterable[str]]:
    return Row.of(item), item if old is None else item.keys() | old.keys()


def _values(asked: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = asked.get("ExpressionAttributeValues", {})
    return found


def _at(number: int, of: int, code: str) -> list[str]:
    return [code if each == number else "None" for each in range(of)]


def _error(code: str, **more: Any) -> Any:
    return {"Error": {"Code": code, "Message": code}, **more}


def _about(seconds: float) -> float:
    return seconds * random.lognormvariate(0, _SCATTER)
