"""An execution's page while it runs: when it looks again, what a look leaves as it was, and when it stops looking."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page, Route

    from tests.local.ui.conftest import Visit

LIVE = re.compile("/live$")
#: The page stops asking after so many failures in a row.
ENOUGH = 5


def test_nothing_is_asked_any_more_once_an_execution_has_ended(visit: Visit) -> None:
    visit.run_echo(text="x")
    expect(visit.page.locator("#live:not([hx-get])")).to_be_attached(timeout=60_000)
    asked = looks(visit.page)
    visit.page.reload()
    visit.page.wait_for_load_state("networkidle")
    visit.page.wait_for_timeout(2_500)  # longer than the pause between two looks
    assert asked == []


def test_what_a_person_has_opened_stays_open_while_the_page_is_live(visit: Visit) -> None:
    visit.run_echo(text="x", seconds="4")
    page = visit.page
    expect(page.locator("svg.bars rect.running")).to_have_count(1, timeout=30_000)
    page.locator("summary").first.click()
    page.get_by_role("link", name="c1").focus()
    with page.expect_response(LIVE):
        pass
    with page.expect_response(LIVE):
        pass
    expect(page.locator("details[open] .words")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "call-1"


def test_a_live_page_says_when_nobody_answers_and_goes_on_when_somebody_does(visit: Visit) -> None:
    visit.run_echo(text="x", seconds="4")
    page, notice = visit.page, visit.page.locator("#notice")
    page.route("**/live", lambda route: route.abort())
    expect(notice).to_contain_text("does not answer", timeout=30_000)
    page.unroute("**/live")
    expect(notice).to_be_hidden(timeout=30_000)
    expect(page.locator("#live:not([hx-get])")).to_be_attached(timeout=60_000)
    visit.complaints.clear()  # the browser tells of what was aborted


def test_answers_that_fail_are_told_and_after_some_in_a_row_nothing_is_asked_any_more(visit: Visit) -> None:
    page, notice = visit.page, visit.page.locator("#notice")
    page.clock.install()
    visit.run_echo(text="x", seconds="10")
    page.route("**/live", failing)
    for _ in range(ENOUGH - 1):
        look_again(page)
    expect(notice).to_have_text("DynamoDB is not there.")
    page.unroute("**/live")
    look_again(page)  # one success: the failures before it count no more
    expect(notice).to_be_hidden()
    page.route("**/live", failing)
    for _ in range(ENOUGH):
        look_again(page)
    expect(notice).to_contain_text("It is not asked for any more")
    asked = looks(page)
    page.clock.run_for(60_000)
    page.wait_for_timeout(500)
    assert asked == []
    visit.complaints.clear()  # the browser tells of each status 503


def test_a_tab_that_nobody_looks_at_asks_for_nothing(visit: Visit) -> None:
    page = visit.page
    page.clock.install()
    visit.run_echo(text="x", seconds="5")
    look_again(page)
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    asked = looks(page)
    page.clock.run_for(20_000)
    page.wait_for_timeout(500)
    assert asked == []
    page.evaluate("Object.defineProperty(document, 'hidden', {value: false, configurable: true})")
    look_again(page)


def failing(route: Route) -> None:
    body = "<div class=problems><h1>DynamoDB is not there.</h1></div>"
    route.fulfill(status=503, content_type="text/html", body=body)


def look_again(page: Page) -> None:
    """Let the page's clock go on until it looks."""
    with page.expect_response(LIVE) as answer:
        page.clock.run_for(1_100)
    answer.value.finished()
    page.wait_for_timeout(50)  # the page takes the answer


def looks(page: Page) -> list[str]:
    """Return a list that grows with each look."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if LIVE.search(request.url) else None)
    return asked
