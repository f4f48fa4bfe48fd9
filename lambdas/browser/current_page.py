"""The page that a session's calls work on, and what happens in it while one of them runs."""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from playwright.async_api import Error

from lambdas.browser import page_world
from lambdas.browser.errors import PageCrashed, PageUnresponsive
from lambdas.browser.open_pages import in_order
from lambdas.browser.page_world import clean, shown
from lambdas.browser.results import Dialog, PageWords

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from playwright.async_api import Browser, Download, Frame, Locator, Page, Request
    from playwright.async_api import Dialog as OpenDialog

_T = TypeVar("_T")

#: What needs the page's own script answers at once, or the page is blocked.
_ANSWERS_WITHIN_SECONDS: Final = 5.0
_MAX_DIALOGS: Final = 10
_MAX_MESSAGE: Final = 500
_MAX_URL: Final = 2_000
_MAX_TITLE: Final = 200
_FRAME_MARK: Final = ">>>"
_NO_PAGE: Final = "net::ERR_ABORTED"
BLANK: Final = "about:blank"


@dataclass  # no slots: Playwright marks the handlers' owner
class CurrentPage:
    """The newest page of the browser. ``until`` is when the call has to have its answer, by ``time.monotonic``."""

    page: Page
    until: float
    dialogs: list[Dialog] = field(default_factory=list)
    opened_pages: int = 0
    refused_downloads: int = 0
    crashed: bool = False
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)
    _new_pages: list[Page] = field(default_factory=list)
    _opened: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @classmethod
    async def of(cls, browser: Browser, until: float, known: Sequence[str] = ()) -> CurrentPage:
        """Return the page of a connected browser that was opened last; where it has none, a blank one is opened.

        ``known`` are the ids of its pages, in the order in which they were opened, as far as the session knows.
        """
        context = browser.contexts[0]
        await page_world.install(context)
        pages = list(context.pages) or [await context.new_page()]
        current = cls(pages[-1], until)
        current._arrived.set()
        for page in pages:
            current._watch(page)
        context.on("page", current._on_page)
        if len(pages) > 1:
            ordered = await current.answered(in_order(pages, known))
            current.page = ordered[-1].page
            # A page in the background draws nothing, and what never settles cannot be clicked.
            await current.answered(current.page.bring_to_front())
        return current

    async def known_pages(self, known: Sequence[str] = ()) -> list[str]:
        """Return the ids of the pages, in the order in which they were opened; of a single page there is no order."""
        pages = self.page.context.pages
        if len(pages) <= 1:
            return []
        ordered = await self.answered(in_order(pages, known), 2.0)
        return [one.target_id for one in ordered]

    @property
    def url(self) -> str:
        """The page's address, as far as anybody reads it: known without asking the page."""
        return clean(self.page.url, _MAX_URL)

    def milliseconds(self, wanted_ms: float | None = None) -> float:
        """Return how long an operation may take: what is wanted, as far as the call has the time."""
        left = max((self.until - time.monotonic()) * 1000, 1.0)
        return left if wanted_ms is None else min(wanted_ms, left)

    async def answered(self, asked: Awaitable[_T], seconds: float = _ANSWERS_WITHIN_SECONDS) -> _T:
        """Return what the page answers. Raises PageUnresponsive where it does not, PageCrashed where it cannot."""
        try:
            async with asyncio.timeout(min(seconds, self.milliseconds() / 1000)):
                return await asked
        except TimeoutError:
            if self.crashed:
                raise crashed() from None
            message = "The page does not answer: a script of its own keeps it busy."
            raise PageUnresponsive(message) from None

    def locator(self, selector: str) -> Locator:
        """Return what finds a selector's elements: each part before a ``>>>`` is a frame to look inside."""
        *frames, last = [part.strip() for part in selector.split(_FRAME_MARK)]
        root: Any = self.page
        for frame in frames:
            root = root.frame_locator(frame)
        found: Locator = root.locator(last)
        return found

    def frames(self) -> list[Frame]:
        """Return the page's frames, its own first."""
        return list(self.page.frames)

    async def page_opened(self, seconds: float) -> None:
        """Wait until a page has been opened during the call, but not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, self.milliseconds() / 1000)):
                await self._opened.wait()

    async def arrived(self, seconds: float) -> None:
        """Wait until the page that is on its way is there, if one is, but not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(seconds, self.milliseconds() / 1000)):
                await self._arrived.wait()

    def to_newest(self) -> None:
        """Go on with the page that was opened last: a link may open one."""
        pages = [page for page in self._new_pages if not page.is_closed() and page.url != BLANK]
        if pages:
            self.page = pages[-1]

    async def words(self) -> PageWords:
        """Return what the page says of itself, as far as it answers."""
        title = ""
        with contextlib.suppress(PageUnresponsive, PageCrashed, Error):
            title = await self.answered(self.page.title(), 2.0)
        dialogs = [Dialog(type=one.type, message=shown(one.message, _MAX_MESSAGE)) for one in self.dialogs]
        return PageWords(title=shown(title, _MAX_TITLE), dialogs=tuple(dialogs))

    def _watch(self, page: Page) -> None:
        page.on("dialog", self._on_dialog)
        page.on("download", self._on_download)
        page.on("crash", self._on_crash)
        page.on("request", self._on_request)
        page.on("requestfailed", self._on_request_failed)
        page.on("framenavigated", self._on_navigated)

    def _on_page(self, page: Page) -> None:
        self.opened_pages += 1
        self._new_pages.append(page)
        self._opened.set()
        self._watch(page)

    def _on_dialog(self, dialog: OpenDialog) -> None:
        if len(self.dialogs) < _MAX_DIALOGS:
            self.dialogs.append(Dialog(type=dialog.type, message=dialog.message))
        self._later(dialog.accept() if dialog.type == "beforeunload" else dialog.dismiss())

    def _on_download(self, download: Download) -> None:
        self.refused_downloads += 1
        self._later(download.cancel())

    def _on_crash(self, page: Page) -> None:
        self.crashed = self.crashed or page == self.page

    def _on_request(self, request: Request) -> None:
        if self._is_navigation(request):
            self._arrived.clear()

    def _on_request_failed(self, request: Request) -> None:
        if self._is_navigation(request):
            # What a page's address answered with is no page: a file to download, most of the time.
            self.refused_downloads += request.failure == _NO_PAGE
            self._arrived.set()

    def _on_navigated(self, frame: Frame) -> None:
        if frame == self.page.main_frame:
            self._arrived.set()

    def _is_navigation(self, request: Request) -> bool:
        try:
            return request.is_navigation_request() and request.frame == self.page.main_frame
        except Error:
            return False  # of a worker, or of a frame that is gone

    def _later(self, awaited: Awaitable[object]) -> None:
        async def waited() -> None:
            with contextlib.suppress(Error):  # whoever else is attached was faster
                await awaited

        task = asyncio.ensure_future(waited())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def crashed() -> PageCrashed:
    """Return the error of a page whose process has ended."""
    message = "The page's process has crashed."
    return PageCrashed(message, hint="navigate opens a fresh page; what was done in the crashed one is lost.")
