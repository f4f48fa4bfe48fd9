"""Where the browser may go: checked before a navigation, and again where it ended."""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass
from functools import cache
from typing import Final

from browser_policy import OriginRules, Target, UrlRefused, parse_url
from lambdas.browser.errors import NavigationBlocked
from lambdas.runtime.sessions.provider import PROVIDER_SETTING, BrowserMisconfigured

RULES_SETTING: Final = "BROWSER_RULES"
_LOCAL_HINT: Final = "If it is a site of your own on this machine: start the local cloud with --private-origin {}"
_NOT_VISITED: Final = ("about:blank", "about:srcdoc", "chrome-error://chromewebdata/")


@dataclass(frozen=True, slots=True)
class Places:
    """The deployment's rules about origins and addresses."""

    rules: OriginRules

    @classmethod
    @cache
    def from_environment(cls) -> Places:
        """Return the rules that the stack's settings gave. Raises BrowserMisconfigured."""
        try:
            return cls(OriginRules.from_json(os.environ.get(RULES_SETTING, "")))
        except ValueError as error:
            message = f"The setting {RULES_SETTING} cannot be used: {error}"
            raise BrowserMisconfigured(message) from None

    def check(self, url: str) -> None:
        """Refuse an address that must not be visited. Raises NavigationBlocked."""
        try:
            target = parse_url(url)
        except UrlRefused as refused:
            raise NavigationBlocked(refused.sentence, pointer="/url") from None
        sentence = self.rules.refusal_of_url(target) or self._refusal_by_address(target)
        if sentence is not None:
            hint = _LOCAL_HINT.format(target.origin) if os.environ.get(PROVIDER_SETTING) == "local" else None
            raise NavigationBlocked(sentence, pointer="/url", hint=hint)

    def refusal_of_page(self, url: str) -> str | None:
        """Return why a page must not be where it is, by its address alone; None where it may."""
        if url in _NOT_VISITED or url.startswith("about:blank"):
            return None
        try:
            target = parse_url(url.partition("#")[0][:2_000])
        except UrlRefused as refused:
            return refused.sentence
        refusal = self.rules.refusal_of_url(target)
        if refusal is None and _is_address(target.host):
            return self.rules.refusal_of_address(target.host, target.port, target.host)
        return refusal

    def origin_of(self, url: str) -> str:
        """Return the origin of a page's address; empty where it has none."""
        try:
            return parse_url(url.partition("#")[0][:2_000]).origin
        except UrlRefused:
            return ""

    def _refusal_by_address(self, target: Target) -> str | None:
        """Look where a name leads, as seen from here: the browser's own network decides again when it connects."""
        try:
            found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            return None  # unknown here; the browser says what it is
        refusals = (self.rules.refusal_of_address(target.host, target.port, str(info[4][0])) for info in found)
        return next(filter(None, refusals), None)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
