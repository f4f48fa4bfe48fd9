"""A secret that is typed into a page is nowhere else: whatever the page does with it."""

from __future__ import annotations

import json
import tempfile
import uuid
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.browser_tools.test_workflows import agent, statuses
from tests.local.test_secrets import everything_written
from tool_contract.secret import origins_parameter_name, parameter_name
from tool_executor import Secret, ToolCall

if TYPE_CHECKING:
    from tests.local.browser_tools.conftest import Browsing, Session

ROUTES = ("state_machine", "direct")


def canary() -> str:
    return f'canary <{uuid.uuid4().hex}> & "quotes" ü'


def name_secret(browsing: Browsing, text: str, origins: str | None) -> str:
    """Keep a named secret, as an operator does; return its name."""
    name, ssm = f"tests/{uuid.uuid4().hex}", browsing.deployed.aws.ssm
    ssm.put_parameter(Name=parameter_name("dev", name), Value=text, Type="SecureString")
    if origins is not None:
        ssm.put_parameter(Name=origins_parameter_name("dev", name), Value=origins, Type="String")
    return name


def loud_login(browsing: Browsing) -> str:
    """Serve a login that fails, and repeats the password in every way that a page can."""
    return browsing.site.show(
        f"/loud-{uuid.uuid4().hex}",
        """<title>Log in</title><input id=user><input id=pass type=password><button id=go onclick="shout()">Go</button>
        <p id=out></p><div id=late></div><script>function shout() {
        const word = pass.value; document.title = word; out.textContent = 'wrong: ' + word;
        out.setAttribute('data-word', word); pass.setAttribute('value', word); console.log(word);
        location.hash = encodeURIComponent(word);
        setTimeout(() => { alert('no such password: ' + word);
          late.innerHTML = '<button id=b>x</button>'; b.textContent = word; b.setAttribute('aria-label', word); }, 50) }
        </script>""",
    )


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("kind", ["named", "one-time"])
def test_a_canary_typed_in_a_failing_login_is_nowhere_afterwards(browsing: Browsing, route: str, kind: str) -> None:
    text = canary()
    secret: Any = Secret(text)
    if kind == "named":
        secret = {"secret_ref": name_secret(browsing, text, browsing.site.origin)}
    steps = [
        ToolCall("navigate", {"url": loud_login(browsing)}),
        ToolCall("type", {"selector": "#user", "text": "beside-the-canary"}),
        ToolCall("type", {"selector": "#pass", "text": secret}),
        ToolCall("click", {"selector": "#go"}),
        ToolCall("wait_for_element", {"selector": "#b"}),
        ToolCall("get_text", {"selector": "#out"}),
        ToolCall("get_page_state"),
        ToolCall("get_page_html"),
        ToolCall("take_screenshot"),
        ToolCall("click", {"selector": "#nothing", "max_retries": 0}),
    ]
    results = agent(browsing, route).run_steps(steps)

    assert statuses(results) == ["success"] * 9 + ["failed"], [result.error for result in results]
    assert results[5].result["untrusted_content"]["text"] == "wrong: ***"
    assert results[9].metadata["page_title"] == "***"
    told = json.dumps([result.to_json() for result in results], ensure_ascii=False)
    ids = {str(results[0].execution_id)} if route == "state_machine" else set()
    written = [(name, found) for name, found in _written(browsing, ids)]
    word = text.split("<")[1].split(">")[0]
    assert word not in told
    assert [name for name, found in written if word in found] == []
    # What stood beside it is there: the search looks where it would be.
    assert any(results[7].result["artifact"]["key"] == name for name, _ in written)
    assert any("beside-the-canary" in found for _, found in written)  # the caller's own input, in its record


def test_a_picture_does_not_show_a_secret_that_the_page_repeats(own_session: Session) -> None:
    text = canary()
    name = name_secret(own_session.browsing, text, own_session.browsing.site.origin)
    own_session.result("navigate", url=loud_login(own_session.browsing))
    own_session.result("type", selector="#pass", text={"secret_ref": name})
    before = own_session.result("take_screenshot")["covered"]
    own_session.result("click", selector="#go")
    own_session.result("wait_for_element", selector="#b")

    assert own_session.result("take_screenshot")["covered"] > before


