"""What a browser agent can do, whatever drives the browser: the second text's ``IBrowserAgent``, asynchronous."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lambdas.browser.results import Clicked, ElementFound, ElementText, Navigation, PageState, Typed, UrlReached
    from lambdas.browser.url_pattern import UrlPattern


@dataclass(frozen=True, slots=True)
class RevealedSecret:
    """A secret on its way into a field. ``origins``: where it may be typed; None where no place is named."""

    name: str
    text: str
    origins: Sequence[str] | None

    def __repr__(self) -> str:
        return f"RevealedSecret({self.name!r})"


@dataclass(frozen=True, slots=True)
class Picture:
    """A screenshot as PNG. ``covered`` counts the texts that are not shown."""

    png: bytes
    width: int
    height: int
    covered: int


@dataclass(frozen=True, slots=True)
class Html:
    """A page's HTML as far as it is kept; ``characters`` is the whole."""

    text: str
    characters: int


class BrowserAgent(Protocol):
    """Acts on one page. Each method may raise the errors of ``lambdas.browser.errors``."""

    @property
    def url(self) -> str:
        """The page's address."""

    async def navigate(self, url: str) -> Navigation:
        """Go to a checked address."""

    async def click(self, selector: str, max_retries: int, *, force: bool) -> Clicked:
        """Click an element once; only the dry run before it is repeated."""

    async def type(self, selector: str, text: str | RevealedSecret, origin: str | None) -> Typed:
        """Put text, or a secret, into a field, and press the keys in it."""

    async def wait_for_element(self, selector: str, timeout_ms: int) -> ElementFound:
        """Wait until an element is there and visible."""

    async def wait_for_url_change(self, pattern: UrlPattern, timeout_ms: int) -> UrlReached:
        """Wait until the page's address matches."""

    async def get_page_state(self) -> PageState:
        """Return what the page shows."""

    async def take_screenshot(self, secrets: Sequence[str]) -> Picture:
        """Take a picture of what is visible, without what fields hold; the texts of ``secrets`` are covered."""

    async def get_text(self, selector: str) -> ElementText:
        """Return an element's visible text."""

    async def get_page_html(self) -> Html:
        """Return the page's HTML, without what fields hold."""
