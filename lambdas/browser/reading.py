"""Reads a page: its state, a text, its HTML, a picture of it; and waits for what it becomes. Changes nothing."""

from __future__ import annotations

import asyncio
import struct
import time
from typing import TYPE_CHECKING, Any, Final

from playwright.async_api import Error

from lambdas.browser import elements, page_world
from lambdas.browser.agent import Html, Picture
from lambdas.browser.clicking import APPEARS_MS
from lambdas.browser.errors import PageUnresponsive, UrlNotReached
from lambdas.browser.page_world import SLACK, clean, shown
from lambdas.browser.results import (
    Element,
    ElementFound,
    ElementText,
    ElementWords,
    FoundWords,
    PageContent,
    PageState,
    UrlReached,
)
from tool_contract.masking import masked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from playwright.async_api import Frame, Locator

    from lambdas.browser.current_page import CurrentPage
    from lambdas.browser.url_pattern import UrlPattern

#: What a model can use at once; the whole is in the HTML.
_MAX_STATE_TEXT: Final = 8_000
_MAX_TITLE: Final = 200
_LIMITS: Final = {
    "text": _MAX_STATE_TEXT + SLACK,
    "elements": 100,
    "name": 100 + SLACK,
    "options": 50,
    "all_options": 500,
    "title": _MAX_TITLE + SLACK,
}
_MAX_FRAMES: Final = 10
_MAX_TEXT: Final = 20_000
MAX_HTML: Final = 5_000_000
_LOOKS_SECONDS: Final = 0.05
_PICTURE_SECONDS: Final = 15.0
#: What fields and editors hold is drawn in no colour, in shadow trees and frames, too; hints in empty ones are.
_HIDDEN: Final = """
input:not([type=button]):not([type=submit]):not([type=reset]), textarea, select, :read-write, :read-write * {
  color: transparent !important; -webkit-text-fill-color: transparent !important; text-shadow: none !important;
  caret-color: transparent !important; -webkit-text-security: none !important;
}
::placeholder { color: gray !important; -webkit-text-fill-color: gray !important; }
"""
_COVER: Final = "#bbbbbb"
_PNG_SIZE: Final = slice(16, 24)


async def wait_for_element(current: CurrentPage, selector: str, timeout_ms: int) -> ElementFound:
    """Wait until an element is visible. Raises ElementNotFound, ElementNotUnique, ElementNotReady."""
    began = time.monotonic()
    locator = await elements.found(current, selector, timeout_ms)
    element = await elements.described(current, await elements.handle_of(current, locator))
    return ElementFound(
        url=current.url,
        waited_ms=_since(began),
        untrusted_content=FoundWords(title=(await current.words()).title, element=element),
    )


async def wait_for_url(current: CurrentPage, pattern: UrlPattern, timeout_ms: int) -> UrlReached:
    """Wait until the address matches. Raises UrlNotReached."""
    began = time.monotonic()
    limit = current.milliseconds(timeout_ms)
    while not pattern.matches(current.url):
        if _since(began) >= limit:
            message = f"The address did not match within {round(limit)} ms; it is {current.url[:300]}."
            raise UrlNotReached(message, pointer="/url_pattern")
        await asyncio.sleep(_LOOKS_SECONDS)
    return UrlReached(url=current.url, waited_ms=_since(began))


async def page_state(current: CurrentPage) -> PageState:
    """Return the page's state, frames included. Raises PageUnresponsive."""
    top = await current.answered(page_world.ask(current.page.main_frame, "state", _LIMITS))
    found = [elements.told(element) for element in top["elements"]]
    total = top["element_count"]
    text, characters = _counted(top["text"], top["text_characters"], _MAX_STATE_TEXT)
    children = [frame for frame in current.frames() if frame.parent_frame is not None]
    for frame in children[:_MAX_FRAMES]:
        told = await _of_frame(current, frame, found)
        if told is None:
            continue
        found += [elements.told(element) for element in told["elements"]]
        total += told["element_count"]
        inner, inner_characters = _counted(told["text"], told["text_characters"], _MAX_STATE_TEXT)
        characters += inner_characters
        text = f"{text}\n{inner}"[:_MAX_STATE_TEXT] if inner else text
    return PageState(
        url=current.url,
        http_status=top["http_status"] if isinstance(top["http_status"], int) else None,
        ready_state=clean(top["ready_state"], 20),
        pages=len(current.page.context.pages),
        frames=len(children),
        text_characters=characters,
        elements=total,
        truncated=characters > len(text)
        or total > len(found)
        or len(children) > _MAX_FRAMES
        or any(element.option_count is not None for element in found),
        untrusted_content=PageContent(title=shown(top["title"], _MAX_TITLE), text=text, elements=tuple(found)),
    )


