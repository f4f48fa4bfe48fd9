"""The option ``hedge``: what it amounts to, and where it cannot be said."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

from tool_executor.clock import SystemClock
from tool_executor.direct.hedging import DEFAULT_POLICY, Hedging
from tool_executor.errors import InvalidConfigurationError

if TYPE_CHECKING:
    from tool_executor.configuration import ConfigurationManager


def hedging_of(configuration: ConfigurationManager) -> Hedging | None:
    """Return what hedges an executor's attempts; None where nothing is to.

    Raises InvalidConfigurationError where hedging is asked for of another route than the direct one: the state machine
    makes one attempt at a time.
    """
    after_seconds = configuration.get("hedge_after_seconds")
    if not configuration.get("hedge"):
        if after_seconds is not None:
            raise _refused(
                "/hedge_after_seconds", "hedge_after_seconds says nothing without hedge: say hedge=true, too."
            )
        return None
    if configuration.route != "direct":
        message = (
            f"hedge is of the direct route, and the route is {configuration.route}: say route=direct, or no hedge."
        )
        raise _refused("/hedge", message)
    return new_hedging(after_seconds)


def new_hedging(after_seconds: float | None = None) -> Hedging:
    """Return what hedges attempts after a tool's 95th percentile, or after so many seconds, and knows no tool yet.

    Raises InvalidConfigurationError for seconds that are no number, which a comparison lets pass.
    """
    if after_seconds is not None and not math.isfinite(after_seconds):
        raise _refused("/hedge_after_seconds", f"hedge_after_seconds must be a number of seconds, not {after_seconds}.")
    return Hedging(SystemClock(), replace(DEFAULT_POLICY, after_seconds=after_seconds))


def _refused(pointer: str, message: str) -> InvalidConfigurationError:
    return InvalidConfigurationError([{"pointer": pointer, "message": message}])
