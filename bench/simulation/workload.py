"""What a simulation runs: tools of lognormal times that fail at random, and requests of calls of them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import bench.simulation.environment  # noqa: F401 - the code reads it as it is imported
from bench.simulation.dynamodb import Died
from lambdas.runtime.tool_group import ToolGroup
from tool_contract.catalog import Catalog
from tool_contract.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.simulation.virtual_time import Timeline

_SCATTER: Final = 0.5
_LONGEST_SECONDS: Final = 20.0
GROUP: Final = "simulated"


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


def tools_of(scenario: Scenario, timeline: Timeline) -> ToolGroup:
    """Return the tools of a scenario, which let its time pass."""
    group = ToolGroup(GROUP)
    for number in range(scenario.tools):

        def work(number: int) -> dict[str, int]:
            """Take a while."""
            seconds = scenario.tool_seconds * random.lognormvariate(0, _SCATTER)
            timeline.wait(min(seconds, _LONGEST_SECONDS))
            fate = random.random()  # noqa: S311 - as above
            if fate < scenario.crashes / 2:
                raise Died
            if fate < scenario.failures:
                message = "The service does not answer just now."
                raise Unavailable(message)
            return {"number": number}

        work.__name__ = work.__qualname__ = f"work_{number}"
        group.tool(read_only=True, max_retries=scenario.max_retries, timeout_seconds=30)(work)
    return group


def catalog_of(group: ToolGroup) -> Catalog:
    """Return the catalog of a group alone."""
    return Catalog(tools=tuple(tool.spec for tool in group.tools))
