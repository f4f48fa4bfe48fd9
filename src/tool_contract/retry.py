"""How long to wait between attempts: the one function that both routes draw their delays with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tool_contract.limits import MAX_DELAY_SECONDS

if TYPE_CHECKING:
    from random import Random


class RetryPolicy(BaseModel):
    """When to try again. Delays are seconds; ``jitter`` is the share by which a delay varies to either side."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    initial_delay_seconds: float = Field(default=0.5, ge=0, le=MAX_DELAY_SECONDS, allow_inf_nan=False)
    max_delay_seconds: float = Field(default=10, ge=0, le=MAX_DELAY_SECONDS, allow_inf_nan=False)
    backoff: Literal["exponential", "fixed"] = "exponential"
    jitter: float = Field(default=0.25, ge=0, le=1, allow_inf_nan=False)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.initial_delay_seconds > self.max_delay_seconds:
            message = "initial_delay_seconds is above max_delay_seconds"
            raise ValueError(message)
        return self


def draw_delays(policy: RetryPolicy, retries: int, random: Random) -> list[float]:
    """Return the delay in seconds before each of ``retries`` retries.

    Jitter is applied before the cap, so that no delay exceeds the cap:
    ``min(cap, initial * 2^n * uniform(1 - jitter, 1 + jitter))`` for the n-th retry, counted from 0.
    """
    return [
        min(policy.max_delay_seconds, _base(policy, number) * random.uniform(1 - policy.jitter, 1 + policy.jitter))
        for number in range(retries)
    ]


def longest_delays(policy: RetryPolicy, retries: int) -> list[float]:
    """Return the longest delay in seconds that each of ``retries`` retries can draw."""
    return [min(policy.max_delay_seconds, _base(policy, number) * (1 + policy.jitter)) for number in range(retries)]


def whole_seconds(delay: float) -> int:
    """Return the delay as Step Functions can wait it: rounded up, so that nothing comes back early."""
    return math.ceil(delay)


def _base(policy: RetryPolicy, number: int) -> float:
    return policy.initial_delay_seconds * (2.0**number if policy.backoff == "exponential" else 1.0)
