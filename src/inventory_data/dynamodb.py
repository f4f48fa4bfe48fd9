"""Records as DynamoDB items in the low-level form of its API (``{"N": "1.5"}``), and back.

Numbers travel as decimal text, so no float meets DynamoDB's Decimal: ``repr`` is exact both ways. A year's days are
packed into JSON texts: 365 quantities take about 1 KB, so that two years of a product are a read unit or two.
"""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from pydantic import ValidationError

from inventory_data.errors import MalformedRecordError
from inventory_data.models import DemandYear, Item, Record, Stock, Warehouse
from inventory_data.tables import LOCATION_KEY, PRODUCT_KEY, WAREHOUSE_KEY, WAREHOUSE_LIST, YEAR_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: One DynamoDB item in low-level form; boto3's stubs know the same as ``AttributeValueTypeDef``.
Attributes: TypeAlias = "Mapping[str, Mapping[str, Any]]"
_RecordT = TypeVar("_RecordT", bound=Record)


def demand_location(warehouse_code: str, product_code: str) -> str:
    """Return the partition key of a location's demand."""
    return f"{warehouse_code}#{product_code}"


def warehouse_to_attributes(warehouse: Warehouse) -> Attributes:
    """Return the entry of a warehouse in the items table's list of warehouses."""
    entry = {
        WAREHOUSE_KEY: {"S": WAREHOUSE_LIST},
        PRODUCT_KEY: {"S": warehouse.warehouse_code},
        "products": {"N": str(warehouse.products)},
    }
    if warehouse.as_of is not None:
        entry["as_of"] = {"S": warehouse.as_of.isoformat()}
    if warehouse.loading is not None:
        entry["loading"] = {"S": warehouse.loading}
    return entry


def warehouse_from_attributes(attributes: Attributes) -> Warehouse:
    """Read an entry of the list of warehouses. Raises :class:`MalformedRecordError`."""
    renamed = {WAREHOUSE_KEY: attributes.get(PRODUCT_KEY, {"NULL": True})}
    renamed |= {name: attributes[name] for name in ("products", "as_of", "loading") if name in attributes}
    return _validated(Warehouse, renamed, "entry in the list of warehouses")


def item_to_attributes(item: Item) -> Attributes:
    """Return the item as it stands in the items table."""
    return _attributes(item)


def item_from_attributes(attributes: Attributes) -> Item:
    """Read an item. Raises :class:`MalformedRecordError`."""
    return _validated(Item, attributes, "item")


def stock_to_attributes(stock: Stock) -> Attributes:
    """Return the stock with its open orders as it stands in the stock table."""
    return _attributes(stock)


def stock_from_attributes(attributes: Attributes) -> Stock:
    """Read a stock record. Raises :class:`MalformedRecordError`."""
    return _validated(Stock, attributes, "stock")


def demand_year_to_attributes(year: DemandYear) -> Attributes:
    """Return a year of demand as it stands in the demand table; flags and returns only where there are any."""
    attributes = {
        LOCATION_KEY: {"S": demand_location(year.warehouse_code, year.product_code)},
        YEAR_KEY: {"S": f"{year.year:04d}"},
        "first_day": {"S": year.first_day.isoformat()},
        "quantities": {"S": _packed([_short(quantity) for quantity in year.quantities])},
    }
    if year.stockout_days:
        attributes["stockout_days"] = {"S": _packed(year.stockout_days)}
    if year.promotion_days:
        attributes["promotion_days"] = {"S": _packed(year.promotion_days)}
    if year.returns:
        pairs = [[offset, _short(quantity)] for offset, quantity in year.returns.items()]
        attributes["returns"] = {"S": _packed(pairs)}
    return attributes


def demand_year_from_attributes(attributes: Attributes) -> DemandYear:
    """Read a year of demand. Raises :class:`MalformedRecordError`."""
    name = f"demand of {_text(attributes, LOCATION_KEY)} in {_text(attributes, YEAR_KEY)}"
    warehouse_code, _, product_code = _text(attributes, LOCATION_KEY).partition("#")
    try:
        year = DemandYear(
            warehouse_code=warehouse_code,
            product_code=product_code,
            first_day=date.fromisoformat(_text(attributes, "first_day")),
            quantities=tuple(_unpacked(attributes, "quantities")),
            stockout_days=tuple(_unpacked(attributes, "stockout_days")),
            promotion_days=tuple(_unpacked(attributes, "promotion_days")),
            returns=dict(_unpacked(attributes, "returns")),
        )
    except ValidationError as error:
        raise MalformedRecordError(name, _sentence(error), product_code) from None
    except (TypeError, ValueError) as error:
        raise MalformedRecordError(name, f"{error}.", product_code) from None
    if f"{year.year:04d}" != _text(attributes, YEAR_KEY):
        raise MalformedRecordError(name, f"its first day is {year.first_day}.", product_code)
    return year


def _attributes(record: Record) -> Attributes:
    return {name: _encoded(value) for name, value in record.model_dump(exclude_none=True).items()}


def _encoded(value: object) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case int() | float():
            return {"N": repr(value)}
        case str():
            return {"S": value}
        case date():
            return {"S": value.isoformat()}
        case list() | tuple():
            return {"L": [_encoded(item) for item in value]}
        case dict():
            return {"M": {name: _encoded(item) for name, item in value.items()}}
    message = f"no DynamoDB form for {type(value).__name__}"
    raise TypeError(message)


def _plain(attribute: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an attribute holds any value
    ((kind, value),) = attribute.items()
    match kind:
        case "N":
            return int(value) if value.lstrip("-").isdecimal() else float(value)
        case "L":
            return [_plain(item) for item in value]
        case "M":
            return {name: _plain(item) for name, item in value.items()}
        case "S" | "BOOL":
            return value
        case "NULL":
            return None
    message = f"the type {kind!r} is not used by any record"
    raise TypeError(message)


def _validated(model: type[_RecordT], attributes: Attributes, kind: str) -> _RecordT:
    try:
        values = {name: _plain(value) for name, value in attributes.items()}
        # JSON mode: strict on numbers, yet takes dates and tuples as JSON has to write them.
        return model.model_validate_json(json.dumps(values))
    except ValidationError as error:
        problem = _sentence(error)
    except (TypeError, ValueError) as error:
        problem = f"{error}."
    warehouse_code, product_code = _text(attributes, WAREHOUSE_KEY), _text(attributes, PRODUCT_KEY)
    name = f"{kind} of {warehouse_code}/{product_code}"
    raise MalformedRecordError(name, problem, product_code)


def _sentence(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ")
    return f"{place}: {said}." if place else f"{said}."


def _text(attributes: Attributes, name: str) -> str:
    return str(attributes.get(name, {}).get("S", ""))


def _unpacked(attributes: Attributes, name: str) -> list[Any]:
    text = _text(attributes, name)
    values = json.loads(text) if text else []  # nosemgrep: unguarded-json - in a table that loading alone writes
    if not isinstance(values, list):
        message = f"{name} is not a list"
        raise TypeError(message)
    return values


def _packed(values: Sequence[Any]) -> str:
    return json.dumps(values, separators=(",", ":"))


def _short(quantity: float) -> float:
    return int(quantity) if quantity.is_integer() else quantity
