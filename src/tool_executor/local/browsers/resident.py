"""The client that stays attached to a session's browser, so that no page can wedge it while nobody else looks."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from tool_executor.local.browsers.cdp import CdpConnection, CdpFailed

MAX_PAGES: Final = 10
_MAX_DIALOGS: Final = 50
_MAX_MESSAGE_CHARACTERS: Final = 500
_MAX_URL_CHARACTERS: Final = 500
_NO_DOWNLOADS: Final = {"behavior": "deny", "eventsEnabled": True}
_NO_SERVICE_WORKERS: Final = """
if (globalThis.ServiceWorkerContainer) {
  const refused = () => Promise.reject(new DOMException('Service workers are off in this browser.', 'SecurityError'));
  Object.defineProperty(ServiceWorkerContainer.prototype, 'register', {value: refused, configurable: false});
}
"""


class ResidentClient:
    """Answers dialogs, refuses downloads and service workers, bounds popups, replaces crashed pages.

    Attributes:
        dialogs: the last ones: `type`, `message`, `url`.
        crashes: how many pages have crashed.
        crashed_at: when the last one did, as `time.time()` says.
    """

    def __init__(self, cdp: CdpConnection) -> None:
        self.dialogs: deque[dict[str, str]] = deque(maxlen=_MAX_DIALOGS)
        self.crashes = 0
        self.crashed_at: float | None = None
        self._cdp = cdp
        self._pages: dict[str, None] = {}  # target ids, oldest first
        self._crashed: set[str] = set()
        self._handlers = {
            "Target.targetCreated": self._created,
            "Target.targetDestroyed": self._destroyed,
            "Target.targetCrashed": self._target_crashed,
            "Target.attachedToTarget": self._attached,
            "Page.javascriptDialogOpening": self._dialog,
            "Browser.downloadWillBegin": self._download,
            "Page.frameRequestedNavigation": self._navigating,
            "Page.frameStartedNavigating": self._navigating,
        }

    @property
    def pages(self) -> int:
        """How many pages are open."""
        return len(self._pages)

    async def settle_in(self) -> None:
        """Attach to every page there is and will be.

        Raises:
            CdpFailed: the browser is gone.
        """
        await self._cdp.call("Browser.setDownloadBehavior", _NO_DOWNLOADS)
        await self._cdp.call("Target.setDiscoverTargets", {"discover": True})
        await self._cdp.call(
            "Target.setAutoAttach",
            {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True, "filter": [{"type": "page"}]},
        )

    def on_event(self, method: str, parameters: Mapping[str, Any], session: str | None) -> None:
        """Take one event of the browser's."""
        handler = self._handlers.get(method)
        if handler is not None:
            handler(parameters, session)

    def _created(self, parameters: Mapping[str, Any], _session: str | None) -> None:
        target = parameters["targetInfo"]
        if target["type"] != "page":
            return
        self._pages[target["targetId"]] = None
        if len(self._pages) > MAX_PAGES:
            # The first page is the agent's own, the newest one is what it has just opened.
            popup = list(self._pages)[1]
            del self._pages[popup]
            self._cdp.post("Target.closeTarget", {"targetId": popup})

    def _destroyed(self, parameters: Mapping[str, Any], _session: str | None) -> None:
        self._pages.pop(parameters["targetId"], None)
        self._crashed.discard(parameters["targetId"])
        if not self._pages:
            self._cdp.post("Target.createTarget", {"url": "about:blank"})  # clients expect to find a page

    def _target_crashed(self, parameters: Mapping[str, Any], _session: str | None) -> None:
        target = parameters["targetId"]
        if target not in self._pages or target in self._crashed:
            return
        self._crashed.add(target)
        self.crashes += 1
        self.crashed_at = time.time()
        self._cdp.in_background(self._replace(target))

    async def _replace(self, target: str) -> None:
        try:
            await self._cdp.call("Target.createTarget", {"url": "about:blank"})
            await self._cdp.call("Target.closeTarget", {"targetId": target})
        except CdpFailed:
            return  # the browser goes down, which the session notices by itself

    def _attached(self, parameters: Mapping[str, Any], _session: str | None) -> None:
        page = parameters["sessionId"]
        self._cdp.post("Page.enable", session=page)
        self._cdp.post(
            "Page.addScriptToEvaluateOnNewDocument", {"source": _NO_SERVICE_WORKERS, "runImmediately": True}, page
        )

    def _dialog(self, parameters: Mapping[str, Any], session: str | None) -> None:
        kind = str(parameters["type"])
        self._cdp.post("Page.handleJavaScriptDialog", {"accept": kind == "beforeunload"}, session)
        message = str(parameters.get("message", ""))[:_MAX_MESSAGE_CHARACTERS]
        url = str(parameters.get("url", ""))[:_MAX_URL_CHARACTERS]
        self.dialogs.append({"type": kind, "message": message, "url": url})

    def _navigating(self, _parameters: Mapping[str, Any], _session: str | None) -> None:
        # Any client may say something else about downloads: Playwright does when it comes, and when it goes the browser
        # forgets what others said. This arrives before the answer that would be downloaded.
        self._cdp.post("Browser.setDownloadBehavior", _NO_DOWNLOADS)

    def _download(self, parameters: Mapping[str, Any], _session: str | None) -> None:
        self._cdp.post("Browser.cancelDownload", {"guid": parameters["guid"]})
