"""DynamoDB's typed values as plain Python ones and back, for whoever reads or writes the history.

boto3 ships the like, but with decimals for every number and only together with boto3, which this package does not
need. Whole numbers become int, others float: the contract's numbers are JSON's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def to_item(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as a DynamoDB item; attributes that are None are left out."""
    return {
        name: {"S": value} if type(value) is str else to_attribute(value)
        for name, value in values.items()
        if value is not None
    }


def to_attribute(value: Any) -> dict[str, Any]:  # noqa: ANN401 - an attribute is any value
    """Return one value as DynamoDB's typed value. Raises TypeError for what JSON does not know."""
    if isinstance(value, str):
        return {"S": value if type(value) is str else str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, (int, float)) and math.isfinite(value):
        # repr is the shortest text that means the same float; DynamoDB keeps 38 digits of it.
        return {"N": repr(value)}
    if isinstance(value, (list, tuple)):
        return {"L": [to_attribute(child) for child in value]}
    if isinstance(value, dict):
        return {"M": {name: to_attribute(child) for name, child in value.items()}}
    message = f"DynamoDB takes no {type(value).__name__} like this one from the contract"
    raise TypeError(message)


def from_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return a DynamoDB item as plain values."""
    # Most attributes are texts: a look at them here saves a call for each.
    return {
        name: value if kind == "S" else from_attribute(attribute)
        for name, attribute in item.items()
        for kind, value in attribute.items()
    }


def from_attribute(attribute: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an attribute is any value
    """Return one typed value as a plain one. Raises ValueError for binary values and sets, which no record holds."""
    ((kind, value),) = attribute.items()
    match kind:
        case "S" | "BOOL":
            return value
        case "N":
            if value.isdigit() or value.lstrip("-").isdigit():
                return int(value)
            number = float(value)
            return int(number) if number.is_integer() else number
        case "NULL":
            return None
        case "L":
            return [from_attribute(child) for child in value]
        case "M":
            return from_item(value)
    message = f"A record holds no attribute of DynamoDB's type {kind}"
    raise ValueError(message)
