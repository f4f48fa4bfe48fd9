"""Clicks once. Only the dry run is repeated: a click that was repeated has paid twice."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from playwright.async_api import Error
from playwright.async_api import TimeoutError as PlaywrightTimeout

from lambdas.browser import elements, page_world
from lambdas.browser.current_page import crashed
from lambdas.browser.navigation import check_place
from lambdas.browser.results import Clicked

if TYPE_CHECKING:
    from playwright.async_api import Locator

    from lambdas.browser.action import Action
    from lambdas.browser.current_page import CurrentPage
    from lambdas.browser.places import Places

#: How long an element may take to appear, and to hold still: a page that has come needs no longer.
APPEARS_MS: Final = 5_000
_HOLDS_STILL_MS: Final = 1_500
_PAUSE_SECONDS: Final = 0.2
_CLICK_MS: Final = 5_000
_SETTLES_MS: Final = 3_000
#: A script that navigates does so a moment after the click.
_NOTICES_SECONDS: Final = 0.05
_OPENS_SECONDS: Final = 2.0
_DISPATCHED: Final = "performing click action"


async def click(
    current: CurrentPage, places: Places, action: Action, selector: str, max_retries: int, *, force: bool
) -> Clicked:
    """Click the one element of a selector. Raises ElementNotFound, ElementNotUnique, ElementNotReady and others."""
    locator = await elements.found(current, selector, APPEARS_MS, visible=not force)
    tries = 0 if force else await _rehearsed(current, locator, selector, max_retries)
    handle = await elements.handle_of(current, locator)
    leads_to = await current.answered(page_world.ask(handle, "leads_to"))
    await action.announce()
    before = current.url
    await _clicked(current, action, locator, selector, force=force)
    await settled(current, opens_page=leads_to == "page")
    if leads_to == "file":
        current.refused_downloads = max(current.refused_downloads, 1)
    await check_place(current, places, effect=action.effect)
    return Clicked(
        url=current.url,
        dry_runs=tries,
        navigated=current.url != before,
        opened_pages=current.opened_pages,
        refused_downloads=current.refused_downloads,
        untrusted_content=await current.words(),
    )


async def settled(current: CurrentPage, *, opens_page: bool = False) -> None:
    """Give what an action has set off the time to begin, and a page that comes of it the time to come."""
    await asyncio.sleep(_NOTICES_SECONDS)
    if opens_page:
        await current.page_opened(_OPENS_SECONDS)
    if current.opened_pages:
        current.to_newest()
    await current.arrived(_SETTLES_MS / 1000)
    with contextlib.suppress(Error):
        await current.page.wait_for_load_state("domcontentloaded", timeout=current.milliseconds(_SETTLES_MS))


async def _rehearsed(current: CurrentPage, locator: Locator, selector: str, max_retries: int) -> int:
    """Repeat the dry run until the element can be clicked; return how many it took."""
    for tries in range(1, max_retries + 2):
        try:
            await locator.click(trial=True, timeout=current.milliseconds(_HOLDS_STILL_MS))
        except PlaywrightTimeout:
            await asyncio.sleep(_PAUSE_SECONDS)
        except Error as error:
            raise elements.said(current, error, selector) from None
        else:
            return tries
    if current.crashed:
        raise crashed()
    raise await elements.not_ready(current, locator, selector)


async def _clicked(current: CurrentPage, action: Action, locator: Locator, selector: str, *, force: bool) -> None:
    action.begins()
    try:
        await locator.click(force=force, timeout=current.milliseconds(_CLICK_MS), no_wait_after=True)
    except Error as error:
        if _DISPATCHED not in error.message:
            action.undone()
            if isinstance(error, PlaywrightTimeout):
                raise await elements.not_ready(current, locator, selector) from None
        elif current.dialogs or current.page.is_closed():
            action.done()  # the click opened a dialog, or closed its own page, before the browser could say so
            return
        raise elements.said(current, error, selector) from None
    action.done()
