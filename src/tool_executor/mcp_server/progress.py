"""How far an execution has come, as MCP's progress notifications tell it: a number that only grows, and a sentence."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from tool_contract.envelope import CallStatus
from tool_executor.errors import ToolExecutorError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from tool_executor.history import Record

_FIRST_POLL_SECONDS: Final = 0.1
_SLOWEST_POLL_SECONDS: Final = 2.0
_SLOWER: Final = 1.3


class Report(Protocol):
    """Sends one progress notification."""

    async def __call__(self, progress: float, total: float | None = None, message: str | None = None) -> None:
        """Send it."""


@dataclass
class Progress:
    """The progress of an execution of so many calls.

    An ended call counts one. An open one counts n/(n+1) once its n-th attempt has begun, so that each attempt is seen
    and none makes the call look done. What is not more than was told before is not told: MCP wants numbers that grow.
    """

    execution_id: str
    calls: int
    report: Report
    _told: float = field(default=-1.0)

    async def begun(self) -> None:
        """Tell that it has begun, and its id: whoever loses the answer can ask for it by that."""
        await self._tell(0.0, f"execution {self.execution_id} has begun")

    async def stands(self, records: Sequence[Record]) -> None:
        """Tell how the calls stand."""
        await self._tell(round(sum(map(_share, records)), 4), _sentence(records, self.calls))

    async def ended(self, statuses: Sequence[CallStatus]) -> None:
        """Tell that all calls have ended."""
        succeeded = sum(status is CallStatus.SUCCESS for status in statuses)
        await self._tell(float(self.calls), f"{succeeded} of {self.calls} calls succeeded")

    async def follow(self, look: Callable[[], Awaitable[list[Record]]]) -> None:
        """Tell how the calls stand again and again, until this is cancelled. What cannot be read is not told."""
        pause = _FIRST_POLL_SECONDS
        while True:
            before = self._told
            with suppress(ToolExecutorError):  # the execution itself goes on, and says what came of it
                await self.stands(await look())
            pause = _FIRST_POLL_SECONDS if self._told > before else min(pause * _SLOWER, _SLOWEST_POLL_SECONDS)
            await asyncio.sleep(pause)

    async def _tell(self, progress: float, sentence: str) -> None:
        if progress > self._told:
            self._told = progress
            await self.report(progress, float(self.calls), sentence)


def _share(record: Record) -> float:
    if CallStatus(record["status"]).is_terminal:
        return 1.0
    attempts = int(record.get("attempts", 0))
    return attempts / (attempts + 1)


def _sentence(records: Sequence[Record], calls: int) -> str:
    ended = sum(CallStatus(record["status"]).is_terminal for record in records)
    under_way = [_attempt(record) for record in records if _is_under_way(record)]
    first = [f"{ended} of {calls} calls have ended"] if calls > 1 else []
    return "; ".join(first + under_way[:3]) or f"{ended} of {calls} calls have ended"


def _attempt(record: dict[str, Any]) -> str:
    return f"attempt {int(record['attempts'])} of {record['call_id']} ({record['tool_name']})"


def _is_under_way(record: Record) -> bool:
    return not CallStatus(record["status"]).is_terminal and int(record.get("attempts", 0)) > 0