def test_a_secret_is_typed_at_the_origins_that_it_is_kept_for_only(own_session: Session) -> None:
    browsing = own_session.browsing
    elsewhere = name_secret(browsing, canary(), "https://shop.example")
    nowhere = name_secret(browsing, canary(), None)
    here = name_secret(browsing, canary(), f"https://shop.example, {browsing.site.origin}/")
    own_session.open("/form")

    for name in (elsewhere, nowhere):
        refused = own_session.failure("type", selector="#pass", text={"secret_ref": name})
        assert (refused["error_code"], refused["effect"]) == ("SecretNotForOrigin", "none")
    state = own_session.result("get_page_state")["untrusted_content"]["elements"]
    assert [element["filled"] for element in state if element["selector"] == "#pass"] == [False]
    own_session.result("type", selector="#pass", text={"secret_ref": here})


def test_a_secret_is_judged_by_the_frame_that_holds_the_field(own_session: Session) -> None:
    browsing = own_session.browsing
    form = f"{browsing.shop.origin}/login"
    framed = browsing.site.show("/framing", f"<title>Framing</title><iframe id=other src='{form}'></iframe>")
    name = name_secret(browsing, canary(), browsing.site.origin)
    own_session.result("navigate", url=framed)
    own_session.result("wait_for_element", selector="#other >>> #password")

    refused = own_session.failure("type", selector="#other >>> #password", text={"secret_ref": name})

    assert refused["error_code"] == "SecretNotForOrigin"
    assert browsing.shop.origin in refused["error"]


def test_a_call_may_name_the_origin_that_it_means(own_session: Session) -> None:
    own_session.open("/form")

    refused = own_session.failure("type", selector="#user", text="mia", origin="https://shop.example")
    own_session.result("type", selector="#user", text="mia", origin=own_session.browsing.site.origin)

    assert (refused["error_code"], refused["details"][0]["pointer"]) == ("SecretNotForOrigin", "/origin")


def test_a_one_time_secret_belongs_where_it_was_typed_first(browsing: Browsing) -> None:
    secret = Secret(canary())
    steps = [
        ToolCall("navigate", {"url": f"{browsing.site.origin}/form"}),
        ToolCall("type", {"selector": "#pass", "text": secret}),
        ToolCall("navigate", {"url": f"{browsing.shop.origin}/login"}),
        ToolCall("type", {"selector": "#password", "text": secret}),
    ]
    results = agent(browsing).run_steps(steps)

    assert [result.error_code for result in results] == [None, None, None, "SecretNotForOrigin"]


def test_an_unknown_secret_is_not_found_and_nothing_is_typed(own_session: Session) -> None:
    own_session.open("/form")
    name = f"tests/{uuid.uuid4().hex}"
    own_session.browsing.deployed.aws.ssm.put_parameter(
        Name=origins_parameter_name("dev", name), Value=own_session.browsing.site.origin, Type="String"
    )

    missing = own_session.failure("type", selector="#pass", text={"secret_ref": name})

    assert (missing["error_code"], missing["details"][0]["pointer"]) == ("NotFound", "/text")


def _written(browsing: Browsing, ids: set[str]) -> list[tuple[str, str]]:
    """Whatever is kept: tables, texts in the bucket, histories, the functions' logs and metrics, the browsers' logs."""
    found = list(_texts(browsing, ids))
    for folder in Path(tempfile.gettempdir()).glob(f"tool-executor-{browsing.deployed.server_pid}-*"):
        found += [(log.name, log.read_text(errors="replace")) for log in folder.glob("browsers-*/*.log")]
    return found


def _texts(browsing: Browsing, ids: set[str]) -> list[tuple[str, str]]:
    pictures = []
    bucket, s3 = browsing.deployed.deployment.artifact_bucket, browsing.deployed.aws.s3
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
        pictures += [entry["Key"] for entry in page.get("Contents", ()) if entry["Key"].endswith(".png")]
    for key in pictures:
        s3.delete_object(Bucket=bucket, Key=key)  # no text: the next test shows what is in them
    return list(everything_written(browsing.deployed, ids))


def test_the_search_would_find_a_secret_as_html_writes_it() -> None:
    text = canary()

    assert text.split("<")[1].split(">")[0] in escape(text)
