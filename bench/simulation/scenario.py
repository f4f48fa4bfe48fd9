"""What a simulation is asked for, and the requests that come of it. Imports nothing of the code that is simulated."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is asked for, how it goes, and what the account allows. Rates are a second's; times are seconds.

    ``calls`` arrive at ``rate``, ``calls_per_execution`` at once, of ``tools`` tools in turn. ``failures`` is the share
    of runs that fail and may be repeated, ``crashes`` the share of invocations whose process dies, at a random place.
    """

    calls: int = 20_000
    rate: float = 10_000
    calls_per_execution: int = 10
    concurrency: int = 10
    tools: int = 1
    shards: int = 64
    seed: int = 1
    tool_seconds: float = 0.3
    failures: float = 0.01
    crashes: float = 0.0002
    max_retries: int = 2
    lambda_concurrency: int = 20_000
    environments_per_10_s: int = 1_000
    warm_environments: int = 6_000
    cold_seconds: float = 1.2
    starts: float = 3_000
    transitions: float = 40_000
    write_quota: float = 200_000
    one_correlation_id: bool = False

    @property
    def executions(self) -> int:
        """How many executions hold the calls."""
        return -(-self.calls // self.calls_per_execution)

    def requests(self) -> Iterator[tuple[float, dict[str, Any]]]:
        """Yield each execution's time of arrival, at random with the rate, and its request."""
        at, left = 0.0, self.calls
        while left > 0:
            number = min(left, self.calls_per_execution)
            left -= number
            at += random.expovariate(self.rate / self.calls_per_execution)
            yield at, self._request(number, left)

    def _request(self, number: int, first: int) -> dict[str, Any]:
        calls = [
            {"tool_name": f"work_{(first + each) % self.tools}", "input": {"number": each}} for each in range(number)
        ]
        correlation = {"correlation_id": "one-for-all"} if self.one_correlation_id else {}
        return {"timeout_seconds": 60, "max_concurrency": self.concurrency, "calls": calls, **correlation}
