"""How a stage goes over to a new version: all at once, or a part of its executions first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from infra.errors import SettingsError

_MOST_MINUTES: Final = 60


@dataclass(frozen=True, kw_only=True)
class GradualSettings:
    """So many percent of new executions run on the new version for so many minutes, then all of them.

    An alarm that rings in that time has CloudFormation go back. An hour at most: whoever deploys waits for it.
    """

    percent: int = 10
    minutes: int = 10

    def check(self, stage: str) -> None:
        """Raise SettingsError for what CloudFormation would refuse."""
        if not 1 <= self.percent <= 99 or not 1 <= self.minutes <= _MOST_MINUTES:  # noqa: PLR2004
            raise SettingsError(
                f"The stage {stage!r} cannot be deployed gradually so: percent is from 1 to 99,"
                f" minutes from 1 to {_MOST_MINUTES}."
            )
