"""A tool's circuit breaker as the tool state table holds it: what the runtime and the command line both know of it.

The item ``breaker#<tool>`` has a version, which every write raises and is conditional on. An item that a person has
forced has no ``expires_at``: it stays until a person says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field, TypeAdapter

from tool_contract.items import from_item, to_attribute, to_item

if TYPE_CHECKING:
    from collections.abc import Mapping

ID_PREFIX: Final = "breaker#"
#: Far longer than any attempt runs: when the item's generation begins anew, no outcome of the old count is on its way.
KEPT_SECONDS: Final = 24 * 3600

Whole = Annotated[int, Field(ge=0)]


class Circuit(StrEnum):
    """Where a breaker stands. The last two are set by people, and stay until people say otherwise."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"
    FORCED_OPEN = "forced_open"
    FORCED_CLOSED = "forced_closed"

    @property
    def is_forced(self) -> bool:
        """Whether a person has set it, and outcomes of calls change nothing."""
        return self in {Circuit.FORCED_OPEN, Circuit.FORCED_CLOSED}


@dataclass(frozen=True, slots=True)
class Tally:
    """Outcomes of calls: how many, how many failed, how many were slow."""

    calls: Whole = 0
    failed: Whole = 0
    slow: Whole = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.calls + other.calls, self.failed + other.failed, self.slow + other.slow)


@dataclass(frozen=True, slots=True)
class Breaker:
    """A breaker's state. Times are milliseconds since 1970.

    ``generation`` counts the changes of ``circuit``. ``window`` is when the window of ``current`` began; ``previous``
    is of the one before it. ``until`` is when an open circuit lets probes through, or a half-open one further probes.
    ``openings`` counts how often it opened since it was last closed.
    """

    circuit: Circuit = Circuit.CLOSED
    generation: Whole = 0
    window: Whole = 0
    current: Tally = Tally()
    previous: Tally = Tally()
    until: Whole = 0
    openings: Whole = 0
    probes_begun: Whole = 0
    probes_succeeded: Whole = 0
    probes_slow: Whole = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """A breaker as it was read. Version 0 is no item yet; ``write_id`` names the write that made it."""

    breaker: Breaker = Breaker()
    version: Whole = 0
    write_id: str = ""


_STORED: Final = TypeAdapter(Stored)


def set_by_hand(breaker: Breaker, circuit: Circuit) -> Breaker:
    """Return the breaker as a person wants it, with nothing counted: outcomes of calls that run now come too late."""
    return Breaker(circuit=circuit, generation=breaker.generation + 1)


def key_of(tool_name: str) -> dict[str, Any]:
    """Return the key of a tool's breaker, as DynamoDB takes it."""
    return {"id": {"S": f"{ID_PREFIX}{tool_name}"}}


def tool_name_of(item: Mapping[str, Any]) -> str:
    """Return the tool whose breaker a DynamoDB item is."""
    return str(item["id"]["S"]).removeprefix(ID_PREFIX)


def stored_from(item: Mapping[str, Any] | None) -> Stored:
    """Return what a DynamoDB item holds; without one, a closed breaker. Raises ValueError if it is no breaker."""
    if not item:
        return Stored()
    values = from_item(item)
    row = {"breaker": values, "version": values.get("version"), "write_id": values.get("write_id")}
    return _STORED.validate_python(row)


def put_arguments(
    table: str, tool_name: str, breaker: Breaker, *, over: Stored | None, write_id: str, now_ms: int
) -> dict[str, Any]:
    """Return the arguments of the PutItem that replaces what was read; ``over=None`` replaces whatever is there.

    A failed condition tells what stands instead. If that bears ``write_id``, the write did succeed, and only its
    acknowledgement was lost.
    """
    kept = None if breaker.circuit.is_forced else now_ms // 1000 + KEPT_SECONDS
    version = 1 if over is None else over.version + 1
    tallies = {"current": _fields(breaker.current), "previous": _fields(breaker.previous)}
    values = {**_fields(breaker), **tallies, "version": version, "write_id": write_id, "expires_at": kept}
    arguments: dict[str, Any] = {"TableName": table, "Item": {**key_of(tool_name), **to_item(values)}}
    if over is None:
        return arguments
    arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    if over.version == 0:
        return {**arguments, "ConditionExpression": "attribute_not_exists(id)"}
    return {
        **arguments,
        "ConditionExpression": "#version = :version",
        "ExpressionAttributeNames": {"#version": "version"},
        "ExpressionAttributeValues": {":version": to_attribute(over.version)},
    }


def _fields(value: Breaker | Tally) -> dict[str, Any]:
    # dataclasses.asdict copies each number as if it were deep.
    return {name: getattr(value, name) for name in value.__slots__}
