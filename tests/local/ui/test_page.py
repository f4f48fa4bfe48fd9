"""The page in a real browser, on a deployment: what a person does with it."""

from __future__ import annotations

import base64
import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.local.ui.conftest import Served, Visit, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

#: A picture of one pixel.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MIX = {
    "calls": [
        {"call_id": "said", "tool_name": "echo", "input": {"text": "hello", "seconds": 0.2}},
        {
            "call_id": "replaced",
            "tool_name": "missing",
            "input": {"name": "x"},
            "fallbacks": [{"tool_name": "echo", "input": {"text": "instead"}}],
        },
        {"call_id": "lost", "tool_name": "missing", "input": {"name": "x"}},
    ]
}


@pytest.fixture(scope="module")
def mixed(served: Served) -> str:
    """An execution with a success, a fallback and a failure, and a picture that a call of it has kept."""
    deployed, name = served.deployed, f"mixed-{uuid.uuid4().hex[:8]}"
    execution = deployed.start({**MIX, "correlation_id": name}, name)
    assert deployed.finish(execution)["status"] == "partial"
    deployed.aws.s3.put_object(
        Bucket=deployed.deployment.artifact_bucket, Key=f"executions/{name}/said/shot-1-ab.png", Body=PIXEL
    )
    return name


def test_a_tool_is_run_from_its_form_watched_to_its_end_and_found_in_the_list(visit: Visit) -> None:
    page = visit.page
    execution_id = visit.run_echo(text="from the form", seconds="2")
    expect(page.locator("#live[hx-get]")).to_be_attached()
    expect(page.get_by_role("button", name="Cancel execution")).to_be_visible()
    expect(page.locator("#live:not([hx-get])")).to_be_attached(timeout=60_000)
    expect(page.get_by_role("status").first).to_have_text("Ended: succeeded; 1 of 1 calls succeeded.")
    expect(page.locator("svg.bars rect.succeeded")).to_have_count(1)

    page.get_by_role("link", name="c1").click()
    expect(page.get_by_role("region", name="Result")).to_contain_text('"text": "from the form"')
    expect(page.get_by_role("region", name="Input")).to_contain_text('"seconds": 2')

    page.get_by_role("link", name="Executions").first.click()
    page.get_by_label("Tool", exact=True).select_option("echo")
    page.get_by_label("Status").select_option("")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("heading", name="Calls of echo")).to_be_visible()
    expect(page.get_by_role("link", name=execution_id)).to_be_visible()
    page.get_by_label("Status").select_option("failed")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("link", name=execution_id)).to_have_count(0)


def test_an_execution_is_cancelled_and_its_page_says_so(visit: Visit) -> None:
    execution_id = visit.run_echo(text="x", seconds="25")
    expect(visit.page.locator("svg.bars rect.running")).to_have_count(1, timeout=30_000)
    visit.page.get_by_role("button", name="Cancel execution").click()
    expect(visit.page.locator(".facts .status")).to_have_text(re.compile("cancelled"), timeout=30_000)
    records = visit.served.deployed.history.execution(execution_id)
    assert {record["status"] for record in records} == {"cancelled"}


def test_a_timeline_tells_of_attempts_fallbacks_and_failures(visit: Visit, mixed: str) -> None:
    visit.go(f"/executions/{mixed}")
    page = visit.page
    expect(page.locator("svg.bars rect.failed")).to_have_count(2)
    expect(page.locator("svg.bars rect.fallback")).to_have_count(1)
    page.locator("summary", has_text="replaced").click()
    expect(page.locator("details[open]")).to_contain_text("next the fallback 1, echo")
    page.get_by_role("link", name="lost").click()
    expect(page.locator(".problems")).to_contain_text("NotFound")


def test_how_calls_ended_has_a_line_beside_the_correlation_ids_of_a_list(
    chromium: Browser, served: Served, mixed: str
) -> None:
    name = f"other-{uuid.uuid4().hex}-of-a-conversation"
    served.deployed.finish(served.deployed.start({**MIX, "correlation_id": name}, uuid.uuid4().hex))
    with visiting(chromium, served, viewport={"width": 1280, "height": 800}) as visit:
        visit.go("/executions")
        lines = visit.page.locator("td.counts").evaluate_all(
            "cells => cells.filter(cell => cell.textContent).map(cell => {"
            " const range = document.createRange(); range.selectNodeContents(cell);"
            " return range.getClientRects().length })"
        )
        assert visit.width_needed() <= 1280, mixed
        assert lines
        assert set(lines) == {1}


def test_a_picture_that_a_call_has_kept_is_shown(visit: Visit, mixed: str) -> None:
    visit.go(f"/executions/{mixed}/calls/said")
    picture = visit.page.get_by_role("img", name="Picture shot-1-ab.png")
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property(
        "naturalWidth", 1
    )  # waits for it; a string to evaluate the page's policy forbids


