"""When a stage's alarms ring, and who is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from infra.errors import SettingsError

_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True, kw_only=True)
class AlarmSettings:
    """What a stage's alarms go by.

    `email` is written to when an alarm rings or closes, once its owner has confirmed; None: the topic has no
    subscription yet. A tool's alarm rings above `error_rate_percent`, unless fewer than `min_calls` of its calls ended
    in those five minutes. `failed_executions` in five minutes are too many; fewer may be single requests that were
    refused, which are failed executions, too.
    """

    email: str | None = None
    error_rate_percent: float = 10.0
    min_calls: int = 20
    failed_executions: int = 5

    def check(self, stage: str) -> None:
        """Raise SettingsError for what cannot be deployed."""
        if self.email is not None and not _ADDRESS.fullmatch(self.email):
            raise SettingsError(f"The stage {stage!r} has alarms for {self.email!r}, which is no e-mail address.")
        if not 0 < self.error_rate_percent <= 100 or self.min_calls < 1 or self.failed_executions < 1:  # noqa: PLR2004
            raise SettingsError(
                f"The stage {stage!r} has alarms that ring always or never: error_rate_percent is above 0 and at most"
                " 100, min_calls and failed_executions are at least 1."
            )
