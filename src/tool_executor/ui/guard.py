"""What stands before every page: which browsers may ask at all, and what browsers are told about each answer.

The page can start tools with its owner's rights. So it answers to its own address alone (a name that another site has
pointed to this machine is refused), to browsers that have opened the link with the key, and takes a form from its own
pages only: the origin must be its own, and the form must hold a token that other sites cannot read.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from tool_executor.ui.errors import KeyMissingError, RequestRefusedError
from tool_executor.ui.rendering import error_page

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field
_SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
_DEFAULT_PORT: Final = 80
_STATIC: Final = "/static/"
#: No script, style or picture but the page's own; nothing inline; nothing may frame it; nothing goes elsewhere.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers hide the origin of the own forms, too
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True)
class Key:
    """What a browser must have been given by the command. Made anew at each start."""

    value: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def form_token(self) -> str:
        """What a form must hold: known to the pages alone."""
        return hmac.new(self.value.encode(), b"form", hashlib.sha256).hexdigest()

    def is_it(self, given: str | None) -> bool:
        """Whether it is the key."""
        return given is not None and hmac.compare_digest(given.encode(), self.value.encode())

    def require_token(self, form: Mapping[str, str]) -> None:
        """Raise RequestRefusedError unless a form is one of this page's."""
        if not hmac.compare_digest(form.get(TOKEN_FIELD, "").encode(), self.form_token.encode()):
            raise RequestRefusedError(
                "The form is not one that this page has made; nothing was done.",
                hint="Go back, reload the page, and send it again.",
            )


class Guard:
    """Refuses what is not asked by the page's own browser, and adds the headers of :data:`_HEADERS` to every answer.

    What it refuses it answers before the app has put itself into the scope: so a stranger is not told the place.
    """

    def __init__(self, app: ASGIApp, *, key: Key, port: int) -> None:
        self._app = app
        self._key = key
        # Browsers leave out the port that http has by itself.
        ports = (f":{port}", "") if port == _DEFAULT_PORT else (f":{port}",)
        self._hosts = frozenset(name + port for name in ("127.0.0.1", "localhost", "[::1]") for port in ports)
        self._cookie = f"tool-executor-ui-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or have the app answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        refusal = self._refusal(request)
        caching = "no-cache" if request.url.path.startswith(_STATIC) else "no-store"
        await (refusal or self._app)(scope, receive, _with_headers(send, caching))

    def _refusal(self, request: Request) -> Response | None:
        """Return the answer to a request that the app must not see."""
        host = request.headers.get("host", "")
        if host not in self._hosts:
            refused = RequestRefusedError("This address is not the page's own.", hint="Open the link that it printed.")
            return error_page(request, refused, HTTPStatus.MISDIRECTED_REQUEST)
        if request.method not in _SAFE_METHODS and not _from_own_page(request, host):
            refused = RequestRefusedError("Another site has sent this; nothing was done.")
            return error_page(request, refused, HTTPStatus.FORBIDDEN)
        if request.url.path.startswith(_STATIC) or self._key.is_it(request.cookies.get(self._cookie)):
            return None
        if request.method == "GET" and self._key.is_it(request.query_params.get("key")):
            return self._opened(request)
        missing = KeyMissingError(
            "This browser has not been given the page's key.",
            hint="Open the link that 'tool-executor ui' has printed: it holds the key of this start.",
        )
        return error_page(request, missing, HTTPStatus.UNAUTHORIZED)

    def _opened(self, request: Request) -> Response:
        """Keep the key in a cookie, and take it out of the address: addresses are copied, and stand in histories."""
        rest = request.url.remove_query_params("key")
        address = rest.path + (f"?{rest.query}" if rest.query else "")
        if request.headers.get("sec-fetch-site", "none") == "none":
            answer: Response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
        else:
            # The file that the command opens leads here: after a redirect the browser would still come from there,
            # and keep a strict cookie to itself. From a page of our own it comes from us.
            answer = Response(media_type="text/html", headers={"Refresh": f"0; url={address}"})
        answer.set_cookie(self._cookie, self._key.value, httponly=True, samesite="strict", path="/")
        return answer


def _from_own_page(request: Request, host: str) -> bool:
    fetched = request.headers.get("sec-fetch-site", "same-origin")
    return fetched == "same-origin" and request.headers.get("origin") == f"http://{host}"


def _with_headers(send: Send, caching: str) -> Send:
    async def told(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in {**_HEADERS, "Cache-Control": caching}.items():
                headers.setdefault(name, value)
        await send(message)

    return told
