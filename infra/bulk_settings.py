"""How a stage runs bulks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from infra.errors import SettingsError

CHILD_TYPES: Final = ("STANDARD", "EXPRESS")


@dataclass(frozen=True, kw_only=True)
class BulkSettings:
    """`child_type` is what a batch runs as.

    `STANDARD` is paid by the state transition, has a history, and takes what any execution may take. `EXPRESS` is paid
    by request and duration, ends after five minutes, and leaves its log alone behind.
    """

    child_type: str = "STANDARD"

    def check(self, stage: str) -> None:
        """Raise SettingsError for what cannot be deployed."""
        if self.child_type not in CHILD_TYPES:
            told = " or ".join(CHILD_TYPES)
            raise SettingsError(f"The stage {stage!r} has bulks of {self.child_type!r} children: say {told}.")
