"""Goes to an address: what may be visited is visited, and what came back is told."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final

from playwright.async_api import Error
from playwright.async_api import TimeoutError as PlaywrightTimeout

from browser_policy.headers import REFUSED_HEADER, UNREACHABLE_HEADER
from lambdas.browser.current_page import BLANK, CurrentPage, crashed
from lambdas.browser.errors import NavigationBlocked, NavigationFailed, PageCrashed, PageUnresponsive
from lambdas.browser.results import Navigation
from tool_contract.errors import Effect, Refused

if TYPE_CHECKING:
    from playwright.async_api import Response

    from lambdas.browser.places import Places

#: Of the call's time, what is left for the answer when a page does not come.
_ANSWER_MS: Final = 3_000
#: Pictures and scripts may take longer than a page needs to be of use.
_LOAD_MS: Final = 5_000
_MAX_SENTENCE: Final = 300
_NET_ERROR: Final = re.compile(r"net::(ERR_[A-Z0-9_]+)")
_INTERRUPTED: Final = re.compile(r"interrupted by another navigation to \"?chrome-error:")
_DOWNLOAD: Final = re.compile(r"Download is starting|ERR_ABORTED")
_BLOCKED: Final = frozenset(
    {"ERR_BLOCKED_BY_ADMINISTRATOR", "ERR_BLOCKED_BY_CLIENT", "ERR_UNSAFE_PORT", "ERR_BLOCKED_BY_CSP"}
)
#: The proxy's "no" and "not there" look the same from the page; only the proxy's list tells them apart.
TUNNEL_FAILED: Final = "ERR_TUNNEL_CONNECTION_FAILED"
_WORDS: Final = {
    "ERR_NAME_NOT_RESOLVED": "its host's name is not known",
    "ERR_CONNECTION_REFUSED": "its host refused the connection",
    "ERR_CONNECTION_RESET": "its host closed the connection",
    "ERR_CONNECTION_TIMED_OUT": "its host did not answer",
    "ERR_EMPTY_RESPONSE": "its host answered nothing",
    "ERR_TOO_MANY_REDIRECTS": "it redirects in circles",
    "ERR_INVALID_RESPONSE": "the answer is no page",
    TUNNEL_FAILED: "its host could not be reached",
}
#: These do not pass: the same address would meet them again.
_FINAL: Final = frozenset({"ERR_TOO_MANY_REDIRECTS", "ERR_INVALID_RESPONSE"})


async def navigate(current: CurrentPage, places: Places, url: str) -> Navigation:
    """Go to ``url``. Raises NavigationBlocked, NavigationFailed, PageCrashed, Refused."""
    if current.crashed:
        current.page = await current.page.context.new_page()
    response = await _gone(current, url)
    await _check_answer(response)
    with contextlib.suppress(PlaywrightTimeout, Error):
        await current.page.wait_for_load_state("load", timeout=current.milliseconds(_LOAD_MS))
    await check_place(current, places)
    return Navigation(
        url=current.url,
        http_status=None if response is None else response.status,
        redirected=response is not None and response.request.redirected_from is not None,
        opened_pages=current.opened_pages,
        refused_downloads=current.refused_downloads,
        untrusted_content=await current.words(),
    )


async def check_place(current: CurrentPage, places: Places, *, effect: Effect | None = None) -> None:
    """Leave a page that must not be visited, however the browser came there. Raises NavigationBlocked."""
    sentence = places.refusal_of_page(current.url)
    if sentence is None:
        return
    with contextlib.suppress(Error, PageUnresponsive, PageCrashed):
        await current.answered(_left(current))
    raise NavigationBlocked(f"The page went where it must not: {sentence}", effect=effect)


async def _left(current: CurrentPage) -> None:
    """Leave a page: one that another page opened is closed, and the session goes on with that one."""
    others = [page for page in current.page.context.pages if page != current.page]
    if not others:
        await current.page.goto(BLANK)
        return
    await current.page.close()
    current.page = others[-1]


async def _gone(current: CurrentPage, url: str) -> Response | None:
    limit = max(current.milliseconds() - _ANSWER_MS, 1_000)
    for again in (True, False):
        try:
            return await current.page.goto(url, wait_until="domcontentloaded", timeout=limit)
        except PlaywrightTimeout:
            message = f"The page did not come within {limit / 1000:.0f} s."
            raise NavigationFailed(message, pointer="/url") from None
        except Error as error:
            if again and _INTERRUPTED.search(error.message):
                continue  # the error page of the navigation before this one was still under way
            raise _failed(current, error) from None
    return None


def _failed(current: CurrentPage, error: Error) -> Exception:
    net = _NET_ERROR.search(error.message)
    code = net[1] if net else ""
    if current.crashed:
        return crashed()
    if _DOWNLOAD.search(error.message):
        message = "The address is a file to download, or no page; nothing was kept."
        return Refused(message, pointer="/url")
    if code in _BLOCKED:
        return NavigationBlocked("The browser's own rules forbid the address.", pointer="/url")
    if net is None:
        return error
    reason = _WORDS.get(code, code.removeprefix("ERR_").replace("_", " ").lower())
    retryable = False if code in _FINAL or code.startswith(("ERR_CERT", "ERR_SSL")) else None
    failure = NavigationFailed(f"The page could not be reached: {reason}.", pointer="/url", retryable=retryable)
    failure.add_note(code)
    return failure


async def _check_answer(response: Response | None) -> None:
    if response is None:
        return
    if REFUSED_HEADER in response.headers:
        raise NavigationBlocked(f"The address must not be visited: {await _said(response)}", pointer="/url")
    if UNREACHABLE_HEADER in response.headers:
        raise NavigationFailed(f"The page could not be reached: {await _said(response)}", pointer="/url")


async def _said(response: Response) -> str:
    return (await response.text()).strip()[:_MAX_SENTENCE]
