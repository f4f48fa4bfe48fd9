"""The browser agent on Playwright."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from lambdas.browser import clicking, navigation, reading
from lambdas.browser.current_page import BLANK, crashed
from lambdas.browser.keyboard import Typing
from tool_contract.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from lambdas.browser.action import Action
    from lambdas.browser.agent import Html, Picture, RevealedSecret
    from lambdas.browser.current_page import CurrentPage
    from lambdas.browser.places import Places
    from lambdas.browser.results import Clicked, ElementFound, ElementText, Navigation, PageState, Typed, UrlReached
    from lambdas.browser.url_pattern import UrlPattern

_T = TypeVar("_T")
_ERROR_PAGE: Final = "chrome-error:"
_NAVIGATE: Final = "navigate first; a page that did not come, or crashed, or a browser that was replaced, leaves none."
_IN_SEQUENCE: Final = (
    'This call has a browser of its own, as calls do that run in parallel: with "mode": "sequence" they share one.'
)


@dataclass(frozen=True, slots=True)
class PlaywrightAgent:
    """Acts on the current page of a connected browser, for the length of one call.

    ``shared``: other calls come to the same browser, before this one perhaps.
    """

    current: CurrentPage
    places: Places
    action: Action
    shared: bool = True

    @property
    def url(self) -> str:
        """The page's address."""
        return self.current.url

    async def navigate(self, url: str) -> Navigation:
        """Go to a checked address."""
        return await navigation.navigate(self.current, self.places, url)

    async def click(self, selector: str, max_retries: int, *, force: bool) -> Clicked:
        """Click an element once."""
        self._check_page()
        return await clicking.click(self.current, self.places, self.action, selector, max_retries, force=force)

    async def type(self, selector: str, text: str | RevealedSecret, origin: str | None) -> Typed:
        """Put text, or a secret, into a field, and press the keys in it."""
        self._check_page()
        return await Typing(self.current, self.places, self.action, selector).run(text, origin)

    async def wait_for_element(self, selector: str, timeout_ms: int) -> ElementFound:
        """Wait until an element is there and visible."""
        return await self._read(reading.wait_for_element(self.current, selector, timeout_ms))

    async def wait_for_url_change(self, pattern: UrlPattern, timeout_ms: int) -> UrlReached:
        """Wait until the page's address matches."""
        return await self._read(reading.wait_for_url(self.current, pattern, timeout_ms))

    async def get_page_state(self) -> PageState:
        """Return what the page shows."""
        return await self._read(reading.page_state(self.current))

    async def take_screenshot(self, secrets: Sequence[str]) -> Picture:
        """Take a picture of what is visible, without what fields hold; secrets are covered."""
        return await self._read(reading.picture_of(self.current, secrets))

    async def get_text(self, selector: str) -> ElementText:
        """Return an element's visible text."""
        return await self._read(reading.text_of(self.current, selector))

    async def get_page_html(self) -> Html:
        """Return the page's HTML, without what fields hold."""
        return await self._read(reading.html_of(self.current))

    async def _read(self, reading_it: Coroutine[Any, Any, _T]) -> _T:
        """Return what was read, if the page is one that may be visited, before and after."""
        try:
            self._check_page()
            await navigation.check_place(self.current, self.places)
        except BaseException:
            reading_it.close()
            raise
        result = await reading_it
        await navigation.check_place(self.current, self.places)
        return result

    def _check_page(self) -> None:
        if self.current.crashed:
            raise crashed()
        if self.current.url == BLANK or self.current.url.startswith(_ERROR_PAGE):
            message = "No page is open in this session."
            raise NotFound(message, hint=_NAVIGATE if self.shared else _IN_SEQUENCE)
