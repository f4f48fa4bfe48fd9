"""Reads the history table: the records of executions and calls, by each of its indexes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from heapq import merge
from itertools import chain, islice
from math import ceil
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Self

from tool_contract.history_schema import INDEXES
from tool_contract.items import from_item
from tool_contract.record import (
    EXECUTION_CALL_ID,
    INDEX_BY_CORRELATION,
    INDEX_BY_DAY,
    INDEX_BY_TOOL,
    INDEX_OPEN,
)
from tool_contract.shards import day_key, open_key, tool_day
from tool_contract.timestamps import iso_from_ms, ms_from_iso
from tool_executor.aws import translated_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment

Record = dict[str, Any]

_PAGE_ROWS: Final = 1000
#: Shards that are asked at once, and how few rows a page of one has.
_READERS: Final = 16
_LEAST_PAGE_ROWS: Final = 10
_OF_THE_LIST_BY_DAY: Final = next(
    (index.partition_key, *index.shown) for index in INDEXES if index.name == INDEX_BY_DAY
)


@dataclass(frozen=True, slots=True)
class Among:
    """Which rows of a list are wanted: those of a status; those started at ``since_ms`` or later, before ``until_ms``.

    Times are milliseconds since 1970; None is no bound. ``only_calls`` leaves the executions' own rows out,
    ``only_executions`` the calls'. ``tool`` is for lists by correlation id: calls that asked for it.
    """

    status: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
    only_calls: bool = False
    only_executions: bool = False
    tool: str | None = None

    @property
    def key_condition(self) -> str:
        """What narrows the range of an index that is sorted by ``started_at``."""
        return " AND started_at BETWEEN :since AND :last" if self._is_bounded else ""

    @property
    def filters(self) -> dict[str, Any]:
        """What DynamoDB is to leave out of the rows that it reads."""
        wanted = ["#status = :status"] if self.status is not None else []
        wanted += ["attribute_exists(#position)"] if self.only_calls else []
        wanted += ["attribute_not_exists(#position)"] if self.only_executions else []
        wanted += ["begins_with(#tool_day, :tool_day)"] if self.tool is not None else []
        return {"FilterExpression": " AND ".join(wanted)} if wanted else {}

    @property
    def names(self) -> dict[str, str]:
        """The attributes' names that DynamoDB does not take as they are."""
        names = {} if self.status is None else {"#status": "status"}
        names |= {"#position": "position"} if self.only_calls or self.only_executions else {}
        return names if self.tool is None else {**names, "#tool_day": "tool_day"}

    @property
    def values(self) -> dict[str, Any]:
        """The values of condition and filter."""
        values: dict[str, Any] = {} if self.status is None else {":status": {"S": self.status}}
        values |= {} if self.tool is None else {":tool_day": {"S": f"{self.tool}#"}}
        if self._is_bounded:
            last = "9999" if self.until_ms is None else iso_from_ms(self.until_ms - 1)
            values |= {":since": {"S": iso_from_ms(self.since_ms or 0)}, ":last": {"S": last}}
        return values

    @property
    def _is_bounded(self) -> bool:
        return self.since_ms is not None or self.until_ms is not None


EVERYTHING: Final = Among()
CALLS: Final = Among(only_calls=True)


