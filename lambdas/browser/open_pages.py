"""A browser's pages in the order in which they were opened, which no connection tells by itself.

Chromium lists pages in an order of its own. So each is known by its target's id, and the session's item keeps the ids
in order; pages that came since then go behind them, those that another page has opened last.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import Page


@dataclass(frozen=True, slots=True)
class OpenPage:
    """A page with its target's id; ``has_opener``: another page opened it."""

    page: Page
    target_id: str
    has_opener: bool


async def in_order(pages: Sequence[Page], known: Sequence[str]) -> list[OpenPage]:
    """Return the pages, the one that was opened last at the end."""
    named = await asyncio.gather(*(_named(page) for page in pages))
    place = {target_id: number for number, target_id in enumerate(known)}
    return sorted(named, key=lambda one: (place.get(one.target_id, len(known)), one.has_opener))


async def _named(page: Page) -> OpenPage:
    session = await page.context.new_cdp_session(page)
    target = (await session.send("Target.getTargetInfo"))["targetInfo"]
    await session.detach()
    return OpenPage(page, target["targetId"], "openerId" in target)
