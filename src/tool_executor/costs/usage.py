"""How much of what AWS charges for: counts of units, of which each has a price of the same name. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

#: AWS's gigabyte, of memory, storage and logs alike.
GB: Final = 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Counts of units; fractions are means. A month has 30 days; a metric-month is a metric in each of its hours."""

    state_transitions: float = 0
    express_requests: float = 0
    express_gb_hours: float = 0
    lambda_requests: float = 0
    lambda_gb_seconds: float = 0
    dynamodb_write_units: float = 0
    dynamodb_read_units: float = 0
    dynamodb_gb_months: float = 0
    dynamodb_backup_gb_months: float = 0
    s3_puts: float = 0
    s3_gets: float = 0
    s3_gb_months: float = 0
    log_gb: float = 0
    log_gb_months: float = 0
    metric_months: float = 0
    alarm_months: float = 0
    dashboard_months: float = 0
    traces: float = 0
    browser_vcpu_hours: float = 0
    browser_gb_hours: float = 0
    scheduled_events: float = 0
    parameter_requests: float = 0
    durable_operations: float = 0
    durable_gb_written: float = 0
    durable_gb_months: float = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(**{name: count + getattr(other, name) for name, count in self})

    def __iter__(self) -> Iterator[tuple[str, float]]:
        """Yield each unit's name and count."""
        return ((field.name, getattr(self, field.name)) for field in fields(self))

    def times(self, factor: float) -> Usage:
        """Return the usage of ``factor`` like this one."""
        return Usage(**{name: count * factor for name, count in self})


@dataclass(frozen=True, slots=True)
class Part:
    """The usage of one part of the whole, such as a function or a table.

    ``fixed``: it is there however little is done. A part without a name is of all.
    """

    name: str
    usage: Usage
    fixed: bool = False

    def times(self, factor: float) -> Part:
        """Return the same part of ``factor`` like this one."""
        return Part(self.name, self.usage.times(factor), self.fixed)


def total(parts: Iterable[Part]) -> Usage:
    """Return what the parts use together."""
    return sum((part.usage for part in parts), Usage())
