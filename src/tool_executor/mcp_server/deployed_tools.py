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


@dataclass
class DeployedTools:
    """The tools that are offered: those of the catalog whose names match one of the patterns, all without any."""

    executions: Executions
    patterns: tuple[str, ...] = ()
    now: Callable[[], float] = time.monotonic
    _catalog: Catalog | None = None
    _asked_at: float = 0.0
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def catalog(self) -> Catalog:
        """Return the tools, as they were within the last minute; as they were last known if nobody can tell now.

        Raises what :meth:`Executions.catalog` raises where they have never been known.
        """
        async with self._asking:
            if self._catalog is None:
                await self._ask()
            elif self.now() - self._asked_at >= FRESH_SECONDS:
                await self._ask_again()
            assert self._catalog is not None  # noqa: S101 - asked for above
            return self._catalog

    async def _ask(self) -> None:
        self._catalog = chosen(await self.executions.catalog(), self.patterns)
        self._asked_at = self.now()

    async def _ask_again(self) -> None:
        try:
            await self._ask()
        except ToolExecutorError as error:
            self._asked_at = self.now()
            _log.warning("the tools are those of before: %s", error.sentence)
