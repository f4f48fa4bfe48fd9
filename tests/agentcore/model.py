"""The service's own model, as botocore ships it: what goes in and what comes out is held to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import botocore.session

if TYPE_CHECKING:
    from botocore.model import ServiceModel, Shape

_SIZED: Final = ("string", "list")


@cache
def _service() -> ServiceModel:
    return botocore.session.get_session().get_service_model("bedrock-agentcore")


def input_problems(operation: str, values: Mapping[str, Any]) -> list[str]:
    """Return what of an operation's input the model does not allow, each by its path."""
    return list(_problems("", _service().operation_model(operation).input_shape, values))


def check_output(operation: str, values: Mapping[str, Any]) -> None:
    """Fail where the stand-in would answer what the service does not."""
    problems = list(_problems("", _service().operation_model(operation).output_shape, values))
    assert not problems, f"{operation} would answer wrongly: {problems}"


def _problems(path: str, shape: Any, value: Any) -> Iterator[str]:
    kinds: dict[str, type | tuple[type, ...]] = {
        "structure": Mapping,
        "list": list,
        "string": str,
        "integer": int,
        "timestamp": str,
    }
    if not isinstance(value, kinds[shape.type_name]) or isinstance(value, bool):
        yield f"{path} is no {shape.type_name}"
    elif shape.type_name == "structure":
        yield from _of_structure(path, shape, value)
    else:
        yield from _of_limits(path, shape, value)
        if shape.type_name == "list":
            for number, item in enumerate(value):
                yield from _problems(f"{path}/{number}", shape.member, item)


def _of_structure(path: str, shape: Any, value: Mapping[str, Any]) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield f"{path}/{name} is missing"
    for name, item in value.items():
        if name not in shape.members:
            yield f"{path}/{name} is unknown"
        else:
            yield from _problems(f"{path}/{name}", shape.members[name], item)
    if shape.is_tagged_union and len(value) != 1:
        yield f"{path} must have one member"


def _of_limits(path: str, shape: Shape, value: Any) -> Iterator[str]:
    limits = shape.metadata
    size = len(value) if shape.type_name in _SIZED else value
    if shape.type_name != "timestamp" and not limits.get("min", size) <= size <= limits.get("max", size):
        yield f"{path} must be from {limits.get('min')} to {limits.get('max')}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"{path} must be one of {limits['enum']}"
    if "pattern" in limits and not re.fullmatch(limits["pattern"], value):
        yield f"{path} must match {limits['pattern']}"
