"""What a conversation with a model may use up, and what it has."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Self

from tool_executor.arguments import problem, refused

if TYPE_CHECKING:
    from collections.abc import Mapping

_MILLION: Final = 1_000_000
_CACHED: Final = ("cacheReadInputTokens", "cacheWriteInputTokens")


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """What a model costs, in US dollars for a million tokens; tokens read from a cache count as input."""

    input_per_million: float
    output_per_million: float

    def __post_init__(self) -> None:
        _check_number("input_per_million", self.input_per_million, 0)
        _check_number("output_per_million", self.output_per_million, 0)

    def of(self, tokens_read: int, tokens_written: int) -> float:
        """Return what so many tokens cost, in US dollars."""
        cost = tokens_read * self.input_per_million + tokens_written * self.output_per_million
        return cost / _MILLION


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a conversation has used.

    ``requests`` counts answers of the model, ``repeated`` requests that were throttled or refused for the moment, and
    made again. ``dollars`` is None where no price is known.
    """

    requests: int = 0
    repeated: int = 0
    tool_calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    dollars: float | None = None

    @property
    def tokens(self) -> int:
        """All tokens: read, written, and read from or written to the provider's cache."""
        return self.input_tokens + self.output_tokens + self.cached_tokens

    def after(self, told: Mapping[str, Any], repeated: int, price: ModelPrice | None) -> Self:
        """Return the usage after one more answer, whose ``usage`` Bedrock tells."""
        read = self.input_tokens + int(told.get("inputTokens", 0))
        written = self.output_tokens + int(told.get("outputTokens", 0))
        cached = self.cached_tokens + sum(int(told.get(name, 0)) for name in _CACHED)
        return replace(
            self,
            requests=self.requests + 1,
            repeated=self.repeated + repeated,
            input_tokens=read,
            output_tokens=written,
            cached_tokens=cached,
            dollars=None if price is None else price.of(read + cached, written),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the usage as plain JSON values."""
        return {**asdict(self), "tokens": self.tokens}


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """How far a conversation may go.

    ``turns`` are answers of the model, ``tool_calls`` calls of tools. ``tokens`` and ``dollars`` are looked at after
    each answer, so that the last one may go past them; ``dollars`` needs the model's ``price``. Raises
    InvalidRequestError for what cannot be.
    """

    turns: int = 10
    tool_calls: int = 50
    tokens: int | None = 200_000
    dollars: float | None = None
    price: ModelPrice | None = None

    def __post_init__(self) -> None:
        _check_number("turns", self.turns, 1)
        _check_number("tool_calls", self.tool_calls, 0)
        _check_number("tokens", self.tokens, 1)
        _check_number("dollars", self.dollars, 0)
        if self.dollars is not None and self.price is None:
            hint = "Say Budget(dollars=1, price=ModelPrice(3, 15))."
            raise refused(problem("/price", "A budget in dollars needs the model's price.", hint=hint))

    def exceeded(self, used: Usage, wanted_calls: int) -> tuple[str, str] | None:
        """Return which limit keeps a model's wish for tools from being granted, and a sentence, or None."""
        if used.requests >= self.turns:
            return "turns", f"The model wanted tools in its turn {used.requests}, the last one of the budget."
        if self.tokens is not None and used.tokens >= self.tokens:
            return "tokens", f"{used.tokens:,} tokens are used; the budget is {self.tokens:,}."
        if self.dollars is not None and (used.dollars or 0) >= self.dollars:
            return "dollars", f"${used.dollars:.4f} are used; the budget is ${self.dollars:.4f}."
        if used.tool_calls + wanted_calls > self.tool_calls:
            wanted = f"{wanted_calls} more call{'' if wanted_calls == 1 else 's'}"
            return "tool_calls", f"The model wanted {wanted} after {used.tool_calls}; the budget is {self.tool_calls}."
        return None


def _check_number(name: str, value: float | None, least: int) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < least:
        raise refused(problem(f"/{name}", f"It should be a number from {least} on, not {value!r}."))
