"""What a caller has taken of what it may take, and whether a request still goes. Pure: no clock, no table.

Minutes slide: calls are counted by the second, and a second counts until 60 s after its end, so that in no 60 s more
calls begin than the policy says. Days are UTC's. A reader whose clock is behind goes by the later time that it finds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem, shortened
from tool_contract.timestamps import day_of, iso_from_ms, ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tool_contract.caller_policy import CallerPolicy

_WINDOW_SECONDS: Final = 60
_DAY_SECONDS: Final = 86_400
#: An execution may end this long past its deadline (30 s, and a sweep each minute) and still stand as open.
LEASE_MARGIN_SECONDS: Final = 300
#: Nobody knows when an execution will end before its deadline: when to ask again is a guess.
_ASK_AGAIN_SECONDS: Final = 5
#: An item without anything that counts is the same as none; an hour for clocks.
_KEPT_SECONDS: Final = 3_600


@dataclass(frozen=True, slots=True)
class Taking:
    """What one execution takes of an account. ``owner`` is whose account it is, as part of a sentence.

    ``attempts`` are those that its calls come to at worst; ``deadline_ms`` is milliseconds since 1970.
    """

    account: str
    owner: str
    policy: CallerPolicy
    execution_id: str
    calls: int
    attempts: int
    deadline_ms: int


@dataclass(frozen=True, slots=True)
class CallerUsage:
    """An account; version 0 is none yet.

    ``recent``: calls, by the second since 1970 in which they began. ``open``: calls and until when they count, in
    seconds since 1970, by execution.
    """

    version: int = 0
    recent: Mapping[int, int] = field(default_factory=lambda: MappingProxyType({}))
    day: str = ""
    day_calls: int = 0
    day_attempts: int = 0
    open: Mapping[str, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> CallerUsage:
        """Return the account that an item holds; an empty one is a new account."""
        return cls(
            version=row.get("version", 0),
            recent={int(second): calls for second, calls in row.get("recent", {}).items()},
            day=row.get("day", ""),
            day_calls=row.get("day_calls", 0),
            day_attempts=row.get("day_attempts", 0),
            open={name: (each["calls"], each["until"]) for name, each in row.get("open", {}).items()},
        )

    def to_row(self) -> dict[str, Any]:
        """Return the item's attributes. It expires when nothing in it counts any more."""
        ends = [
            *(second + _WINDOW_SECONDS for second in self.recent),
            *(until for _, until in self.open.values()),
            *([_midnight_after(self.day)] if self.day else []),
        ]
        return {
            "version": self.version,
            "recent": {str(second): calls for second, calls in self.recent.items()},
            "day": self.day,
            "day_calls": self.day_calls,
            "day_attempts": self.day_attempts,
            "open": {name: {"calls": calls, "until": until} for name, (calls, until) in self.open.items()},
            "expires_at": max(ends, default=0) + _KEPT_SECONDS,
        }

    def at(self, now_ms: int) -> CallerUsage:
        """Return what still counts at a time."""
        now, today = now_ms // 1000, day_of(iso_from_ms(now_ms))
        same_day = self.day >= today
        return CallerUsage(
            version=self.version,
            recent={second: calls for second, calls in self.recent.items() if second >= now - _WINDOW_SECONDS},
            day=self.day if same_day else today,
            day_calls=self.day_calls if same_day else 0,
            day_attempts=self.day_attempts if same_day else 0,
            open={name: each for name, each in self.open.items() if each[1] > now},
        )

    def with_taken(self, taking: Taking, now_ms: int) -> CallerUsage:
        """Return the account after an execution has taken its part. Only what the policy limits is written down."""
        second, policy = now_ms // 1000, taking.policy
        recent = {**self.recent, second: self.recent.get(second, 0) + taking.calls}
        until = math.ceil(taking.deadline_ms / 1000) + LEASE_MARGIN_SECONDS
        return CallerUsage(
            version=self.version + 1,
            recent=recent if policy.max_calls_per_minute is not None else {},
            day=self.day,
            day_calls=self.day_calls + taking.calls,
            day_attempts=self.day_attempts + taking.attempts,
            open={**self.open, taking.execution_id: (taking.calls, until)} if policy.max_open_calls is not None else {},
        )


def admit(usage: CallerUsage, taking: Taking, now_ms: int) -> CallerUsage | list[Problem]:
    """Return the account with the execution in it, or every limit that it would pass."""
    current = usage.at(now_ms)
    problems = list(_passed_limits(current, taking, now_ms))
    return problems or current.with_taken(taking, now_ms)


def _passed_limits(usage: CallerUsage, taking: Taking, now_ms: int) -> Iterator[Problem]:
    policy, now = taking.policy, now_ms // 1000
    begun = sum(usage.recent.values())
    held = sum(calls for calls, _ in usage.open.values())
    tomorrow = _midnight_after(usage.day) - now
    minute = _wait_for_room(usage, taking.calls, policy.max_calls_per_minute or 0, now)
    limits = (
        (policy.max_calls_per_minute, begun, taking.calls, "calls a minute", minute),
        (policy.max_open_calls, held, taking.calls, "open calls", _ASK_AGAIN_SECONDS),
        (policy.max_calls_per_day, usage.day_calls, taking.calls, "calls a day", tomorrow),
        (policy.max_attempts_per_day, usage.day_attempts, taking.attempts, "attempts a day", tomorrow),
    )
    for limit, taken, wanted, unit, wait in limits:
        if limit is not None and taken + wanted > limit:
            yield _passed(taking.owner, limit, taken, wanted, unit, wait)


def _wait_for_room(usage: CallerUsage, wanted: int, limit: int, now: int) -> int:
    """Return after how many seconds so many calls fit into the minute, if they ever do."""
    left = sum(usage.recent.values())
    for second, calls in sorted(usage.recent.items()):
        left -= calls
        if left + wanted <= limit:
            return second + _WINDOW_SECONDS + 1 - now
    return _WINDOW_SECONDS + 1


def _passed(owner: str, limit: int, taken: int, wanted: int, unit: str, wait: int) -> Problem:
    at_worst = " at worst" if unit.startswith("attempts") else ""
    message = (
        f"The limit of {limit:,} {unit} for {owner} leaves {max(0, limit - taken):,};"
        f" the request takes {wanted:,}{at_worst}."
    )
    too_large = "It can never be taken as it is: split it" + (", or give fewer retries." if at_worst else ".")
    return Problem(
        pointer="/caller",
        message=message,
        error_code=ErrorCode.CALLER_LIMIT_EXCEEDED,
        hint=too_large if wanted > limit else _when(unit, wait),
        retry_after_seconds=None if wanted > limit else wait,
    )


def _when(unit: str, wait: int) -> str:
    if unit == "open calls":
        return "Send it again when an execution of the caller has ended."
    return f"Send it again in {wait:,} s."


def owner_of(caller: str | None, *, named: bool) -> str:
    """Return whose account it is, as part of a sentence."""
    return f"the caller {shortened(str(caller))!r}" if named else "callers without a policy of their own"


def _midnight_after(day: str) -> int:
    return ms_from_iso(f"{day}T00:00:00Z") // 1000 + _DAY_SECONDS
