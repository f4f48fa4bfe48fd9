"""Writes inventory records to the three tables in batches.

The exceptions are those of boto3 and :class:`inventory_data.InventoryDataError`; a load that was cut short may simply
be repeated, for each record replaces its predecessor.
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.config import Config

from inventory_data import (
    InventoryDataError,
    demand_year_to_attributes,
    item_to_attributes,
    stock_to_attributes,
    warehouse_to_attributes,
)
from inventory_data.tables import TableNames
from tool_executor.inventory.sample import DEFAULT_SEED, generate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from inventory_data import Attributes
    from tool_executor.inventory.sample import SampleData

#: BatchWriteItem's own limit.
_ITEMS_PER_REQUEST: Final = 25
_REQUESTS_AT_ONCE: Final = 8
_ROUNDS: Final = 8
_FIRST_PAUSE_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What was written, in records, and how long it took, generating included."""

    warehouses: int
    items: int
    stock: int
    demand_years: int
    seconds: float


def load_sample(
    outputs: Mapping[str, str],
    *,
    endpoint_url: str | None,
    region: str,
    seed: int = DEFAULT_SEED,
    progress: Callable[[int, int], None] | None = None,
    session: boto3.Session | None = None,
) -> LoadReport:
    """Fill the inventory tables of a deployment with the sample distributor.

    ``outputs`` are the stack's, ``progress`` is called with records written and records in all. Credentials come from
    ``session``, else from where boto3 finds them. Raises ``InventoryDataError`` if a table is not among the outputs or
    keeps refusing records, boto3's errors otherwise.
    """
    tables = TableNames.from_outputs(outputs)
    started = time.monotonic()
    data = generate(seed)
    config = Config(max_pool_connections=_REQUESTS_AT_ONCE, retries={"mode": "standard", "total_max_attempts": 5})
    client = (session or boto3.Session()).client(
        "dynamodb", endpoint_url=endpoint_url, region_name=region, config=config
    )
    write_records(client, tables, data, progress)
    return LoadReport(
        warehouses=len(data.warehouses),
        items=len(data.items),
        stock=len(data.stock),
        demand_years=len(data.demand),
        seconds=time.monotonic() - started,
    )


def write_records(
    client: DynamoDBClient,
    tables: TableNames,
    data: SampleData,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write all records of ``data``; those of the list of warehouses last, so that it names what is there."""
    total = len(data.warehouses) + len(data.items) + len(data.stock) + len(data.demand)
    done = 0
    with ThreadPoolExecutor(_REQUESTS_AT_ONCE) as pool:
        pending = [pool.submit(_write, client, batch) for batch in _batches(tables, data)]
        for finished in as_completed(pending):
            done += finished.result()
            if progress is not None:
                progress(done, total)
    done += _write(client, [(tables.items, warehouse_to_attributes(warehouse)) for warehouse in data.warehouses])
    if progress is not None:
        progress(done, total)


def _batches(tables: TableNames, data: SampleData) -> Iterator[list[tuple[str, Attributes]]]:
    batch: list[tuple[str, Attributes]] = []
    for row in _rows(tables, data):
        batch.append(row)
        if len(batch) == _ITEMS_PER_REQUEST:
            yield batch
            batch = []
    if batch:
        yield batch


def _rows(tables: TableNames, data: SampleData) -> Iterable[tuple[str, Attributes]]:
    yield from ((tables.items, item_to_attributes(item)) for item in data.items)
    yield from ((tables.stock, stock_to_attributes(stock)) for stock in data.stock)
    yield from ((tables.demand, demand_year_to_attributes(year)) for year in data.demand)


def _write(client: DynamoDBClient, batch: list[tuple[str, Attributes]]) -> int:
    """Write one batch; what DynamoDB leaves over is written again, with growing pauses."""
    pending: Any = {}
    for table, attributes in batch:
        pending.setdefault(table, []).append({"PutRequest": {"Item": attributes}})
    for attempt in range(_ROUNDS):
        if attempt:
            time.sleep(random.uniform(0, _FIRST_PAUSE_SECONDS * 2**attempt))  # noqa: S311 - not for secrets
        pending = client.batch_write_item(RequestItems=pending).get("UnprocessedItems")
        if not pending:
            return len(batch)
    message = "The inventory tables keep refusing records: they are written to faster than they take."
    raise InventoryDataError(message)
