"""A closed session stays closed, and no browser is left behind it."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime.sessions.browser_sessions import BrowserSessions
from lambdas.runtime.sessions.provider import ListedSession, SessionLost
from lambdas.runtime.sessions.registry import SessionRegistry, SessionState
from tests.unit.runtime.aws import STATE_TABLE, FailingClient, service_error
from tests.unit.runtime.fake_clock import FakeClock
from tests.unit.runtime.sessions.browsers import FakeBrowsers, sessions_on
from tool_contract.errors import Unavailable

if TYPE_CHECKING:
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
    return f"execution/c-{next(_numbers)}"


def state(sessions: BrowserSessions, key: str) -> SessionState | None:
    known = sessions.registry.find(key)
    return None if known is None else known.state


@pytest.mark.parametrize("anew", [True, False])
def test_a_closed_session_ends_its_browser_and_is_never_opened_again(
    sessions: BrowserSessions,
    browsers: FakeBrowsers,
    key: str,
    anew: bool,  # noqa: FBT001
) -> None:
    sessions.acquire(key, anew=True)
    sessions.close(key)

    assert (browsers.living, browsers.closed) == ({}, ["b1"])
    with pytest.raises(SessionLost, match="its execution has ended"):
        sessions.acquire(key, anew=anew)
    assert browsers.opened == [(key, 1)]


@pytest.mark.parametrize("anew", [True, False])
def test_a_named_session_is_opened_anew_after_the_close(
    sessions: BrowserSessions,
    key: str,
    anew: bool,  # noqa: FBT001
) -> None:
    named = f"named/{key}"
    sessions.acquire(named, anew=True)
    sessions.close(named)

    assert sessions.acquire(named, anew=anew).known.generation == 2


def test_a_named_session_that_was_ended_before_its_item_was_known_can_be_opened(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    named = f"named/{key}"
    sessions.end_listed(ListedSession("b9", named, ""))

    assert sessions.acquire(named, anew=False).known.session_id == "b1"
    assert browsers.closed == ["b9"]


def test_a_session_that_was_closed_before_its_first_call_opens_no_browser(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    sessions.close(key)

    with pytest.raises(SessionLost):
        sessions.acquire(key, anew=True)
    assert (browsers.opened, browsers.closed) == ([], [])


def test_a_session_that_is_closed_while_its_browser_starts_ends_that_browser(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    browsers.while_starting = lambda: sessions.close(key)

    with pytest.raises(SessionLost):
        sessions.acquire(key, anew=True)
    assert (browsers.opened, browsers.living) == ([(key, 1)], {})


def test_a_session_that_is_opened_while_it_is_looked_for_is_ended_all_the_same(
    aws: Aws, sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    class Late(SessionRegistry):
        def find_all(self, keys: Any) -> Any:
            found = super().find_all(keys)
            sessions.acquire(key, anew=True)
            return found

    finisher = BrowserSessions(browsers, Late(STATE_TABLE, aws.dynamodb), FakeClock())
    finisher.close_all([key], for_good=[key])

    assert (browsers.opened, browsers.living) == ([(key, 1)], {})


def test_a_close_that_was_sent_twice_ends_the_browser(
    aws: Aws, sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    """The SDK sends an update again whose answer it did not hear: the second finds the session closed."""
    sessions.acquire(key, anew=True)

    class Deaf(FailingClient):
        def update_item(self, **arguments: Any) -> Any:
            self.real.update_item(**arguments)
            return self.real.update_item(**arguments)

    BrowserSessions(browsers, SessionRegistry(STATE_TABLE, Deaf(aws.dynamodb)), FakeClock()).close(key)  # type: ignore[arg-type]

    assert browsers.living == {}


def test_a_browser_whose_id_was_never_written_down_is_ended_by_its_key(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    sessions.registry.begin(key, 1, 0)
    browsers.open(key, 1)
    browsers.open(f"{key}0", 1)

    sessions.close(key)

    assert (browsers.closed, list(browsers.living)) == (["b1"], ["b2"])


def test_closing_many_closes_those_that_there_are_and_asks_for_no_others(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    keys = [f"{key}/{number}" for number in range(5)]
    for each in keys[:3]:
        sessions.acquire(each, anew=True)
    sessions.close(keys[0])

    sessions.close_all(keys)

    assert sorted(browsers.closed) == ["b1", "b2", "b3"]
    assert [state(sessions, each) for each in keys] == [SessionState.CLOSED] * 3 + [None] * 2


def test_for_good_closes_also_what_has_not_begun(sessions: BrowserSessions, browsers: FakeBrowsers, key: str) -> None:
    sessions.close_all([key], for_good=[key])

    assert state(sessions, key) is SessionState.CLOSED
    with pytest.raises(SessionLost):
        sessions.acquire(key, anew=True)
    assert browsers.opened == []


def test_a_provider_that_fails_is_logged_and_keeps_no_other_session_open(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    keys = [f"{key}/{number}" for number in range(3)]
    for each in keys:
        sessions.acquire(each, anew=True)
    browsers.down = {"close"}

    sessions.close_all(keys)

    assert [state(sessions, each) for each in keys] == [SessionState.CLOSED] * 3
    failed = [record for record in caplog.records if record.levelname == "ERROR"]
    assert sorted(vars(record)["session"] for record in failed) == keys


def test_a_table_that_fails_is_logged_once_and_nothing_is_raised(
    aws: Aws, browsers: FakeBrowsers, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    down: Any = FailingClient(aws.dynamodb, before={"batch_get_item": service_error()})

    BrowserSessions(browsers, SessionRegistry(STATE_TABLE, down), FakeClock()).close_all([key])

    assert [vars(record)["sessions"] for record in caplog.records if record.levelname == "ERROR"] == [1]


def test_a_close_of_one_says_that_the_table_fails(aws: Aws, browsers: FakeBrowsers, key: str) -> None:
    down: Any = FailingClient(aws.dynamodb, before={"update_item": service_error()})

    with pytest.raises(Unavailable):
        BrowserSessions(browsers, SessionRegistry(STATE_TABLE, down), FakeClock()).close(key)


def test_a_browser_that_the_provider_lists_is_ended_by_its_id(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str
) -> None:
    sessions.acquire(key, anew=True)
    (listed,) = browsers.listed()

    sessions.end_listed(listed)

    assert (browsers.living, state(sessions, key)) == ({}, SessionState.CLOSED)


def test_a_listed_browser_that_cannot_be_ended_is_logged(
    sessions: BrowserSessions, browsers: FakeBrowsers, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    browsers.down = {"close"}

    sessions.end_listed(ListedSession("b1", key, ""))

    assert [vars(record)["session"] for record in caplog.records if record.levelname == "ERROR"] == [key]