@dataclass(frozen=True, slots=True)
class History:
    """The history table of one deployment. Lists are newest first where nothing else is said.

    The lists by tool, by day and of what is open lie in so many ``shards``, which are asked at once; :meth:`of` knows
    their number.
    """

    aws: Aws
    table: str
    shards: int = 1

    @classmethod
    def of(cls, aws: Aws, deployment: Deployment) -> Self:
        """Return a deployment's history."""
        return cls(aws, deployment.history_table, deployment.history_shards)

    def execution(self, execution_id: str) -> list[Record]:
        """Return an execution's own record, then its calls' in call order; empty if there is no such execution."""
        records = self._query(None, "execution_id", execution_id, limit=None, forward=True, consistent=True)
        return sorted(records, key=lambda record: record.get("position", -1))

    def calls(self, execution_id: str) -> list[Record]:
        """Return the records of an execution's calls, in call order."""
        return [record for record in self.execution(execution_id) if record["call_id"] != EXECUTION_CALL_ID]

    def call(self, execution_id: str, call_id: str) -> Record | None:
        """Return one call's record, as it is now."""
        with translated_errors():
            item = self.aws.dynamodb.get_item(
                TableName=self.table,
                Key={"execution_id": {"S": execution_id}, "call_id": {"S": call_id}},
                ConsistentRead=True,
            ).get("Item")
        return None if item is None else from_item(item)

    def progress(self, execution_id: str, correlation_id: str) -> list[Record]:
        """Return how the calls of an execution stand, in call order, without reading their inputs and results.

        It asks the index, whose rows are small and may be a moment behind: made to be asked again and again. Of an id
        that others share it reads those rows alone that began in the same millisecond.
        """
        among = EVERYTHING
        if correlation_id != execution_id:
            own = self.call(execution_id, EXECUTION_CALL_ID)
            if own is None:
                return []  # not planned yet, or gone: its calls come and go with it
            began_ms = ms_from_iso(own["started_at"])
            among = Among(since_ms=began_ms, until_ms=began_ms + 1)
        records = self._query(INDEX_BY_CORRELATION, "correlation_id", correlation_id, limit=None, among=among)
        calls = (record for record in records if record["execution_id"] == execution_id)
        return sorted((call for call in calls if "position" in call), key=lambda call: call["position"])

    def by_correlation(self, correlation_id: str, limit: int | None, among: Among = EVERYTHING) -> list[Record]:
        """Return executions and calls of a correlation id."""
        return self._query(INDEX_BY_CORRELATION, "correlation_id", correlation_id, limit=limit, among=among)

    def with_own_records(self, rows: Sequence[Record]) -> list[Record]:
        """Return rows by correlation id, the executions' with what the list by day holds of them beside.

        That index does not hold it, for calls lie in it too. It takes a request for each execution, some at once: a
        batch of them would be one, but whoever may read the history may get and query, and no more.
        """
        _ = self.aws.dynamodb  # made once, before threads share it
        with translated_errors(), ThreadPoolExecutor(_READERS) as readers:
            return list(readers.map(self._with_own_record, rows))

    def _with_own_record(self, row: Record) -> Record:
        if row["call_id"] != EXECUTION_CALL_ID:
            return row
        names = {f"#{position}": name for position, name in enumerate(_OF_THE_LIST_BY_DAY)}
        item = self.aws.dynamodb.get_item(
            TableName=self.table,
            Key={name: {"S": row[name]} for name in ("execution_id", "call_id")},
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames=names,
        ).get("Item")
        # The row's own go first: it was chosen by them, and the record may be a moment ahead.
        return {**from_item(item or {}), **row}

    def by_tool(self, tool_name: str, day: str, limit: int | None, among: Among = EVERYTHING) -> list[Record]:
        """Return the calls that asked for a tool on a day (``2026-11-20``, UTC)."""
        keys = self._keys(partial(tool_day, tool_name, day))
        return self._in_shards(INDEX_BY_TOOL, "tool_day", keys, "started_at", limit=limit, among=among)

    def by_day(self, day: str, limit: int | None, among: Among = EVERYTHING) -> list[Record]:
        """Return the executions of a day (``2026-11-20``, UTC)."""
        keys = self._keys(partial(day_key, day))
        return self._in_shards(INDEX_BY_DAY, "day", keys, "started_at", limit=limit, among=among)

    def open_executions(self, limit: int) -> list[Record]:
        """Return the executions that have not ended, the one with the nearest deadline first."""
        return self._in_shards(INDEX_OPEN, "open", self._keys(open_key), "deadline", limit=limit, forward=True)

    def _keys(self, key: Callable[[int], str]) -> list[str]:
        return [key(shard) for shard in range(self.shards)]

    def _in_shards(
        self,
        index: str,
        name: str,
        keys: Sequence[str],
        order: str,
        *,
        limit: int | None,
        forward: bool = False,
        among: Among = EVERYTHING,
    ) -> list[Record]:
        """Return the rows of all keys as one list in an attribute's order; pages are asked for as it takes them."""
        page_rows = None if limit is None else max(_LEAST_PAGE_ROWS, 2 * ceil(limit / len(keys)))
        asked = partial(self._rows, index, name, forward=forward, among=among)
        parts = [asked(key, limit=limit if len(keys) == 1 else None, page_rows=page_rows) for key in keys]
        with translated_errors():
            if len(parts) > 1:
                parts = self._begun(parts)
            return list(islice(merge(*parts, key=itemgetter(order), reverse=not forward), limit))

    def _begun(self, parts: Sequence[Iterator[Record]]) -> list[Iterator[Record]]:
        """Return the same lists with the first page of each read: all at once."""
        _ = self.aws.dynamodb  # made once, before threads share it
        with ThreadPoolExecutor(min(len(parts), _READERS)) as readers:
            first = list(readers.map(lambda part: list(islice(part, 1)), parts))
        return [chain(begun, part) for begun, part in zip(first, parts, strict=True)]

    def _query(
        self,
        index: str | None,
        name: str,
        key: str,
        *,
        limit: int | None,
        forward: bool = False,
        consistent: bool = False,
        among: Among = EVERYTHING,
    ) -> list[Record]:
        rows = self._rows(index, name, key, limit=limit, forward=forward, consistent=consistent, among=among)
        with translated_errors():
            return list(rows)

    def _rows(
        self,
        index: str | None,
        name: str,
        key: str,
        *,
        limit: int | None,
        page_rows: int | None = None,
        forward: bool = False,
        consistent: bool = False,
        among: Among = EVERYTHING,
    ) -> Iterator[Record]:
        """Yield rows page by page. Raises what botocore raises."""
        options: dict[str, Any] = {"IndexName": index} if index else {}
        # Rows that are filtered out count for a page, not for the limit.
        wanted = _PAGE_ROWS if among.filters else min(page_rows or limit or _PAGE_ROWS, _PAGE_ROWS)
        pages = self.aws.dynamodb.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="#key = :key" + among.key_condition,
            ExpressionAttributeNames={"#key": name, **among.names},
            ExpressionAttributeValues={":key": {"S": key}, **among.values},
            ScanIndexForward=forward,
            ConsistentRead=consistent,
            PaginationConfig={"PageSize": wanted, **({"MaxItems": limit} if limit else {})},
            **among.filters,
            **options,
        )
        for page in pages:
            yield from map(from_item, page["Items"])
