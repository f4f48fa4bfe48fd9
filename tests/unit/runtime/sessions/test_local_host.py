"""The provider for browsers of this machine, against what speaks the browser host's API."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from lambdas.runtime.sessions import local_host
from lambdas.runtime.sessions.local_host import LocalHost
from lambdas.runtime.sessions.provider import BrowserMisconfigured, CdpEndpoint, ListedSession, Refusal, SessionLost
from tests.unit.runtime.sessions.host import FakeHost, served
from tool_contract.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "call/e-1/c:1/2"


@pytest.fixture
def host() -> Iterator[FakeHost]:
    with served() as running:
        yield running


@pytest.fixture
def provider(host: FakeHost) -> LocalHost:
    return LocalHost(host.address)


def test_a_browser_is_asked_for_by_key_and_generation(host: FakeHost, provider: LocalHost) -> None:
    assert provider.open(KEY, 3) == "s3"
    assert host.asked == [("PUT", "/token/sessions/call%2Fe-1%2Fc%3A1%2F2", {"generation": 3, "timeout_seconds": 900})]


def test_an_open_browser_tells_where_it_listens(provider: LocalHost) -> None:
    session_id = provider.open(KEY, 1)

    assert provider.endpoint(KEY, session_id) == CdpEndpoint("http://127.0.0.1:1/s1")


@pytest.mark.parametrize("change", [{"state": "lost"}, {"state": "closed"}, {"session_id": "s2"}])
def test_a_browser_that_has_ended_or_was_replaced_is_lost(
    host: FakeHost, provider: LocalHost, change: dict[str, str]
) -> None:
    session_id = provider.open(KEY, 1)
    host.sessions[KEY] |= change

    with pytest.raises(SessionLost):
        provider.endpoint(KEY, session_id)


def test_closing_ends_the_browser(host: FakeHost, provider: LocalHost) -> None:
    provider.close(KEY, provider.open(KEY, 1))

    assert host.sessions == {}


def test_closing_without_an_id_ends_what_there_is_of_the_key(host: FakeHost, provider: LocalHost) -> None:
    provider.open(KEY, 1)
    provider.open("named/mine", 1)

    provider.close(KEY, "")
    provider.close(KEY, "")

    assert list(host.sessions) == ["named/mine"]


def test_closing_what_is_gone_is_nothing(host: FakeHost, provider: LocalHost) -> None:
    provider.close(KEY, "s1")

    host.says("GET", 410, {"error": "gone", "code": "SessionLost"})
    provider.close(KEY, "s1")


def test_closing_a_browser_leaves_the_one_that_has_taken_its_place(host: FakeHost, provider: LocalHost) -> None:
    older = provider.open(KEY, 1)
    provider.open(KEY, 2)

    provider.close(KEY, older)

    assert host.sessions[KEY]["session_id"] == "s2"


def test_the_open_ones_are_listed(host: FakeHost, provider: LocalHost) -> None:
    provider.open(KEY, 1)
    provider.open("named/mine", 1)
    host.sessions["named/mine"]["state"] = "lost"

    assert provider.listed() == [ListedSession("s1", KEY, "2026-11-20T10:00:00.000+00:00")]


def test_what_the_proxy_refused_is_told(provider: LocalHost) -> None:
    provider.open(KEY, 1)

    assert provider.refusals(KEY) == [Refusal("10.0.0.1:80", "10.0.0.1 is not a public address.")]


@pytest.mark.parametrize("status", [410, 404])
@pytest.mark.parametrize(
    ("method", "ask"),
    [
        ("PUT", lambda provider: provider.open(KEY, 1)),
        ("GET", lambda provider: provider.endpoint(KEY, "s1")),
        ("GET", lambda provider: provider.refusals(KEY)),
    ],
)
def test_what_the_host_no_longer_has_is_lost(
    host: FakeHost, provider: LocalHost, status: int, method: str, ask: Callable[[LocalHost], object]
) -> None:
    host.says(method, status, {"error": "It has ended.", "code": "SessionLost"})

    with pytest.raises(SessionLost):
        ask(provider)


def test_a_host_that_has_as_many_as_may_be_is_unavailable_with_its_own_words(
    host: FakeHost, provider: LocalHost
) -> None:
    host.says("PUT", 429, {"error": "8 sessions are open, which is as many as may be.", "code": "TooManySessions"})

    with pytest.raises(Unavailable, match="8 sessions are open"):
        provider.open(KEY, 1)


def test_a_machine_without_a_browser_is_a_wrong_setting(host: FakeHost, provider: LocalHost) -> None:
    host.says("PUT", 500, {"error": "No Chromium is installed.", "code": "BrowserMissing"})

    with pytest.raises(BrowserMisconfigured, match="No Chromium is installed"):
        provider.open(KEY, 1)


def test_a_browser_that_does_not_start_is_unavailable(host: FakeHost, provider: LocalHost) -> None:
    host.says("PUT", 500, {"error": "The browser did not start.", "code": "BrowserFailed"})

    with pytest.raises(Unavailable, match="did not start"):
        provider.open(KEY, 1)


@pytest.mark.parametrize("answer", [(200, b"<html>"), (0, b"")], ids=["no JSON", "hangs up"])
def test_an_answer_that_is_none_is_unavailable(host: FakeHost, provider: LocalHost, answer: tuple[int, bytes]) -> None:
    host.answers["GET"] = answer

    with pytest.raises(Unavailable, match="does not answer"):
        provider.endpoint(KEY, "s1")


def test_a_host_that_is_not_there_is_unavailable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        provider = LocalHost(f"http://127.0.0.1:{free.getsockname()[1]}/token")

        with pytest.raises(Unavailable, match="does not answer"):
            provider.listed()


def test_a_host_that_keeps_silent_is_unavailable_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_host, "_ANSWERS_WITHIN_SECONDS", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        provider = LocalHost(f"http://127.0.0.1:{silent.getsockname()[1]}/token")

        with pytest.raises(Unavailable, match="does not answer"):
            provider.open(KEY, 1)
