"""Each page by axe-core, in light and dark, and on a narrow screen."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING

import pytest

from tests.local.ui.conftest import Served, Visit, visiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

PAGES = {
    "executions": "/executions",
    "calls of a tool": "/executions?tool=missing",
    "nothing found": "/executions?status=cancelled&since=1m",
    "execution": "/executions/{mixed}",
    "call that failed": "/executions/{mixed}/calls/lost",
    "call that succeeded": "/executions/{mixed}/calls/said",
    "tools": "/tools",
    "form": "/tools/typed",
    "form of a union": "/tools/type",
    "request": "/request?again={mixed}",
    "statistics": "/statistics",
    "breakers": "/breakers",
    "confirmation": "/breakers/echo/open",
    "error": "/executions/there-is-none",
}


@pytest.fixture(scope="module")
def mixed(served: Served) -> str:
    name = f"mixed-{uuid.uuid4().hex[:8]}"
    said = {"call_id": "said", "tool_name": "echo", "input": {"text": "hello"}}
    lost = {"call_id": "lost", "tool_name": "missing", "input": {"name": "x"}}
    served.deployed.finish(served.deployed.start({"calls": [said, lost]}, name))
    return name


@pytest.fixture(scope="module")
def tab(chromium: Browser, served: Served) -> Iterator[Visit]:
    with visiting(chromium, served, bypass_csp=True) as visit:
        yield visit


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_serious_fault_in_light_or_dark(tab: Visit, mixed: str, name: str) -> None:
    tab.page.emulate_media(color_scheme="light")
    tab.go(PAGES[name].format(mixed=mixed))
    assert tab.page.locator("main h1").count() == 1
    assert tab.faults() == []
    tab.page.emulate_media(color_scheme="dark")
    assert tab.faults("color-contrast") == []  # nothing else differs


def test_axe_finds_no_serious_fault_where_a_form_is_wrong(tab: Visit) -> None:
    tab.go("/tools/typed")
    tab.page.get_by_role("button", name="Run typed").click()
    tab.page.locator("[id='e/code']").wait_for()
    assert tab.faults() == []
    tab.page.emulate_media(color_scheme="dark")
    assert tab.faults("color-contrast") == []


def test_axe_finds_no_serious_fault_while_an_execution_runs(tab: Visit) -> None:
    tab.go("/tools/echo")
    tab.page.locator("[id='f/seconds']").fill("3")
    tab.page.get_by_role("button", name="Run echo").click()
    tab.page.wait_for_url(re.compile(r"/executions/[0-9a-f-]{36}$"))
    assert tab.faults() == []


def test_every_page_fits_a_width_of_400_pixels(chromium: Browser, served: Served, mixed: str) -> None:
    with visiting(chromium, served, viewport={"width": 400, "height": 800}) as visit:
        needed = {}
        for name, path in PAGES.items():
            visit.go(path.format(mixed=mixed))
            needed[name] = visit.width_needed()
        assert {name: width for name, width in needed.items() if width > 400} == {}


def test_nothing_moves_for_those_who_asked_for_that(chromium: Browser, served: Served) -> None:
    with visiting(chromium, served, reduced_motion="reduce") as visit:
        visit.go("/tools/echo")
        visit.page.locator("[id='f/seconds']").fill("3")
        visit.page.get_by_role("button", name="Run echo").click()
        running = visit.page.locator("svg.bars rect.running")
        running.wait_for(state="attached", timeout=30_000)
        assert running.first.evaluate("one => getComputedStyle(one).animationName") == "none"
