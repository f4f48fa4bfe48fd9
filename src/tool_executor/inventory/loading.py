"""Loads the sample distributor into the inventory tables of a deployment."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from inventory_data.tables import TableNames
from tool_executor.inventory.sample import DEFAULT_SEED, generate
from tool_executor.inventory_tables import Load, new_mark, plan_load

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_executor.inventory_tables import LoadProgress


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
    progress: LoadProgress | None = None,
    session: boto3.Session | None = None,
) -> LoadReport:
    """Fill the inventory tables of a deployment with the sample distributor.

    ``outputs`` are the stack's, ``progress`` is called with records written and records in all. Credentials come from
    ``session``, else from where boto3 finds them. Raises ``InventoryDataError`` if a table is not among the outputs or
    keeps refusing records, LoadRefusedError, LoadsCrossedError, boto3's errors otherwise. A load that was cut short may
    simply be repeated.
    """
    tables = TableNames.from_outputs(outputs)
    started = time.monotonic()
    data = generate(seed)
    config = Config(retries={"mode": "standard", "total_max_attempts": 5})
    client = (session or boto3.Session()).client(
        "dynamodb", endpoint_url=endpoint_url, region_name=region, config=config
    )
    Load(client, tables, plan_load(client, tables, data), new_mark(datetime.now(UTC))).run(progress)
    return LoadReport(
        warehouses=len(data.warehouses),
        items=len(data.items),
        stock=len(data.stock),
        demand_years=len(data.demand),
        seconds=time.monotonic() - started,
    )
