"""What the tables hold of a warehouse already: keys alone, by Query."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from inventory_data import demand_location
from inventory_data.tables import LOCATION_KEY, PRODUCT_KEY, WAREHOUSE_KEY, YEAR_KEY
from tool_executor.inventory_tables.batches import REQUESTS_AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_dynamodb import DynamoDBClient

    from inventory_data import TableNames


@dataclass(frozen=True, slots=True)
class HeldData:
    """Reads what there is."""

    client: DynamoDBClient
    tables: TableNames

    def currencies(self, warehouse_code: str) -> dict[str, str | None]:
        """Return the products of the items table, each with its item's currency."""
        rows = self._query(self.tables.items, WAREHOUSE_KEY, warehouse_code, PRODUCT_KEY, "currency")
        return {row[PRODUCT_KEY]["S"]: row.get("currency", {}).get("S") for row in rows}

    def stock(self, warehouse_code: str) -> set[str]:
        """Return the products of the stock table."""
        rows = self._query(self.tables.stock, WAREHOUSE_KEY, warehouse_code, PRODUCT_KEY)
        return {row[PRODUCT_KEY]["S"] for row in rows}

    def as_of(self, warehouse_code: str) -> date | None:
        """Return the latest day of the stock table."""
        rows = self._query(self.tables.stock, WAREHOUSE_KEY, warehouse_code, "as_of")
        return max((date.fromisoformat(row["as_of"]["S"]) for row in rows), default=None)

    def demand(self, warehouse_code: str, product_codes: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Yield location and year of each record of these products in the demand table: a Query each."""
        with ThreadPoolExecutor(REQUESTS_AT_ONCE) as pool:
            for keys in pool.map(self._years, (demand_location(warehouse_code, code) for code in product_codes)):
                yield from keys

    def _years(self, location: str) -> list[tuple[str, str]]:
        rows = self._query(self.tables.demand, LOCATION_KEY, location, LOCATION_KEY, YEAR_KEY)
        return [(row[LOCATION_KEY]["S"], row[YEAR_KEY]["S"]) for row in rows]

    def _query(self, table: str, key: str, value: str, *attributes: str) -> Iterator[Any]:
        names = {f"#{number}": name for number, name in enumerate(dict.fromkeys((key, *attributes)))}
        pages = self.client.get_paginator("query").paginate(
            TableName=table,
            KeyConditionExpression="#0 = :value",
            ProjectionExpression=", ".join(names),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={":value": {"S": value}},
            ConsistentRead=True,
        )
        for page in pages:
            yield from page["Items"]
