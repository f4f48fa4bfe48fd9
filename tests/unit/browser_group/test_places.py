"""Which pages the tools open and stay on; names are resolved by a stand-in."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from browser_policy import OriginRules
from lambdas.browser.errors import NavigationBlocked
from lambdas.browser.places import Places
from lambdas.runtime.sessions.provider import BrowserMisconfigured

ADDRESSES = {"shop.example": ["93.184.216.34"], "inner.example": ["10.0.0.7"], "both.example": ["8.8.8.8", "127.0.0.1"]}


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    def found(host: str, port: int, **_options: Any) -> list[Any]:
        if host not in ADDRESSES:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ADDRESSES[host]]

    monkeypatch.setattr(socket, "getaddrinfo", found)


def places(**lists: tuple[str, ...]) -> Places:
    return Places(OriginRules.parse(**lists))


@pytest.mark.parametrize("url", ["https://shop.example/a?b#c", "http://shop.example", "https://unknown.example/"])
def test_what_is_public_or_not_known_here_is_left_to_the_browser(url: str) -> None:
    places().check(url)


@pytest.mark.parametrize(
    "url", ["https://inner.example/", "https://both.example/", "file:///etc/passwd", "https://a:b@c"]
)
def test_what_leads_inside_is_refused(url: str) -> None:
    with pytest.raises(NavigationBlocked) as refused:
        places().check(url)

    assert refused.value.pointer == "/url"
    assert "10.0.0.7" not in refused.value.message


def test_a_private_origin_is_allowed_by_its_exact_name() -> None:
    own = places(private=("http://127.0.0.1:8123",))

    own.check("http://127.0.0.1:8123/login")
    assert own.refusal_of_page("http://127.0.0.1:8123/login") is None
    with pytest.raises(NavigationBlocked):
        own.check("http://127.0.0.1:8124/")


def test_where_some_are_allowed_only_those_are_and_denied_wins() -> None:
    some = places(allowed=("https://*.example",), denied=("https://evil.example",))

    some.check("https://shop.example/")
    for url in ("https://evil.example/", "http://shop.example/", "https://elsewhere.test/"):
        with pytest.raises(NavigationBlocked):
            some.check(url)


@pytest.mark.parametrize("url", ["about:blank", "about:srcdoc", "chrome-error://chromewebdata/"])
def test_a_page_that_shows_nothing_of_anybody_may_stay(url: str) -> None:
    assert places().refusal_of_page(url) is None


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://[::1]/", "file:///etc/passwd", "https://shop.example:8443/"]
)
def test_a_page_that_ended_where_it_must_not_is_left(url: str) -> None:
    assert places().refusal_of_page(url) is not None


def test_settings_that_cannot_be_read_are_said_to_be_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER_RULES", '{"allowed": ["no origin"]}')
    Places.from_environment.cache_clear()

    with pytest.raises(BrowserMisconfigured, match="BROWSER_RULES"):
        Places.from_environment()
    Places.from_environment.cache_clear()
