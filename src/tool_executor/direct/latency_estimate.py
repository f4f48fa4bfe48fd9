"""How long a tool takes: durations in classes, each 5 % wider than the one before, and what share lies below which."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

_WIDTH: Final = math.log(1.05)
_SHORTEST_SECONDS: Final = 0.001
#: So many durations count; then each class is halved, so that what was long ago fades.
_KEPT: Final = 1_000


@dataclass(slots=True)
class LatencyEstimate:
    """A few hundred numbers at most, whatever is put in; two of them can be added. Quantiles are right to 5 %."""

    classes: Counter[int] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """How many durations it rests on."""
        return self.classes.total()

    def add(self, seconds: float) -> None:
        """Put in a duration."""
        self.classes[math.ceil(math.log(max(seconds, _SHORTEST_SECONDS)) / _WIDTH)] += 1
        if self.count >= _KEPT:
            self.classes = +Counter({number: count // 2 for number, count in self.classes.items()})

    def merge(self, other: LatencyEstimate) -> None:
        """Put in what another one rests on."""
        self.classes.update(other.classes)

    def quantile(self, share: float) -> float:
        """Return the seconds that this share of the durations does not exceed. Raises ValueError if there are none."""
        if not self.classes:
            raise ValueError("There are no durations.")
        wanted, seen = share * self.count, 0
        for number in sorted(self.classes):
            seen += self.classes[number]
            if seen >= wanted:
                break
        return math.exp(number * _WIDTH)
