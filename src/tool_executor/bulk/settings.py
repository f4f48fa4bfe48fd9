"""How a bulk is run."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from tool_contract.limits import MAX_CALLS, MAX_CONCURRENCY, MAX_EXECUTION_TIMEOUT_SECONDS
from tool_executor.arguments import problem, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Children of a Distributed Map that run at once (Step Functions).
MOST_BATCHES_AT_ONCE: Final = 10_000
#: An Express execution ends after 300 s: Plan, Finish and a late attempt have the rest.
MOST_EXPRESS_SECONDS: Final = 270


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkSettings:
    """How a bulk is run.

    ``batch_size``: calls of a batch, which is one execution (1 to 250). ``max_concurrency``: batches at once (1 to
    10,000). ``calls_at_once``: calls of one batch at once (1 to 40). The product is how many tools run at once: 10
    unless more is asked for, which is all that a young AWS account runs. ``timeout_seconds`` bounds a batch.
    ``tolerate``: so many percent of the batches may fail before the rest is not begun; 100 never ends a bulk early.
    """

    batch_size: int = 50
    max_concurrency: int = 5
    calls_at_once: int = 2
    timeout_seconds: float = 3600
    tolerate: float = 10
    caller: str | None = None

    def check(self, child_type: str = "STANDARD") -> Self:
        """Return the settings where they can be used. Raises InvalidRequestError with every problem."""
        express = child_type == "EXPRESS"
        most_seconds = MOST_EXPRESS_SECONDS if express else MAX_EXECUTION_TIMEOUT_SECONDS
        bounds: tuple[tuple[str, float, float, bool], ...] = (
            ("batch_size", 1, MAX_CALLS, True),
            ("max_concurrency", 1, MOST_BATCHES_AT_ONCE, True),
            ("calls_at_once", 1, MAX_CONCURRENCY, True),
            ("timeout_seconds", 1, most_seconds, False),
            ("tolerate", 0, 100, False),
        )
        problems = []
        for name, least, most, whole in bounds:
            value = getattr(self, name)
            kinds = int if whole else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds) or not least <= value <= most:
                what = "a whole number" if whole else "a number"
                problems.append(problem(f"/{name}", f"It should be {what} from {least:g} to {most:g}, not {value!r}."))
        if problems:
            raise refused(*problems)
        return self

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Self:
        """Return the settings that a manifest holds."""
        return cls(**told)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as plain JSON values."""
        return asdict(self)

    @property
    def request_fields(self) -> dict[str, Any]:
        """The fields of a batch's request beside its calls."""
        caller = {} if self.caller is None else {"caller": self.caller}
        return {"timeout_seconds": self.timeout_seconds, "max_concurrency": self.calls_at_once, **caller}
