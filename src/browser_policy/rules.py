"""Which origins a browser may visit."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from browser_policy.addresses import is_public
from browser_policy.urls import DEFAULT_PORTS, Target, UrlRefused, parse_url

_PORTS: Final = frozenset(DEFAULT_PORTS.values())
_LISTS: Final = ("allowed", "denied", "private")
_ANY_SUBDOMAIN: Final = "*."


class _Entry(NamedTuple):
    target: Target
    subdomains: bool

    def matches(self, target: Target) -> bool:
        if (self.target.scheme, self.target.port) != (target.scheme, target.port):
            return False
        return target.host.endswith(f".{self.target.host}") if self.subdomains else target.host == self.target.host

    def __str__(self) -> str:
        return self.target.origin.replace("://", f"://{_ANY_SUBDOMAIN}", 1) if self.subdomains else self.target.origin


@dataclass(frozen=True)
class OriginRules:
    """Which origins may be visited. Made by `parse`, which checks and normalizes the entries.

    An entry is an origin: `https://shop.example`, or `https://*.shop.example` for its subdomains without itself.

    Attributes:
        allowed: if there are any, only these and the private ones may be visited.
        denied: never visited, whatever the other lists say.
        private: exact origins that need no public address and no port of the web: a site on one's own machine.
    """

    allowed: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    private: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _ = self._allowed, self._denied, self._private  # a wrong entry is found now, not at the first visit

    @classmethod
    def parse(
        cls, *, allowed: Iterable[str] = (), denied: Iterable[str] = (), private: Iterable[str] = ()
    ) -> OriginRules:
        """Check entries that a person wrote.

        Raises:
            ValueError: an entry is no origin, or can never be visited. The message is a sentence that names it.
        """
        exempt = [_entry(entry, "private") for entry in private]
        return cls(
            allowed=tuple(str(_visitable(_entry(entry, "allowed"), exempt)) for entry in allowed),
            denied=tuple(str(_entry(entry, "denied")) for entry in denied),
            private=tuple(map(str, exempt)),
        )

    @classmethod
    def from_json(cls, text: str) -> OriginRules:
        """What `to_json` wrote; an empty text is no rules.

        Raises:
            ValueError: it is something else.
        """
        if not text:
            return cls()
        lists = json.loads(text)  # nosemgrep: unguarded-json - a deployment wrote it
        if not isinstance(lists, dict) or not set(lists) <= set(_LISTS):
            raise ValueError("The rules are not a JSON object with the lists allowed, denied and private.")
        for name, entries in lists.items():
            if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
                raise ValueError(f"The rules' list {name} is not a list of origins.")
        return cls.parse(**lists)

    def to_json(self) -> str:
        """Compact JSON, without the lists that are empty: for an environment variable."""
        return json.dumps(
            {name: list(entries) for name, entries in asdict(self).items() if entries}, separators=(",", ":")
        )

    def refusal_of_url(self, target: Target) -> str | None:
        """Why a URL may not be visited, in a sentence; None if it may, as far as its name says."""
        return self._refusal((target,))

    def refusal_of_host(self, host: str, port: int) -> str | None:
        """As `refusal_of_url`, where the scheme is not known: of a CONNECT. `host` is a canonical one."""
        return self._refusal(_candidates(host, port))

    def refusal_of_address(self, host: str, port: int, address: str) -> str | None:
        """Why the address that a host was resolved to may not be connected to; None if it may.

        A name's address is not told: what an inner network looks like is nobody's business.
        """
        if is_public(address) or any(
            entry.matches(target) for entry in self._private for target in _candidates(host, port)
        ):
            return None
        if not _is_name(host):
            return f"{host} is not a public address."
        return f"{host} leads to an address that is not public."

    def _refusal(self, targets: tuple[Target, ...]) -> str | None:
        origin, port = targets[0].origin, targets[0].port
        if _any_matches(self._denied, targets):
            return f"{origin} is among the origins that are denied."
        if _any_matches(self._private, targets):
            return None
        if port not in _PORTS:
            return f"Port {port} is not allowed; only 80 and 443 are."
        if self.allowed and not _any_matches(self._allowed, targets):
            return f"{origin} is not among the origins that are allowed."
        return None

    @cached_property
    def _allowed(self) -> tuple[_Entry, ...]:
        return tuple(_entry(entry, "allowed") for entry in self.allowed)

    @cached_property
    def _denied(self) -> tuple[_Entry, ...]:
        return tuple(_entry(entry, "denied") for entry in self.denied)

    @cached_property
    def _private(self) -> tuple[_Entry, ...]:
        return tuple(_entry(entry, "private") for entry in self.private)


def _any_matches(entries: tuple[_Entry, ...], targets: tuple[Target, ...]) -> bool:
    return any(entry.matches(target) for entry in entries for target in targets)


def _candidates(host: str, port: int) -> tuple[Target, ...]:
    """What a connection to a port may be for. https on 443 only; elsewhere either, as http may be upgraded."""
    https = Target("https", host, port)
    return (https,) if port == DEFAULT_PORTS["https"] else (Target("http", host, port), https)


def _entry(text: str, name: str) -> _Entry:
    exact = text.replace(f"://{_ANY_SUBDOMAIN}", "://", 1)
    subdomains = exact != text
    try:
        target = parse_url(exact)
    except UrlRefused as refused:
        raise ValueError(f"{text!r} in {name} is not an origin: {refused.sentence}") from refused
    parts = urlsplit(exact)
    if parts.path not in {"", "/"} or parts.query or parts.fragment or "?" in exact or "#" in exact:
        raise ValueError(f"{text!r} in {name} is not an origin: it goes on after the host.")
    if subdomains and (name == "private" or not _is_name(target.host)):
        raise ValueError(f"{text!r} in {name} cannot stand for subdomains: {_WHY_EXACT[name == 'private']}")
    return _Entry(target, subdomains)


_WHY_EXACT: Final = {True: "a private origin is named exactly.", False: "an address has none."}


def _is_name(host: str) -> bool:
    return ":" not in host and not host.replace(".", "").isdigit()


def _visitable(entry: _Entry, private: Iterable[_Entry]) -> _Entry:
    if entry.target.port not in _PORTS and not any(exempt.matches(entry.target) for exempt in private):
        raise ValueError(f"'{entry}' in allowed can never be visited: only ports 80 and 443 can, and private origins.")
    return entry
