"""Metrics out of the functions' logs: what CloudWatch does with lines in its embedded metric format."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_VALUES = 100
"""CloudWatch takes so many values of a metric from one line."""


@dataclass(frozen=True, slots=True)
class Datum:
    """Values of one metric, as one line tells them. `timestamp_ms` is milliseconds since 1970."""

    namespace: str
    name: str
    unit: str
    dimensions: Mapping[str, str]
    timestamp_ms: int
    values: tuple[float, ...]


class EmbeddedMetrics:
    """Reads a folder of logs as far as they have grown: each line is read once. Threads may share it."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._read: dict[Path, int] = {}
        self._lock = threading.Lock()

    def new(self) -> list[Datum]:
        """Return what was written since the last look."""
        with self._lock:
            return [
                datum
                for file in sorted(self._logs.rglob("*.log"))
                for line in self._lines(file)
                for datum in data_of(line)
            ]

    def _lines(self, file: Path) -> Iterator[str]:
        with file.open("rb") as log:
            log.seek(self._read.get(file, 0))
            # A line that is being written is left for the next look.
            whole, _, _ = log.read().rpartition(b"\n")
        if whole:
            self._read[file] = self._read.get(file, 0) + len(whole) + 1
        yield from whole.decode("utf-8", "replace").splitlines()


def data_of(line: str) -> list[Datum]:
    """Return what a line of a log holds: nothing if it is not in the format, for CloudWatch says nothing either."""
    if '"_aws"' not in line:
        return []
    try:
        told = json.loads(line, parse_constant=_refuse)
        return [datum for directive in told["_aws"]["CloudWatchMetrics"] for datum in _data(told, directive)]
    except (ValueError, LookupError, TypeError, AttributeError):
        return []


def _data(told: dict[str, Any], directive: dict[str, Any]) -> Iterator[Datum]:
    for keys in directive["Dimensions"]:
        dimensions = {key: str(told[key]) for key in keys}
        for metric in directive["Metrics"]:
            yield Datum(
                namespace=directive["Namespace"],
                name=metric["Name"],
                unit=metric.get("Unit", "None"),
                dimensions=dimensions,
                timestamp_ms=int(told["_aws"]["Timestamp"]),
                values=_values(told[metric["Name"]]),
            )


def _values(given: Any) -> tuple[float, ...]:  # noqa: ANN401 - any JSON
    values = tuple(float(value) for value in (given if isinstance(given, list) else [given]))
    if len(values) > MAX_VALUES:
        message = f"more than {MAX_VALUES} values"
        raise ValueError(message)
    return values


def _refuse(constant: str) -> float:
    message = f"{constant} is no JSON"
    raise ValueError(message)
