"""The deployment's tools as the server knows them: asked for anew from time to time, for deployments change."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from tool_executor.errors import ToolExecutorError
from tool_executor.mcp_server.offered import chosen

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_contract.catalog import Catalog
    from tool_executor.mcp_server.executions import Executions

_log = logging.getLogger("tool_executor")

#: For so long a list of tools is as good as a new one.
FRESH_SECONDS: Final = 60.0
#: For so long a request waits for a new list where an old one is at hand: a planner that starts may take its time.
_PATIENCE_SECONDS: Final = 1.0


@dataclass
class DeployedTools:
    """The tools that are offered: those of the catalog whose names match one of the patterns, all without any."""

    executions: Executions
    patterns: tuple[str, ...] = ()
    now: Callable[[], float] = time.monotonic
    _catalog: Catalog | None = None
    _asked_at: float = 0.0
    _first: asyncio.Lock = field(default_factory=asyncio.Lock)
    _anew: asyncio.Task[None] | None = None

    async def catalog(self) -> Catalog:
        """Return the tools as they were within the last minute; as last known if nobody can tell now, or not soon.

        Raises what :meth:`Executions.catalog` raises where they have never been known.
        """
        if self._catalog is None:
            return await self._known_first()
        if self.now() - self._asked_at >= FRESH_SECONDS:
            await self._begin_to_ask()
        return self._catalog

    async def _known_first(self) -> Catalog:
        async with self._first:
            return await self._ask() if self._catalog is None else self._catalog

    async def _begin_to_ask(self) -> None:
        """Have one task ask anew, and wait a little for it; whoever comes while it asks does not wait at all."""
        if self._anew is None or self._anew.done():
            self._anew = asyncio.create_task(self._ask_again())  # a request that is cancelled does not end it
            await asyncio.wait([self._anew], timeout=_PATIENCE_SECONDS)

    async def _ask(self) -> Catalog:
        self._catalog = chosen(await self.executions.catalog(), self.patterns)
        self._asked_at = self.now()
        return self._catalog

    async def _ask_again(self) -> None:
        try:
            await self._ask()
        except ToolExecutorError as error:
            _log.warning("the tools are those of before: %s", error.sentence)
        finally:
            self._asked_at = self.now()
