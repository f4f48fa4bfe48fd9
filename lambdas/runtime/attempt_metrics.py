"""What happened to the attempt that runs: noted wherever it is seen, written as one line of metrics at its end."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

from lambdas.runtime.metrics import emit
from tool_contract.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

_noted: ContextVar[Counter[Metric] | None] = ContextVar("noted", default=None)


class _Process:
    """Whether the process has answered an event yet. One that waits ready-made starts cold for nobody."""

    is_cold = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand") == "on-demand"


PROCESS: Final = _Process()


def note(metric: Metric) -> None:
    """Count something that befell the attempt which runs; outside of one there is nothing to count it for."""
    counts = _noted.get()
    if counts is not None:
        counts[metric] += 1


@contextmanager
def noting() -> Iterator[Counter[Metric]]:
    """Count in the body, and yield what is counted."""
    counts: Counter[Metric] = Counter()
    token = _noted.set(counts)
    try:
        yield counts
    finally:
        _noted.reset(token)


def emit_attempt(tool: str, duration_ms: float, counts: Counter[Metric], **ids: str) -> None:
    """Write the metrics of an invocation of a tool that took so many milliseconds; ``ids`` say in the log of whom."""
    if PROCESS.is_cold:
        PROCESS.is_cold = False
        counts[Metric.COLD_START] += 1
    times: dict[Metric, list[float]] = {Metric.ATTEMPT_TIME: [duration_ms]}
    emit(times | {metric: [count] for metric, count in counts.items()}, tool=tool, **ids)
