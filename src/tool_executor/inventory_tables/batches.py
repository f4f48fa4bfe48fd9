"""Many puts and deletes in DynamoDB: in batches, several at once, and never more of them in memory than that takes."""

from __future__ import annotations

import random
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from inventory_data import InventoryDataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from inventory_data import Attributes

    #: A table's name, and a request of BatchWriteItem to it.
    Write: TypeAlias = tuple[str, dict[str, Any]]

#: BatchWriteItem's own limit.
_PER_REQUEST: Final = 25
REQUESTS_AT_ONCE: Final = 8
_WAITING: Final = 2 * REQUESTS_AT_ONCE
_ROUNDS: Final = 12
_FIRST_PAUSE_SECONDS: Final = 0.05
_LONGEST_PAUSE_SECONDS: Final = 5.0


def put(table: str, attributes: Attributes) -> Write:
    """Return the write of one record."""
    return table, {"PutRequest": {"Item": attributes}}


def delete(table: str, key: Attributes) -> Write:
    """Return the deletion of one record."""
    return table, {"DeleteRequest": {"Key": key}}


def write_all(client: DynamoDBClient, writes: Iterable[Write], written: Callable[[int], object]) -> None:
    """Do all writes, in any order; ``written`` is told how many each batch had.

    Raises ``InventoryDataError`` if a table keeps refusing, and boto3's errors. What was begun is ended first.
    """
    batches = _batches(writes)
    with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
        pending = {pool.submit(_write, client, batch) for batch in islice(batches, _WAITING)}
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for one in done:
                written(one.result())
            pending |= {pool.submit(_write, client, batch) for batch in islice(batches, len(done))}


def _batches(writes: Iterable[Write]) -> Iterator[list[Write]]:
    remaining = iter(writes)
    while batch := list(islice(remaining, _PER_REQUEST)):
        yield batch


def _write(client: DynamoDBClient, batch: list[Write]) -> int:
    """Write one batch; what DynamoDB leaves over is written again, with growing pauses."""
    pending: Any = {}
    for table, request in batch:
        pending.setdefault(table, []).append(request)
    for attempt in range(_ROUNDS):
        if attempt:
            longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2**attempt)
            time.sleep(random.uniform(0, longest))  # noqa: S311 - not for secrets
        pending = client.batch_write_item(RequestItems=pending).get("UnprocessedItems")
        if not pending:
            return len(batch)
    message = "The inventory tables keep refusing records: they are written to faster than they take."
    raise InventoryDataError(message)
