"""Faults that a test programs into the local cloud: values, and the plan that says which request gets which.

Off unless `LocalCloud(faults=True)`; nothing of this is on the way of a request otherwise.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final, Protocol

_LOOKS_EVERY_SECONDS: Final = 0.02


class FaultKind(StrEnum):
    """What befalls a request. "The work" is the function's run, or the read or write of a table or bucket."""

    THROTTLE = "throttle"  # refused before the work: 429, or the service's own word for it
    FAIL_BEFORE = "fail_before"  # 500, and the work was not done
    FAIL_AFTER = "fail_after"  # 500, and the work was done
    DROP_ANSWER = "drop_answer"  # the work was done, and the connection ends without an answer
    DELAY = "delay"  # `seconds` pass before the work
    DELAY_ANSWER = "delay_answer"  # `seconds` pass between the work and its answer
    GARBLE_ANSWER = "garble_answer"  # Lambda only: the work was done, and the caller gets `answer` instead of its own
    STAND_IN = "stand_in"  # Lambda only: something else than the function answers `answer`, and the work was not done
    KILL = "kill"  # Lambda only: kill -9 of the worker, `seconds` after it took the event
    REPEAT = "repeat"  # Lambda only: `copies` of the event, one after another; the caller gets the first's answer
    REPEAT_AT_ONCE = "repeat_at_once"  # the same, all at once; the caller gets the first answer


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One fault and the requests that it befalls: the `nth` that matches (from 1) and the `times` - 1 after it.

    `request` is a pattern of shell wildcards for names like `lambda.tool-executor-dev-probe`, `dynamodb.UpdateItem` or
    `s3.PUT`. Every text of `containing` must occur in the request's path or body. `times` of None means all that
    follow; `for_seconds` ends a fault that long after it was programmed. A delay ends early once `until_file` exists:
    so a test, and no guess at how long things take, says when.
    """

    kind: FaultKind
    request: str
    containing: tuple[str, ...] = ()
    nth: int = 1
    times: int | None = 1
    seconds: float = 0.0
    copies: int = 2
    for_seconds: float | None = None
    until_file: str | None = None
    answer: str = ""

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Fault:
        """Read a fault. Raises TypeError or ValueError where it is none."""
        return cls(**{**value, "kind": FaultKind(value["kind"]), "containing": tuple(value.get("containing", ()))})

    def to_json(self) -> dict[str, Any]:
        """Return the fault as plain JSON values."""
        return asdict(self)

    def matches(self, request: str, text: str) -> bool:
        """Whether a request is one of those that this fault counts."""
        return fnmatchcase(request, self.request) and all(part in text for part in self.containing)

    def names(self, text: str) -> bool:
        """Whether the fault looks for a text that holds this one."""
        return any(text in part for part in self.containing)

    def pause(self) -> None:
        """Let the fault's time pass."""
        if self.until_file is None:
            time.sleep(self.seconds)
            return
        end = time.monotonic() + self.seconds
        while time.monotonic() < end and not Path(self.until_file).exists():
            time.sleep(_LOOKS_EVERY_SECONDS)

    def strikes(self, number: int, age_seconds: float) -> bool:
        """Whether the fault befalls the `number`-th match, so long after it was programmed."""
        if self.for_seconds is not None and age_seconds >= self.for_seconds:
            return False
        return self.nth <= number and (self.times is None or number < self.nth + self.times)


@dataclass(frozen=True)
class SeenInvocation:
    """An invocation as the cloud saw it: its event, when it was sent (milliseconds since 1970), what came of it.

    `answer` is what the function said, None as long as it has not; `refused` is the error that the caller got before
    anything ran.
    """

    number: int
    function: str
    payload: str
    sent_ms: int
    answer: str | None = None
    refused: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the invocation as plain JSON values."""
        return asdict(self)


class FaultSource(Protocol):
    """Decides over requests, and is told of invocations."""

    def strike(self, request: str, text: str) -> Fault | None:
        """Count a request and return the fault that befalls it, if any does."""

    def invoked(self, seen: SeenInvocation) -> None:
        """Take note of an invocation, when it is sent and when it has ended."""


@dataclass
class _Armed:
    fault: Fault
    since: float
    matched: int = 0
    struck: int = 0


@dataclass
class ProgrammedFaults:
    """The faults of a local cloud. A request gets the first in the order of programming that strikes."""

    _armed: list[_Armed] = field(default_factory=list)
    _seen: dict[int, SeenInvocation] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def program(self, faults: Sequence[Fault]) -> None:
        """Replace all faults; counting begins anew, the invocations seen so far stay."""
        now = time.monotonic()
        with self._lock:
            self._armed = [_Armed(fault, now) for fault in faults]

    def add(self, faults: Sequence[Fault]) -> None:
        """Add faults behind the others, whose counting goes on."""
        now = time.monotonic()
        with self._lock:
            self._armed = [*self._armed, *(_Armed(fault, now) for fault in faults)]

    def forget(self, naming: str) -> None:
        """Remove the faults that look for a text which holds `naming`, and the invocations whose events hold it."""
        with self._lock:
            self._armed = [armed for armed in self._armed if not armed.fault.names(naming)]
            self._seen = {number: seen for number, seen in self._seen.items() if naming not in seen.payload}

    def strike(self, request: str, text: str) -> Fault | None:
        """Count a request and return the fault that befalls it, if any does."""
        now, struck = time.monotonic(), None
        with self._lock:
            for armed in self._armed:
                if not armed.fault.matches(request, text):
                    continue
                armed.matched += 1
                if struck is None and armed.fault.strikes(armed.matched, now - armed.since):
                    armed.struck += 1
                    struck = armed.fault
        return struck

    def invoked(self, seen: SeenInvocation) -> None:
        """Take note of an invocation, when it is sent and when it has ended."""
        with self._lock:
            self._seen[seen.number] = seen

    def report(self, naming: str = "") -> dict[str, Any]:
        """How often each fault matched and struck, and the invocations so far: all, or what holds a text."""
        with self._lock:
            armed = [armed for armed in self._armed if not naming or armed.fault.names(naming)]
            faults = [{**one.fault.to_json(), "matched": one.matched, "struck": one.struck} for one in armed]
            invocations = [seen.to_json() for seen in self._seen.values() if naming in seen.payload]
            return {"faults": faults, "invocations": invocations}
