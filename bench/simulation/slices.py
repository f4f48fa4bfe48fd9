"""A simulation cut into slices: each has a seed of its own and a stretch of virtual time of its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bench.simulation.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a simulation. Nothing passes from one to another: each begins with empty tables."""

    number: int
    scenario: Scenario

    @property
    def name(self) -> str:
        """What a reader calls it; its seed makes it again by itself."""
        return f"slice {self.number} (seed {self.scenario.seed}, {self.scenario.calls:,} calls)"


def slices_of(scenario: Scenario, most_calls: int) -> list[Slice]:
    """Return slices of at most so many calls each, as equal as can be. How many processes run them changes nothing."""
    count = -(-scenario.calls // most_calls)
    share, more = divmod(scenario.calls, count)
    return [
        Slice(number, replace(scenario, calls=share + (number < more), seed=scenario.seed + number))
        for number in range(count)
    ]
