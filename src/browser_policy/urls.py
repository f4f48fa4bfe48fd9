"""URLs that a browser may be sent to, taken apart strictly: what two parsers could read differently is refused."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from browser_policy.hosts import canonical_host

RefusalReason = Literal["characters", "credentials", "host", "length", "port", "scheme"]

DEFAULT_PORTS: Final = {"http": 80, "https": 443}
MAX_URL_CHARACTERS: Final = 2000
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,19}):")
_PORT: Final = re.compile(r"[0-9]{1,5}\Z", re.ASCII)
_MAX_PORT: Final = 65535


class UrlRefused(ValueError):
    """A URL that no browser is sent to. `str()` is the sentence; it repeats nothing of the URL but its scheme.

    Attributes:
        reason: one word, of `RefusalReason`.
        sentence: why, for people and for agents.
    """

    def __init__(self, reason: RefusalReason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason: RefusalReason = reason
        self.sentence = sentence

    def __reduce__(self) -> tuple[type[UrlRefused], tuple[RefusalReason, str]]:
        return UrlRefused, (self.reason, self.sentence)


@dataclass(frozen=True)
class Target:
    """Where a URL leads.

    Attributes:
        scheme: `http` or `https`.
        host: what a resolver gets: lower case, ASCII, no brackets; IPv4 in four decimal parts.
        port: 1 to 65535.
    """

    scheme: str
    host: str
    port: int

    @property
    def origin(self) -> str:
        """`https://example.com`, `http://127.0.0.1:8123`, `http://[::1]`: without the scheme's own port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + ("" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}")


def parse_url(text: str) -> Target:
    """Where a URL leads, if it is an absolute one of http or https.

    Raises:
        UrlRefused: it is too long, holds characters that parsers disagree on, credentials, no host or no port that
            there is, or is of another scheme. Which ports and hosts are allowed is for `OriginRules` to say.
    """
    if len(text) > MAX_URL_CHARACTERS:
        raise UrlRefused("length", f"A URL may have {MAX_URL_CHARACTERS:,} characters.")
    if any(_is_ambiguous(character) for character in text):
        raise UrlRefused("characters", "A URL holds no spaces, control characters or backslashes.")
    scheme = _scheme(text)
    try:
        authority = urlsplit(text).netloc
    except ValueError as error:
        raise UrlRefused("host", "The URL's host cannot be read.") from error
    if "@" in authority:
        raise UrlRefused("credentials", "A URL may not hold a user name or a password.")
    return Target(scheme, *_host_and_port(authority, DEFAULT_PORTS[scheme]))


def _is_ambiguous(character: str) -> bool:
    return character == "\\" or character.isspace() or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp", "Zs"}


def _scheme(text: str) -> str:
    match = _SCHEME.match(text)
    if match is None:
        raise UrlRefused("scheme", "A URL begins with http:// or https://.")
    scheme = match[1].lower()
    if scheme not in DEFAULT_PORTS:
        raise UrlRefused("scheme", f"The scheme {scheme}: is not allowed; only http and https are.")
    if not text.startswith("//", match.end()) or text.startswith("///", match.end()):
        raise UrlRefused("host", "The URL has no host.")  # browsers would guess one
    return scheme


def _host_and_port(authority: str, default_port: int) -> tuple[str, int]:
    host, colon, port = authority.rpartition(":")
    if not colon or authority.endswith("]"):
        host, port = authority, ""
    if not host:
        raise UrlRefused("host", "The URL has no host.")
    if port and (not _PORT.match(port) or not 0 < int(port) <= _MAX_PORT):
        raise UrlRefused("port", "The URL's port is not a number from 1 to 65535.")
    try:
        return canonical_host(host), int(port or default_port)
    except ValueError as error:
        raise UrlRefused("host", str(error)) from error
