from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from tests.unit.ui.conftest import ORIGIN, Page, Started
from tool_executor.ui.app import ROUTES, make_app
from tool_executor.ui.guard import TOKEN_FIELD
from tool_executor.ui.rendering import FOLDER

FORM = {"f/text": "hello"}
POSTS = [
    re.sub(r"\{tool_name\}", "echo", re.sub(r"\{circuit\}", "open", route.path)).replace("{execution_id}", "e")
    for route in ROUTES
    if isinstance(route, Route) and "POST" in (route.methods or ())
]
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))


@pytest.mark.parametrize("host", ["evil.example:8477", "127.0.0.1:9999", "localhost", "127.0.0.1.evil.example:8477"])
def test_a_name_that_another_site_points_here_is_refused_though_the_key_is_there(page: Page, host: str) -> None:
    answer = page.get("/tools", Host=host)
    assert answer.status_code == 421
    assert "echo" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1:8477", "localhost:8477", "[::1]:8477"])
def test_the_machine_s_own_names_are_answered(page: Page, host: str) -> None:
    page.client.cookies.set("tool-executor-ui-8477", page.key.value)
    assert page.get("/tools", Host=host).status_code == 200


def test_a_browser_without_the_key_sees_nothing_and_is_told_what_to_open(page: Page) -> None:
    page.client.cookies.clear()
    answer = page.get("/tools")
    assert answer.status_code == 401
    assert "tool-executor ui" in answer.text
    assert "echo" not in answer.text


def test_a_wrong_key_is_none(page: Page) -> None:
    page.client.cookies.clear()
    assert page.get("/tools?key=wrong").status_code == 401
    assert page.get("/tools?key=%C3%A9").status_code == 401


def test_the_link_gives_the_key_as_a_cookie_that_no_other_site_sends_and_leaves_the_address(page: Page) -> None:
    page.client.cookies.clear()
    answer = page.get(f"/executions?tool=echo&key={page.key.value}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/executions?tool=echo")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_a_browser_that_a_file_has_led_here_goes_on_from_our_own_page(page: Page) -> None:
    page.client.cookies.clear()
    answer = page.get(f"/executions?tool=echo&key={page.key.value}", **{"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.headers["refresh"]) == (200, "0; url=/executions?tool=echo")
    assert "SameSite=strict" in answer.headers["set-cookie"]


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 200), ("localhost:80", 200), ("evil.example", 421)])
def test_at_the_port_of_http_itself_addresses_have_no_port(page: Page, host: str, status: int) -> None:
    client = TestClient(make_app(page.place, page.key, 80), base_url=f"http://{host}")
    client.cookies.set("tool-executor-ui-80", page.key.value)
    assert client.get("/tools", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": ORIGIN.replace("http", "https")},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_from_elsewhere_starts_nothing_even_with_key_and_token(
    page: Page, started: Started, headers: dict[str, str]
) -> None:
    form = {TOKEN_FIELD: page.key.form_token, **FORM}
    assert page.client.post("/tools/echo", data=form, headers=headers).status_code == 403
    assert started.requests == []


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("token", ["", "wrong", "é"])
def test_each_form_needs_the_page_s_own_token(page: Page, started: Started, path: str, token: str) -> None:
    answer = page.client.post(path, data={TOKEN_FIELD: token, **FORM}, headers={"Origin": ORIGIN})
    assert answer.status_code == 403
    assert "nothing was done" in answer.text
    assert started.requests == []


def test_there_are_forms_to_protect() -> None:
    assert len(POSTS) == 4


def test_nothing_is_done_by_a_mere_link(page: Page, started: Started) -> None:
    for path in POSTS:
        page.get(f"{path}?{TOKEN_FIELD}={page.key.form_token}")
    assert started.requests == []
    assert "Item" not in page.place.find().aws.dynamodb.get_item(TableName="state", Key={"id": {"S": "breaker#echo"}})


@pytest.mark.parametrize("path", ["/executions", "/tools/echo", "/nowhere", "/static/page.js"])
def test_every_answer_forbids_what_the_page_does_not_do(page: Page, path: str) -> None:
    headers = page.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] in {"no-store", "no-cache"}


def test_a_fault_is_guarded_as_any_answer(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page.place, "catalog", None)
    answer = page.get("/tools")
    assert answer.status_code == 500
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("headers", [{}, {"Host": "evil.example:8477"}])
def test_a_stranger_is_not_told_whose_page_it_is(page: Page, headers: dict[str, str]) -> None:
    assert "stage dev" in page.html("/tools")
    page.client.cookies.clear()
    answer = page.get("/tools", **headers)
    assert answer.status_code in {401, 421}
    assert "stage dev" not in answer.text


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_has_anything_inline_that_the_policy_would_stop(template: Path) -> None:
    html = template.read_text(encoding="utf-8")
    assert re.findall(r"\sstyle=|<style|\son[a-z]+=|javascript:|hx-on|\|\s*safe", html) == []
    assert [script for script in re.findall(r"<script[^>]*>", html) if ' src="/static/' not in script] == []


def test_a_body_too_large_for_any_request_is_refused_unread(page: Page) -> None:
    headers = {"Origin": ORIGIN, "Content-Length": "999999999", "Content-Type": "application/x-www-form-urlencoded"}
    answer = page.client.post("/request", content=b"a=b", headers=headers)
    assert answer.status_code == 413
    assert "larger than any request" in answer.text


def test_a_form_that_cannot_be_read_says_so(page: Page) -> None:
    answer = page.post("/request", **{f"f{number}": "" for number in range(6000)})
    assert answer.status_code == 400
    assert "The form could not be read" in answer.text
