"""When a second attempt may be sent beside a slow one: what an executor knows of its tools, and what it may spend.

Only tools that are marked ``read_only`` are hedged: an idempotent one may be run again, but two of its runs at once
may still meet in what they write.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tool_executor.direct.latency_estimate import LatencyEstimate

if TYPE_CHECKING:
    from tool_executor.clock import Clock


@dataclass(frozen=True, slots=True)
class HedgePolicy:
    """When to hedge. ``after_seconds`` stands in the place of the tool's own quantile.

    A hedge takes one token of its tool's; each first attempt adds ``share`` of one, up to ``most_tokens``.
    """

    after_seconds: float | None = None
    quantile: float = 0.95
    least_durations: int = 20
    share: float = 0.05
    most_tokens: float = 10.0
    #: How long a tool is left alone after Lambda had no room for it, or its circuit was not closed.
    pause_seconds: float = 30.0


DEFAULT_POLICY: Final = HedgePolicy()


@dataclass(slots=True)
class _Tool:
    durations: LatencyEstimate = field(default_factory=LatencyEstimate)
    tokens: float = 0.0
    paused_until_ms: float = 0.0


class Hedging:
    """What one executor knows of its tools. Threads and event loops may share it."""

    def __init__(self, clock: Clock, policy: HedgePolicy = DEFAULT_POLICY) -> None:
        self._clock = clock
        self._policy = policy
        self._lock = threading.Lock()
        self._tools: dict[str, _Tool] = {}

    def delay_seconds(self, tool_name: str) -> float | None:
        """Return how long an attempt may take before it is hedged; None while that is not known.

        Counts as the beginning of the attempt that is asked for.
        """
        policy = self._policy
        with self._lock:
            tool = self._tools.setdefault(tool_name, _Tool())
            tool.tokens = min(policy.most_tokens, tool.tokens + policy.share)
            if policy.after_seconds is not None:
                return policy.after_seconds
            if tool.durations.count < policy.least_durations:
                return None
            return tool.durations.quantile(policy.quantile)

    def take(self, tool_name: str) -> bool:
        """Whether a hedge may be sent now; it is paid for with this."""
        with self._lock:
            tool = self._tools.setdefault(tool_name, _Tool())
            # A twentieth added twenty times is a little less than one.
            if tool.tokens < 1 - 1e-9 or self._clock.elapsed_ms() < tool.paused_until_ms:
                return False
            tool.tokens -= 1
            return True

    def observe(self, tool_name: str, seconds: float) -> None:
        """Learn how long a first attempt took; of one that was overtaken, how long it had taken by then."""
        with self._lock:
            self._tools.setdefault(tool_name, _Tool()).durations.add(seconds)

    def pause(self, tool_name: str) -> None:
        """Send no hedges for a while: there is no room for the tool, or it is in trouble."""
        with self._lock:
            tool = self._tools.setdefault(tool_name, _Tool())
            tool.paused_until_ms = self._clock.elapsed_ms() + self._policy.pause_seconds * 1000
