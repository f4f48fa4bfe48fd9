"""Plain Python values to DynamoDB's typed ones and back. DynamoDB knows no floats: numbers travel as decimals."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

if TYPE_CHECKING:
    from collections.abc import Mapping

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as a DynamoDB item; attributes that are None are left out."""
    return {name: to_attribute(value) for name, value in values.items() if value is not None}


def to_attribute(value: Any) -> dict[str, Any]:  # noqa: ANN401 - an attribute is any value
    """Return one value as DynamoDB's typed value."""
    return dict(_serializer.serialize(_decimal(value)))


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a DynamoDB item as plain values: whole numbers as int, others as float."""
    return {name: _plain(_deserializer.deserialize(value)) for name, value in item.items()}


def _decimal(value: Any) -> Any:  # noqa: ANN401 - an attribute is any value
    if isinstance(value, float):
        # repr keeps the shortest digits that mean the same float; Decimal(value) would write out 50 of them.
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {name: _decimal(child) for name, child in value.items()}
    if isinstance(value, (list, tuple)):
        return [_decimal(child) for child in value]
    return value


def _plain(value: Any) -> Any:  # noqa: ANN401 - an attribute is any value
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, dict):
        return {name: _plain(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return value
