"""What a simulation runs: tools of lognormal times that fail at random."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Final

import bench.simulation.environment  # noqa: F401 - the code reads it as it is imported
from bench.simulation.dynamodb import Died
from lambdas.runtime.tool_group import ToolGroup
from tool_contract.catalog import Catalog
from tool_contract.errors import Unavailable

if TYPE_CHECKING:
    from bench.simulation.scenario import Scenario
    from bench.simulation.virtual_time import Timeline

_SCATTER: Final = 0.5
_LONGEST_SECONDS: Final = 20.0
GROUP: Final = "simulated"


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
