"""What happened to the attempt that runs: noted wherever it is seen, written as one line of metrics at its end."""

from __future__ import annotations

import os
from collections import Counter
from contextvars import ContextVar
from typing import Final

from lambdas.runtime.metrics import emit
from tool_contract.context_value import Within
from tool_contract.metrics import Metric

_noted: ContextVar[Counter[Metric]] = ContextVar("noted")


class _Process:
    """Whether the process has answered an event yet. One that waits ready-made starts cold for nobody."""

    is_cold = os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand") == "on-demand"


PROCESS: Final = _Process()


def note(metric: Metric) -> None:
    """Count something that befell the attempt which runs; outside of one there is nothing to count it for."""
    counts = _noted.get(None)
    if counts is not None:
        counts[metric] += 1


def noting() -> Within[Counter[Metric]]:
    """Count in the body, and say what is counted."""
    return Within(_noted, Counter())


def emit_attempt(tool: str, duration_ms: float, counts: Counter[Metric], **ids: str) -> None:
    """Write the metrics of an invocation of a tool that took so many milliseconds; ``ids`` say in the log of whom."""
    if PROCESS.is_cold:
        PROCESS.is_cold = False
        counts[Metric.COLD_START] += 1
    times: dict[Metric, list[float]] = {Metric.ATTEMPT_TIME: [duration_ms]}
    emit(times | {metric: [count] for metric, count in counts.items()}, tool=tool, **ids)
