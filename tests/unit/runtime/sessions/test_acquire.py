"""A session is opened once, found again, and replaced only where nothing can be missed."""

from __future__ import annotations

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from lambdas.runtime.sessions.provider import CdpEndpoint, Refusal, SessionLost
from lambdas.runtime.sessions.registry import SessionState
from tests.unit.runtime.sessions.browsers import FakeBrowsers, sessions_on
from tool_contract.errors import Unavailable

if TYPE_CHECKING:
    from lambdas.runtime.sessions.browser_sessions import BrowserSessions
    from tests.unit.runtime.aws import Aws

_numbers = itertools.count(1)


@pytest.fixture
def browsers() -> FakeBrowsers:
    return FakeBrowsers()


@pytest.fixture
def sessions(aws: Aws, browsers: FakeBrowsers) -> BrowserSessions:
    return sessions_on(aws, browsers)


@pytest.fixture
def key() -> str:
    return f"execution/a-{next(_numbers)}"


def test_the_first_call_opens_a_browser_and_the_next_finds_it(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    first, second = sessions.acquire(key, anew=True), sessions.acquire(key, anew=False)

    assert browsers.opened == [(key, 1)]
    assert first == second
    assert (first.key, first.endpoint) == (key, CdpEndpoint("ws://browsers/b1"))


def test_another_container_finds_it_too(aws: Aws, sessions: BrowserSessions, browsers: FakeBrowsers, key: str) -> None:
    sessions.acquire(key, anew=True)

    assert sessions_on(aws, browsers).acquire(key, anew=False).known.session_id == "b1"
    assert browsers.opened == [(key, 1)]


def test_every_key_has_a_browser_of_its_own(sessions: BrowserSessions, browsers: FakeBrowsers, key: str) -> None:
    for each in (key, f"{key}-b"):
        sessions.acquire(each, anew=True)

    assert browsers.opened == [(key, 1), (f"{key}-b", 1)]


@pytest.mark.parametrize("found_out", ["by the call", "by the next acquire"])
def test_a_lost_browser_in_which_nothing_was_done_is_replaced_for_who_starts_anew(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str, found_out: str
) -> None:
    session = sessions.acquire(key, anew=True)
    browsers.crash(key)
    if found_out == "by the call":
        sessions.lose(session)

    replaced = sessions.acquire(key, anew=True)

    assert (replaced.known.generation, replaced.known.session_id) == (2, "b2")


def test_a_lost_browser_is_not_replaced_for_who_needs_what_was_there(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    sessions.acquire(key, anew=True)
    browsers.crash(key)

    with pytest.raises(SessionLost, match="with it what was done there"):
        sessions.acquire(key, anew=False)
    assert browsers.opened == [(key, 1)]


@pytest.mark.parametrize("anew", [True, False])
@pytest.mark.parametrize("done", ["acted", "typed a secret"])
def test_a_lost_browser_in_which_something_was_done_is_never_replaced(
    sessions: BrowserSessions,
    browsers: FakeBrowsers,
    key: str,
    done: str,
    anew: bool,  # noqa: FBT001
) -> None:
    session = sessions.acquire(key, anew=True)
    if done == "acted":
        sessions.act(session)
    else:
        sessions.type_secret(session, "door", "https://a.example")
    browsers.crash(key)

    with pytest.raises(SessionLost):
        sessions.acquire(key, anew=anew)
    assert browsers.opened == [(key, 1)]


def test_an_opening_that_nobody_finished_is_finished_by_the_next_call(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    browsers.down = {"open"}
    with pytest.raises(Unavailable):
        sessions.acquire(key, anew=True)
    browsers.down = set()

    assert sessions.acquire(key, anew=False).known.generation == 1


def test_an_opening_whose_browser_has_ended_since_is_begun_anew(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    sessions.registry.begin(key, 1, 0)
    browsers.open(key, 1)
    browsers.crash(key)

    assert sessions.acquire(key, anew=True).known.generation == 2


def test_an_opening_whose_browser_is_told_and_has_ended_is_begun_anew(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AgentCore answers a repeated token with the session that it stood for, whether that lives or not."""
    sessions.registry.begin(key, 1, 0)
    started = FakeBrowsers.open
    monkeypatch.setattr(
        FakeBrowsers,
        "open",
        lambda self, key, generation: "dead" if generation == 1 else started(self, key, generation),
    )

    assert sessions.acquire(key, anew=True).known.generation == 2
    assert browsers.opened == [(key, 2)]


def test_a_browser_that_dies_each_time_is_given_up(aws: Aws, key: str) -> None:
    class Dying(FakeBrowsers):
        def endpoint(self, key: str, session_id: str) -> CdpEndpoint:  # noqa: ARG002 - the protocol's
            message = "The browser is gone."
            raise SessionLost(message)

    dying = Dying()
    with pytest.raises(SessionLost):
        sessions_on(aws, dying).acquire(key, anew=True)
    assert dying.opened == [(key, 1), (key, 2)]


def test_what_is_done_is_written_down_once(sessions: BrowserSessions, key: str) -> None:
    sessions.act(sessions.acquire(key, anew=True))
    again = sessions.acquire(key, anew=False)

    assert again.known.acted
    sessions.act(again)


def test_a_second_secret_does_not_hide_the_first(sessions: BrowserSessions, key: str) -> None:
    sessions.type_secret(sessions.acquire(key, anew=True), "door", "https://a.example")
    sessions.type_secret(sessions.acquire(key, anew=False), "safe", "https://b.example")

    assert set(sessions.acquire(key, anew=False).known.typed_secrets) == {"door", "safe"}


def test_nothing_is_done_in_a_session_that_was_closed_meanwhile(sessions: BrowserSessions, key: str) -> None:
    session = sessions.acquire(key, anew=True)
    sessions.close(key)

    with pytest.raises(SessionLost, match="over"):
        sessions.act(session)
    with pytest.raises(SessionLost, match="over"):
        sessions.type_secret(session, "door", "https://a.example")


def test_what_the_browser_must_not_reach_is_told_as_far_as_it_is_known(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    session = sessions.acquire(key, anew=True)
    assert [type(refusal) for refusal in sessions.refusals(session)] == [Refusal]

    browsers.down = {"refusals"}
    assert sessions.refusals(session) == ()


def test_losing_a_session_ends_what_may_be_left_of_its_browser(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    session = sessions.acquire(key, anew=True)
    sessions.lose(session)

    assert browsers.living == {}
    found = sessions.registry.find(key)
    assert found is not None
    assert found.state is SessionState.LOST


@pytest.mark.parametrize("forgets", [False, True], ids=["same browser for both", "a browser for each"])
def test_calls_that_acquire_at_once_end_up_with_one_browser_and_leave_no_second(
    sessions: BrowserSessions,
    browsers: FakeBrowsers,
    key: str,
    forgets: bool,  # noqa: FBT001
) -> None:
    browsers.forgets = forgets
    together = threading.Barrier(2)

    def arrive() -> None:
        if not browsers.opened:
            together.wait(10)

    browsers.while_starting = arrive
    with ThreadPoolExecutor(2) as calls:
        both = [calls.submit(sessions.acquire, key, anew=True) for _ in range(2)]
    found = {call.result().known.session_id for call in both}

    assert len(found) == 1
    assert set(browsers.living) == found
    assert len(browsers.opened) == (2 if forgets else 1)