def test_an_execution_runs_again_from_its_page(visit: Visit, mixed: str) -> None:
    visit.go(f"/executions/{mixed}")
    visit.page.get_by_role("link", name="Run again").click()
    visit.page.get_by_role("button", name="Run the request").click()
    visit.page.wait_for_url(re.compile(r"/executions/[0-9a-f-]{36}$"))
    expect(visit.page.locator(".facts .status")).to_have_text(re.compile("partial"), timeout=60_000)
    expect(visit.page.locator("svg.bars")).to_have_count(3)


def test_a_request_that_the_planner_refuses_is_told_on_the_execution_s_page(served: Served, visit: Visit) -> None:
    name = f"refused-{uuid.uuid4().hex[:8]}"
    served.deployed.start({"calls": []}, name)
    visit.go(f"/executions/{name}")
    expect(visit.page.locator(".problems")).to_contain_text("/calls", timeout=30_000)
    visit.complaints.clear()  # the browser tells of the status 400


def test_problems_stand_at_their_fields_and_the_summary_has_the_focus(visit: Visit) -> None:
    visit.go("/tools/typed")
    visit.page.locator("[id='f/amount']").fill("many")
    visit.page.get_by_role("button", name="Run typed").click()
    expect(visit.page.locator("[id='f/amount'][aria-invalid]")).to_have_value("many")
    expect(visit.page.locator("[id='e/code']")).to_have_text("This field is required.")
    assert visit.page.evaluate("document.activeElement.querySelector('h2').textContent") == "Nothing was run."
    visit.page.get_by_role("link", name="/amount").click()
    visit.complaints.clear()


def test_the_charts_are_drawn_from_the_table(visit: Visit, mixed: str) -> None:
    visit.go("/statistics")
    expect(visit.page.locator(".chart canvas")).to_have_count(2)
    drawn = visit.page.locator("[data-chart=calls] canvas").evaluate(
        "one => one.getContext('2d').getImageData(0, 0, one.width, one.height).data.some((value) => value > 0)"
    )
    assert drawn, mixed


def test_a_breaker_is_forced_open_and_reset(visit: Visit) -> None:
    page = visit.page
    visit.go("/breakers")
    row = page.get_by_role("row").filter(has=page.get_by_role("link", name="find_traces", exact=True))
    row.get_by_role("link", name="Force open").click()
    page.get_by_role("button", name="Force open").click()
    expect(row.locator(".status")).to_have_text(re.compile("forced open"))
    row.get_by_role("link", name="Reset").click()
    page.get_by_role("button", name="Reset").click()
    expect(row.locator(".status")).to_have_text(re.compile("closed"))


def test_another_site_can_neither_read_the_page_nor_start_a_tool(chromium: Browser, served: Served) -> None:
    with visiting(chromium, served) as visit:
        page = visit.page

        def evil(route: Any) -> None:
            form = f"<form method=post action='{served.origin}/tools/noop'><button>Win a prize</button></form>"
            frame = f"<iframe src='{served.origin}/tools/noop'></iframe>"
            route.fulfill(body=form + frame, content_type="text/html")

        page.route("http://evil.example/", evil)
        page.goto("http://evil.example/")
        with page.expect_response(f"{served.origin}/tools/noop") as answered:
            page.get_by_role("button", name="Win a prize").click()
        while answered.value.request.method != "POST":
            with page.expect_response(f"{served.origin}/tools/noop") as answered:
                pass
        assert answered.value.status == 403


def test_the_whole_way_goes_by_keyboard_alone(visit: Visit) -> None:
    page = visit.page
    visit.go("/tools")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    tab_to(visit, "echo")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tools/echo")
    tab_to(visit, "f/text")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/executions/[0-9a-f-]{36}$"))
    expect(page.locator("#live:not([hx-get])")).to_be_attached(timeout=60_000)
    tab_to(visit, "c1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Result")).to_contain_text("by keyboard")


def tab_to(visit: Visit, wanted: str) -> None:
    """Press Tab until what has this text or id has the focus, and is seen to have it."""
    said = "[document.activeElement.textContent.trim(), document.activeElement.id]"
    for _ in range(60):
        visit.page.keyboard.press("Tab")
        if wanted in visit.page.evaluate(said):
            outline = visit.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            assert outline == "solid"
            return
    pytest.fail(f"Tab does not lead to {wanted}.")


def test_without_scripts_a_form_still_runs_a_tool(chromium: Browser, served: Served) -> None:
    with visiting(chromium, served, java_script_enabled=False) as visit:
        visit.run_echo(text="no scripts")
        expect(visit.page.get_by_role("heading", level=1)).to_be_visible()
