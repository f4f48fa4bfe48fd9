"""The reader on DynamoDB: GetItem, Query and BatchGetItem, never Scan; eventually consistent, as a report may be.

Only a warehouse's own entry is read consistently: whether a load of it runs must be known at once.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import SystemRandom
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from inventory_data import (
    Attributes,
    MalformedRecordError,
    demand_location,
    demand_year_from_attributes,
    item_from_attributes,
    stock_from_attributes,
    warehouse_from_attributes,
)
from inventory_data.tables import LOCATION_KEY, PRODUCT_KEY, WAREHOUSE_KEY, WAREHOUSE_LIST, YEAR_KEY
from lambdas.inventory_optimizer.reader import Records
from tool_contract.errors import InvalidInput, ToolFailed, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from inventory_data import DemandYear, Item, Stock, TableNames, Warehouse

_RecordT = TypeVar("_RecordT")

#: Products of a warehouse that are read at once: their items and stock take some 200 MB.
MOST_PRODUCTS: Final = 50_000

#: BatchGetItem's own limit.
_KEYS_PER_REQUEST: Final = 100
#: Requests in flight: enough to hide latency, few enough for one function's share of a young table.
_REQUESTS_AT_ONCE: Final = 4
_ROUNDS: Final = 6
_FIRST_PAUSE_SECONDS: Final = 0.05
#: The caller's or the deployment's fault: another attempt would meet it again.
_FINAL_CODES: Final = frozenset({"AccessDeniedException", "ResourceNotFoundException", "ValidationException"})


class DynamoDBReader:
    """Reads the three tables. Its client is safe to share between threads."""

    def __init__(
        self, client: DynamoDBClient, tables: TableNames, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._tables = tables
        self._sleep = sleep

    def warehouse(self, warehouse_code: str) -> Warehouse | None:
        """Return a warehouse's entry in the list of warehouses; None where there is none that can be read."""
        key = {WAREHOUSE_KEY: {"S": WAREHOUSE_LIST}, PRODUCT_KEY: {"S": warehouse_code}}
        get = partial(self._client.get_item, TableName=self._tables.items, Key=key, ConsistentRead=True)
        entry = _answered(get).get("Item")
        found = _read([] if entry is None else [entry], warehouse_from_attributes).found
        return found[0] if found else None

    def warehouse_codes(self) -> list[str]:
        """Return the codes in the list of warehouses."""
        found = self._query(self._tables.items, WAREHOUSE_LIST)
        return [warehouse.warehouse_code for warehouse in _read(found, warehouse_from_attributes).found]

    def product_codes(self, warehouse_code: str) -> list[str]:
        """Return the codes of a warehouse's products."""
        return [row[PRODUCT_KEY]["S"] for row in self._query(self._tables.items, warehouse_code, PRODUCT_KEY)]

    def items(self, warehouse_code: str, product_codes: Sequence[str] | None) -> Records[Item]:
        """Return the items of a warehouse."""
        return _read(self._of_warehouse(self._tables.items, warehouse_code, product_codes), item_from_attributes)

    def stock(self, warehouse_code: str, product_codes: Sequence[str] | None) -> Records[Stock]:
        """Return the stock records of a warehouse."""
        return _read(self._of_warehouse(self._tables.stock, warehouse_code, product_codes), stock_from_attributes)

    def demand(self, warehouse_code: str, product_codes: Sequence[str], years: Sequence[int]) -> Records[DemandYear]:
        """Return the demand of the products in these calendar years: one item each."""
        keys = [
            {LOCATION_KEY: {"S": demand_location(warehouse_code, product)}, YEAR_KEY: {"S": f"{year:04d}"}}
            for product in product_codes
            for year in years
        ]
        return _read(self._get(self._tables.demand, keys), demand_year_from_attributes)

    def _of_warehouse(
        self, table: str, warehouse_code: str, product_codes: Sequence[str] | None
    ) -> Iterable[Attributes]:
        if product_codes is None:
            return self._query(table, warehouse_code)
        return self._get(
            table, [{WAREHOUSE_KEY: {"S": warehouse_code}, PRODUCT_KEY: {"S": code}} for code in product_codes]
        )

    def _query(self, table: str, warehouse_code: str, projection: str | None = None) -> Iterator[Attributes]:
        """Read a partition page by page: who parses as it comes holds one page of rows at a time."""
        request: dict[str, Any] = {
            "TableName": table,
            "KeyConditionExpression": "#partition = :partition",
            "ExpressionAttributeNames": {"#partition": WAREHOUSE_KEY},
            "ExpressionAttributeValues": {":partition": {"S": warehouse_code}},
        }
        if projection:
            request["ProjectionExpression"] = projection
        read = 0
        while True:
            page = _answered(partial(self._client.query, **request))
            read += len(page["Items"])
            if read > MOST_PRODUCTS:
                _refuse_as_too_large(warehouse_code)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _get(self, table: str, keys: Sequence[Attributes]) -> list[Attributes]:
        parts = [keys[start : start + _KEYS_PER_REQUEST] for start in range(0, len(keys), _KEYS_PER_REQUEST)]
        if len(parts) <= 1:
            return [row for part in parts for row in self._get_part(table, part)]
        with ThreadPoolExecutor(_REQUESTS_AT_ONCE) as pool:
            return [row for rows in pool.map(lambda part: self._get_part(table, part), parts) for row in rows]

    def _get_part(self, table: str, keys: Sequence[Attributes]) -> list[Attributes]:
        """Get up to 100 items; what DynamoDB leaves over is asked for again, with growing pauses."""
        found: list[Attributes] = []
        pending: Any = {table: {"Keys": keys}}
        for attempt in range(_ROUNDS):
            if attempt:
                # Full jitter, so that the requests of one read do not come back together.
                self._sleep(SystemRandom().uniform(0, _FIRST_PAUSE_SECONDS * 2**attempt))
            answer = _answered(partial(self._client.batch_get_item, RequestItems=pending))
            found += answer["Responses"].get(table, [])
            pending = answer.get("UnprocessedKeys")
            if not pending:
                return found
        message = "The inventory tables cannot keep up with the reads at the moment."
        raise Unavailable(message)


def _refuse_as_too_large(warehouse_code: str) -> NoReturn:
    message = f"Warehouse {warehouse_code!r} holds more than {MOST_PRODUCTS:,} products, more than one call looks at."
    raise InvalidInput(message, pointer="/warehouse_code", hint="Name some of them by product_codes.")


def _read(rows: Iterable[Attributes], parse: Callable[[Attributes], _RecordT]) -> Records[_RecordT]:
    """Parse each row; one that holds no valid record must not hide the others."""
    found: list[_RecordT] = []
    malformed: list[MalformedRecordError] = []
    for row in rows:
        try:
            found.append(parse(row))
        except MalformedRecordError as error:
            malformed.append(error)
    return Records(tuple(found), tuple(malformed))


def _answered(request: Callable[[], Any]) -> Any:  # noqa: ANN401 - any of DynamoDB's answers
    try:
        return request()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _FINAL_CODES:
            message = f"The inventory tables cannot be read ({code})."
            raise ToolFailed(message, retryable=False) from error
        message = f"The inventory tables do not answer ({code})."
        raise Unavailable(message) from error
    except BotoCoreError as error:
        message = f"The inventory tables do not answer ({type(error).__name__})."
        raise Unavailable(message) from error
