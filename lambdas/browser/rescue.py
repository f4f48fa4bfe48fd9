"""Gets a session out of a page whose script never ends: by the browser's own protocol, which the page cannot hold up.

Playwright attaches to every page when it connects, and waits for each. Here the browser alone is asked.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import urllib.request
from typing import TYPE_CHECKING, Any, Final

from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

from lambdas.browser.current_page import BLANK
from lambdas.browser.driver import NotConnected

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from lambdas.runtime.sessions.provider import CdpEndpoint

_WITHIN_SECONDS: Final = 5.0
_MAX_MESSAGE: Final = 10_000_000


async def with_blank_page(endpoint: CdpEndpoint) -> None:
    """Open a blank page in a browser and close all others. Raises NotConnected."""
    try:
        async with asyncio.timeout(_WITHIN_SECONDS):
            url = await asyncio.to_thread(_web_socket, endpoint.url)
            headers = dict(endpoint.headers)
            async with connect(url, additional_headers=headers, max_size=_MAX_MESSAGE, proxy=None) as socket:
                await _replace(_asking(socket))
    except (OSError, TimeoutError, ValueError, KeyError, WebSocketException) as error:
        raise NotConnected from error


async def _replace(ask: Callable[..., Awaitable[dict[str, Any]]]) -> None:
    targets = (await ask("Target.getTargets"))["targetInfos"]
    await ask("Target.createTarget", url=BLANK)
    for target in targets:
        if target["type"] == "page":
            await ask("Target.closeTarget", targetId=target["targetId"])


def _asking(socket: Any) -> Callable[..., Awaitable[dict[str, Any]]]:  # noqa: ANN401 - a connection of websockets
    numbers = itertools.count(1)

    async def ask(method: str, **parameters: object) -> dict[str, Any]:
        number = next(numbers)
        await socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while True:
            answer = json.loads(await socket.recv())  # nosemgrep: unguarded-json - the browser encodes what pages hold
            if answer.get("id") == number:
                result: dict[str, Any] = answer.get("result", {})
                return result

    return ask


def _web_socket(url: str) -> str:
    """Return the address of a browser's WebSocket; a browser of this machine tells it over HTTP."""
    if not url.startswith("http"):
        return url
    with urllib.request.urlopen(f"{url}/json/version", timeout=_WITHIN_SECONDS) as answer:  # noqa: S310 # nosec B310 - the provider's
        told: dict[str, Any] = json.load(answer)  # nosemgrep: unguarded-json - the provider's own
    return str(told["webSocketDebuggerUrl"])