async def text_of(current: CurrentPage, selector: str) -> ElementText:
    """Return an element's visible text. Raises ElementNotFound, ElementNotUnique, PageUnresponsive."""
    locator = await elements.found(current, selector, APPEARS_MS, visible=False)
    handle = await elements.handle_of(current, locator)
    told = await current.answered(page_world.ask(handle, "words", _MAX_TEXT + SLACK))
    text, characters = _counted(told["text"], told["characters"], _MAX_TEXT)
    return ElementText(
        url=current.url,
        characters=characters,
        truncated=characters > len(text),
        redacted=told["redacted"],
        untrusted_content=ElementWords(text=text),
    )


async def html_of(current: CurrentPage) -> Html:
    """Return the page's HTML, without what fields hold. Raises PageUnresponsive."""
    asked = page_world.ask(current.page.main_frame, "html", MAX_HTML + SLACK)
    told = await current.answered(asked, 10.0)
    html = shown(told["html"], MAX_HTML)
    return Html(html, len(html) if told["characters"] <= MAX_HTML else told["characters"])


async def picture_of(current: CurrentPage, secrets: Sequence[str], *, seconds: float = _PICTURE_SECONDS) -> Picture:
    """Return a picture of what is visible, without what fields hold. Raises PageUnresponsive."""
    covers = await _covers(current, secrets)
    png = await current.answered(
        current.page.screenshot(
            type="png",
            mask=covers,
            mask_color=_COVER,
            style=_HIDDEN,
            animations="disabled",
            timeout=current.milliseconds(seconds * 1000),
        ),
        seconds,
    )
    width, height = struct.unpack(">II", png[_PNG_SIZE])
    return Picture(png, width, height, len(covers))


def _counted(given: object, characters: int, most: int) -> tuple[str, int]:
    """Return how a text of a page begins, masked and cut, and how many characters the page has of it."""
    plain = clean(given, most + SLACK)
    whole = masked(plain)
    if whole != plain:
        # A count to the letter would tell how long the secret is.
        characters = len(whole) if characters <= len(plain) else -(-characters // 1000) * 1000
    return shown(given, most), characters


async def _of_frame(current: CurrentPage, frame: Frame, found: Sequence[Element]) -> dict[str, Any] | None:
    """Return what a frame shows, its selectors led by the frame's; None where it cannot be asked or is not shown."""
    try:
        owner = await current.answered(frame.frame_element(), 1.0)
        if not await current.answered(owner.is_visible(), 1.0):
            return None
        options = sum(len(element.options or ()) for element in found)
        room = {"elements": _LIMITS["elements"] - len(found), "all_options": _LIMITS["all_options"] - options}
        limits = {**_LIMITS, **{name: max(left, 0) for name, left in room.items()}}
        told: dict[str, Any] = await current.answered(page_world.ask(frame, "state", limits), 1.0)
        path = await _path_to(current, frame)
    except (Error, PageUnresponsive):
        return None
    for element in told["elements"]:
        element["selector"] = f"{path} >>> {element['selector']}"
    return told


async def _path_to(current: CurrentPage, frame: Frame) -> str:
    steps: list[str] = []
    while frame.parent_frame is not None:
        owner = await current.answered(frame.frame_element(), 1.0)
        steps.insert(0, (await elements.described(current, owner)).selector)
        frame = frame.parent_frame
    return " >>> ".join(steps)


async def _covers(current: CurrentPage, secrets: Sequence[str]) -> list[Locator]:
    """Return where the page repeats a secret: a picture must not show it."""
    covers: list[Locator] = []
    for frame in current.frames() if secrets else ():
        for secret in secrets:
            try:
                told = frame.get_by_text(" ".join(secret.split()))
                if await current.answered(told.count(), 2.0):
                    covers.append(told)
            except Error:
                continue  # the frame has gone
    return covers


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
