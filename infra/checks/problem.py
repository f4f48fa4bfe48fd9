"""What a rule complains of: a code, a sentence, where, and what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule. `pointer` is a JSON pointer into the template."""

    code: str
    pointer: str
    message: str
    hint: str

    def __str__(self) -> str:
        """Return two lines for a person."""
        return f"{self.code} at {self.pointer}: {self.message}\n    {self.hint}"

    def to_json(self) -> dict[str, str]:
        """Return the problem as plain JSON values."""
        return asdict(self)
