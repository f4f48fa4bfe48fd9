"""Sessions by key, with browsers that are none."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tool_executor.local.browsers.host_errors import BrowserFailed, SessionLost, TooManySessions
from tool_executor.local.browsers.sessions import Sessions


class FakeBrowser:
    """Takes a moment to start and to end."""

    def __init__(self) -> None:
        self.state = "open"

    async def close(self) -> None:
        await asyncio.sleep(0)
        if self.state == "open":
            self.state = "closed"


class Launcher:
    """Counts what it starts; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.launched: list[FakeBrowser] = []

    async def __call__(self) -> Any:
        await asyncio.sleep(0)
        if self.failures:
            self.failures -= 1
            raise BrowserFailed("It did not start.")
        self.launched.append(FakeBrowser())
        return self.launched[-1]


def _sessions(launcher: Launcher, maximum: int = 20) -> Sessions:
    return Sessions(launcher, maximum=maximum)


def test_openers_at_once_share_one_launch() -> None:
    async def run() -> None:
        launcher = Launcher()
        sessions = _sessions(launcher)
        opened = await asyncio.gather(*(sessions.open("a", 1, 60) for _ in range(10)))
        assert len(launcher.launched) == 1
        assert [each.created for each in opened].count(True) == 1

    asyncio.run(run())


def test_as_many_as_may_be_count_those_that_are_starting() -> None:
    async def run() -> None:
        launcher = Launcher()
        sessions = _sessions(launcher, maximum=2)
        opened = await asyncio.gather(*(sessions.open(key, 1, 60) for key in "abc"), return_exceptions=True)
        assert [isinstance(each, TooManySessions) for each in opened] == [False, False, True]
        await sessions.open("a", 2, 60)  # in place of the one before
        await sessions.close("b")
        await sessions.open("c", 1, 60)
        assert sum(browser.state == "open" for browser in launcher.launched) == 2

    asyncio.run(run())


def test_a_launch_that_failed_may_be_asked_for_again() -> None:
    async def run() -> None:
        sessions = _sessions(Launcher(failures=1))
        with pytest.raises(BrowserFailed):
            await sessions.open("a", 1, 60)
        assert sessions.find("a") is None
        assert (await sessions.open("a", 1, 60)).created

    asyncio.run(run())


@pytest.mark.parametrize("state", ["lost", "closed"])
def test_a_generation_that_has_ended_never_comes_back(state: str) -> None:
    async def run() -> None:
        launcher = Launcher()
        sessions = _sessions(launcher)
        await sessions.open("a", 2, 60)
        launcher.launched[0].state = state
        for generation in (1, 2):
            with pytest.raises(SessionLost):
                await sessions.open("a", generation, 60)
        assert (await sessions.open("a", 3, 60)).created
        assert len(launcher.launched) == 2

    asyncio.run(run())


def test_opening_again_keeps_a_session_from_being_idle() -> None:
    async def run() -> None:
        launcher = Launcher()
        sessions = _sessions(launcher)
        await sessions.open("a", 1, 0.05)
        await sessions.close_idle()
        assert launcher.launched[0].state == "open"
        await asyncio.sleep(0.06)
        await sessions.open("a", 1, 60)
        await sessions.close_idle()
        assert launcher.launched[0].state == "open"

    asyncio.run(run())


def test_what_is_remembered_of_ended_sessions_is_bounded() -> None:
    async def run() -> None:
        sessions = _sessions(Launcher())
        for number in range(1010):
            await sessions.open(str(number), 1, 60)
            await sessions.close(str(number))
        await sessions.close_idle()
        assert sessions.find("0") is None
        assert sessions.find("1009") is not None

    asyncio.run(run())
