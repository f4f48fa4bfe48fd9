"""Reads the totals of calls that the finisher counts by tool and hour: see ``tool_contract.hourly_totals``."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from tool_contract.call_totals import CallTotals
from tool_contract.hourly_totals import HOUR_MS, SINCE_KEY, figures_of, hour_ms, hour_of, totals_id
from tool_contract.items import from_item, to_item
from tool_contract.timestamps import iso_from_ms
from tool_executor.aws import translated_errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment

_READERS: Final = 16


@dataclass(frozen=True, slots=True)
class Hours:
    """Whole hours, from ``begin_ms`` up to and without ``end_ms``: milliseconds since 1970."""

    begin_ms: int
    end_ms: int

    @property
    def by_month(self) -> Iterator[tuple[str, str, str]]:
        """The months (``2026-11``) that they touch, each with its first and last hour."""
        hours = (hour_of(iso_from_ms(begin)) for begin in range(self.begin_ms, self.end_ms, HOUR_MS))
        for month, of_month in groupby(hours, key=lambda hour: hour[:7]):
            listed = list(of_month)
            yield month, listed[0], listed[-1]


@dataclass(frozen=True, slots=True)
class HourlyTotals:
    """The totals of one deployment."""

    aws: Aws
    deployment: Deployment

    def counted_since_ms(self) -> int | None:
        """Return from when on every execution that has ended is counted; None if none is."""
        with translated_errors():
            item = self.aws.dynamodb.get_item(
                TableName=self.deployment.history_table, Key=to_item(SINCE_KEY), ConsistentRead=True
            ).get("Item")
        return None if item is None else hour_ms(from_item(item)["since"])

    def of(self, tool_names: Iterable[str], hours: Hours) -> list[tuple[str, CallTotals]]:
        """Return the totals of tools, each in any number of parts, which add up. One query a tool, month and shard."""
        return [(tool, totals) for tool, _, totals in self.by_hour(tool_names, hours)]

    def by_hour(self, tool_names: Iterable[str], hours: Hours) -> list[tuple[str, str, CallTotals]]:
        """Return the same parts, each with its hour (``2026-11-20T10``) between the tool and the totals."""
        _ = self.aws.dynamodb  # made once, before threads share it
        asked = [
            (tool, totals_id(tool, month, shard), first, last)
            for tool in tool_names
            for month, first, last in hours.by_month
            for shard in range(self.deployment.history_shards)
        ]
        with translated_errors(), ThreadPoolExecutor(_READERS) as readers:
            return [found for part in readers.map(lambda one: self._read(*one), asked) for found in part]

    def _read(self, tool: str, key: str, first: str, last: str) -> list[tuple[str, str, CallTotals]]:
        pages = self.aws.dynamodb.get_paginator("query").paginate(
            TableName=self.deployment.history_table,
            KeyConditionExpression="execution_id = :key AND call_id BETWEEN :first AND :last",
            ExpressionAttributeValues=to_item({":key": key, ":first": first, ":last": last}),
            ConsistentRead=True,
        )
        rows = [from_item(item) for page in pages for item in page["Items"]]
        return [(tool, str(row["call_id"]), CallTotals(figures_of(row))) for row in rows]
