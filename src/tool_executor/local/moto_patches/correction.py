"""How moto is corrected: one attribute replaced at a time, each with its reason, all taken back at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tool_executor.local.errors import MotoVersionMismatch
from tool_executor.local.moto_version import HINT

_NOTHING: Final = object()


@dataclass(frozen=True)
class Correction:
    """`owner.name` becomes `replacement`; `reason` says what AWS does that moto does not.

    With `adds` moto has nothing of that name: once it has, its own is to be looked at.
    """

    owner: object
    name: str
    replacement: object
    reason: str
    adds: bool = False


class AppliedCorrections:
    """Corrections in force. moto's classes are the process's, so they are put back when the local cloud ends."""

    def __init__(self, corrections: Sequence[Correction]) -> None:
        self._originals: list[tuple[object, str, object]] = []
        for correction in corrections:
            self._apply(correction)

    def _apply(self, correction: Correction) -> None:
        present = vars(correction.owner)
        if (correction.name in present) is correction.adds:
            there = "a" if correction.adds else "no"
            raise MotoVersionMismatch(
                f"There is {there} {correction.owner!r}.{correction.name} to correct ({correction.reason}).",
                hint=HINT,
            )
        self._originals.append((correction.owner, correction.name, present.get(correction.name, _NOTHING)))
        setattr(correction.owner, correction.name, correction.replacement)

    def revert(self) -> None:
        """Put moto back as it was."""
        while self._originals:
            owner, name, original = self._originals.pop()
            if original is _NOTHING:
                delattr(owner, name)
            else:
                setattr(owner, name, original)
