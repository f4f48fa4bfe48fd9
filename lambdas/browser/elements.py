"""Finds the one element that a selector means, or says why it cannot be used and what there is instead."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from playwright.async_api import Error
from playwright.async_api import TimeoutError as PlaywrightTimeout

from lambdas.browser import page_world
from lambdas.browser.current_page import crashed
from lambdas.browser.errors import ElementNotFound, ElementNotReady, ElementNotUnique, PageUnresponsive
from lambdas.browser.page_world import SLACK, clean, shown
from lambdas.browser.results import Element
from tool_contract.errors import InvalidInput

if TYPE_CHECKING:
    from playwright.async_api import ElementHandle, Locator

    from lambdas.browser.current_page import CurrentPage

_MAX_NAME: Final = 100
_MAX_OPTION: Final = 60
_MAX_SELECTOR: Final = 1_000
_MAX_ROLE: Final = 30
_HANDLE_MS: Final = 3_000
_LIMITS: Final = {
    "name": _MAX_NAME + SLACK,
    "options": 30,
    "all_options": 500,
    "title": 0,
    "text": 0,
    "elements": 150,
}
_UNUSABLE: Final = re.compile(
    r"while parsing|Unknown engine|not a valid selector|Unsupported|Malformed|unexpected symbol|Unexpected token"
    r"|Failed to execute 'evaluate'|not a valid XPath",
    re.IGNORECASE,
)
_NOT_UNIQUE: Final = re.compile(r"strict mode violation.*resolved to (\d+) elements", re.DOTALL)
_EMPTY: Final = re.compile(r"\s*>?\s*((text|role|css|xpath|id|data-testid)\s*=\s*)?[\"']{0,2}\s*")
_HOW: Final = 'CSS, text=…, role=button[name="…"] or xpath=…; get_page_state lists selectors that work.'
_SIMILAR: Final = 5


@dataclass(frozen=True, slots=True)
class Probe:
    """What is known of an element: see ``probe`` in ``page_world.js``."""

    tag: str
    type: str | None
    visible: bool
    disabled: bool
    read_only: bool
    covered: bool
    coverer: str
    password: bool
    select: bool
    writable: bool
    focused: bool
    focusable: bool


async def found(current: CurrentPage, selector: str, wait_ms: float, *, visible: bool = True) -> Locator:
    """Wait for a selector's one element. Raises ElementNotFound, ElementNotUnique, ElementNotReady, InvalidInput."""
    if any(_EMPTY.fullmatch(part) for part in selector.split(">>")):
        message = f"{selector!r} is no selector that can be used: a part of it says nothing."
        raise InvalidInput(message, pointer="/selector", hint=_HOW)
    locator = current.locator(selector)
    try:
        await locator.wait_for(state="visible" if visible else "attached", timeout=current.milliseconds(wait_ms))
    except PlaywrightTimeout:
        raise await _missing(current, locator, selector, wait_ms) from None
    except Error as error:
        raise said(current, error, selector) from None
    return locator


async def handle_of(current: CurrentPage, locator: Locator) -> ElementHandle:
    """Return the element that a locator has found. Raises PageUnresponsive where it has gone since."""
    try:
        return await locator.first.element_handle(timeout=current.milliseconds(_HANDLE_MS))
    except PlaywrightTimeout:
        message = "The element has gone while it was being looked at."
        raise PageUnresponsive(message) from None


async def probed(current: CurrentPage, handle: ElementHandle) -> Probe:
    """Return what kind of element it is and whether it can be used. Raises PageUnresponsive."""
    return Probe(**await current.answered(page_world.ask(handle, "probe")))


async def described(current: CurrentPage, handle: ElementHandle) -> Element:
    """Return an element as get_page_state tells of it. Raises PageUnresponsive."""
    return told(await current.answered(page_world.ask(handle, "describe", _LIMITS)))


def told(element: dict[str, Any]) -> Element:
    """Return an element as the page described it, with what may be a secret's masked and the rest cut."""
    options = element.get("options")
    return Element(
        selector=clean(element["selector"], _MAX_SELECTOR),
        role=clean(element["role"], _MAX_ROLE),
        name=shown(element["name"], _MAX_NAME),
        type=clean(element["type"], _MAX_ROLE) if "type" in element else None,
        disabled=element.get("disabled"),
        checked=element.get("checked"),
        filled=element.get("filled"),
        options=None if options is None else tuple(shown(one, _MAX_OPTION) for one in options),
        option_count=element.get("option_count"),
    )


async def listed(current: CurrentPage, limit: int = _LIMITS["elements"]) -> list[Element]:
    """Return the usable elements of the page itself. Raises PageUnresponsive."""
    state = await current.answered(
        page_world.ask(current.page.main_frame, "state", {**_LIMITS, "elements": limit}), 2.0
    )
    return [told(element) for element in state["elements"]]


async def similar(current: CurrentPage, selector: str) -> list[Element]:
    """Return the elements of the page that a selector may have meant, the likeliest first."""
    words = " ".join(re.findall(r"[\w-]+", selector)).lower()
    candidates = await listed(current)

    def likeness(element: Element) -> float:
        texts = (element.name.lower(), " ".join(re.findall(r"[\w-]+", element.selector)).lower(), element.role)
        return max(difflib.SequenceMatcher(None, words, text).ratio() for text in texts)

    return sorted(candidates, key=likeness, reverse=True)[:_SIMILAR]


def said(current: CurrentPage, error: Error, selector: str) -> Exception:
    """Return our error for what Playwright says of a selector, or its own where it is about something else."""
    several = _NOT_UNIQUE.search(error.message)
    if several is not None:
        message = f"{several[1]} elements match {selector!r}; it must be one."
        return ElementNotUnique(message, pointer="/selector", hint="Name the one: get_page_state lists selectors.")
    if _UNUSABLE.search(error.message.partition("Call log:")[0]):
        message = f"{selector!r} is no selector that can be used."
        return InvalidInput(message, pointer="/selector", hint=_HOW)
    return crashed() if current.crashed else error


async def not_ready(current: CurrentPage, locator: Locator, selector: str) -> Exception:
    """Return why the one element of a selector cannot be used."""
    try:
        probe = await probed(current, await handle_of(current, locator))
    except (Error, PageUnresponsive):
        return ElementNotFound(f"{selector!r} matched an element that is gone now.", pointer="/selector")
    reasons = (
        (not probe.visible, "is not visible", "wait_for_element waits for it, or something has to be opened first."),
        (probe.disabled, "is disabled", "Fill in what it waits for."),
        (probe.covered, f"is covered by another element (a <{probe.coverer}>)", "Close what covers it."),
        (True, "does not hold still", "wait_for_element for what comes when it has, or click with force."),
    )
    reason, hint = next((text, hint) for holds, text, hint in reasons if holds)
    return ElementNotReady(f"The element {selector!r} {reason}.", pointer="/selector", hint=hint)


async def _missing(current: CurrentPage, locator: Locator, selector: str, wait_ms: float) -> Exception:
    if current.crashed:
        return crashed()
    count = await current.answered(locator.count())
    if count:
        return await not_ready(current, locator, selector)
    waited = f" within {round(wait_ms)} ms" if wait_ms > 1 else ""
    message = f"Nothing on the page matched {selector!r}{waited}."
    hint = "metadata.browser_state (by --json) lists elements that are like it; get_page_state lists all."
    return ElementNotFound(message, pointer="/selector", hint=hint)
