"""What a request to the proxy asks for, taken apart strictly."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from browser_policy import OriginRules, Target, UrlRefused, canonical_host, parse_url
from tool_executor.local.browsers.client_side import BadRequest

if TYPE_CHECKING:
    import h11

_AUTHORITY: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/?#@\[\]\\%]+):([0-9]{1,5})\Z", re.ASCII)
_ABSOLUTE: Final = re.compile(r"(https?://[^/?#]*)([^#]*)\Z", re.IGNORECASE | re.DOTALL)
_MAX_PORT: Final = 65535


@dataclass(frozen=True)
class RequestTarget:
    """Where a request leads.

    Attributes:
        host: what the resolver gets.
        label: names it in the list of refusals: without a query.
        path: with its query, as the other side gets it; of a tunnel none.
        url: the origin; of a tunnel none.
    """

    host: str
    port: int
    label: str
    path: str = ""
    url: Target | None = None

    @property
    def is_tunnel(self) -> bool:
        """Whether it was a CONNECT."""
        return self.url is None

    @classmethod
    def of(cls, request: h11.Request) -> Self:
        """Read the first line of a request.

        Raises:
            BadRequest: it is none for a proxy, or could be read in two ways.
        """
        names = [name for name, _ in request.headers]
        if b"transfer-encoding" in names and b"content-length" in names:
            raise BadRequest("A request has either a length or chunks.")
        text = request.target.decode("latin-1")
        if request.method == b"CONNECT":
            if b"transfer-encoding" in names or b"content-length" in names:
                raise BadRequest("A CONNECT has no body.")
            return cls._of_connect(text)
        return cls._of_absolute_form(text)

    @classmethod
    def _of_connect(cls, text: str) -> Self:
        match = _AUTHORITY.match(text)
        if match is None or not 0 < int(match[2]) <= _MAX_PORT:
            raise BadRequest("A CONNECT names a host and a port.")
        try:
            host = canonical_host(match[1])
        except ValueError as error:
            raise BadRequest(str(error)) from error
        port = int(match[2])
        return cls(host, port, f"[{host}]:{port}" if ":" in host else f"{host}:{port}")

    @classmethod
    def _of_absolute_form(cls, text: str) -> Self:
        match = _ABSOLUTE.match(text)
        if match is None:
            raise BadRequest("This is a proxy: a request names a whole URL of http.")
        try:
            url = parse_url(match[1])
        except UrlRefused as refused:
            raise BadRequest(refused.sentence) from refused
        if url.scheme != "http":
            raise BadRequest("A URL of https takes a CONNECT.")
        path = match[2] if match[2].startswith("/") else f"/{match[2]}"
        return cls(url.host, url.port, url.origin + path.partition("?")[0], path, url)

    def refusal(self, rules: OriginRules) -> str | None:
        """Why the rules refuse host or port, in a sentence."""
        return rules.refusal_of_host(self.host, self.port) if self.url is None else rules.refusal_of_url(self.url)
