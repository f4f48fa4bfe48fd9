"""How many metric-months the metrics come to. Pure.

Each metric of each tool is one for CloudWatch, and is charged for the hours in which it has data. Of something that
happens x times an hour at random, a share of 1 - exp(-x) of the hours has any.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from tool_contract.metrics import BY_THE_SWEEP, FROM_RECORDS, LIVE, Metric

if TYPE_CHECKING:
    from tool_executor.costs.assumptions import Assumptions

HOURS: Final = 30 * 24


def sweep_metrics() -> int:
    """Return how many metrics the sweep writes each minute, whatever is done."""
    return len(BY_THE_SWEEP)


def tool_metric_months(assumed: Assumptions) -> float:
    """Return the metric-months of all tools' metrics, for a month's calls spread evenly over tools and hours."""
    calls = assumed.calls / assumed.tools / HOURS
    shares = (_share(calls * _events_a_call(metric, assumed)) for metric in (*FROM_RECORDS, *LIVE))
    return assumed.tools * sum(shares)


def _share(events_an_hour: float) -> float:
    return -math.expm1(-events_an_hour)


def _events_a_call(metric: Metric, assumed: Assumptions) -> float:
    """Return how often a metric is written for each call; what only trouble or chance writes counts as never."""
    attempts = 1 + assumed.retries + assumed.fallbacks
    known = {
        Metric.CALLS: 1.0,
        Metric.CALLS_SUCCESS: 1.0,
        Metric.CALLS_FAILED: assumed.failures,
        Metric.ATTEMPTS: 1.0,
        Metric.RETRIES: assumed.retries,
        Metric.FALLBACKS: assumed.fallbacks,
        Metric.CACHE_HITS: assumed.cache_hits,
        Metric.REPLAYS: assumed.keyed,
        Metric.EXECUTION_TIME: 1.0,
        Metric.QUEUE_TIME: 1.0,
        Metric.ATTEMPT_TIME: attempts,
        Metric.COLD_START: attempts * assumed.cold_starts,
    }
    return known.get(metric, 0.0)
