"""What `click` finds, what it waits for, and what it says when it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.local.browser_tools.conftest import Session


@pytest.mark.parametrize(
    ("selector", "code", "says"),
    [
        (".twin", "ElementNotUnique", "2 elements match '.twin'"),
        ("#nothing", "ElementNotFound", "Nothing on the page matched '#nothing'"),
        ("#hidden", "ElementNotReady", "is not visible"),
        ("#disabled", "ElementNotReady", "is disabled"),
        ("#covered", "ElementNotReady", "is covered by another element (a <div>)"),
        ("###", "InvalidInput", "no selector that can be used"),
        ("foo=bar", "InvalidInput", "no selector that can be used"),
        ("*[contains(text(), 'One')]", "InvalidInput", "no selector that can be used"),
    ],
)
def test_a_click_that_cannot_be_made_says_why_and_has_no_effect(
    session: Session, selector: str, code: str, says: str
) -> None:
    session.open("/buttons")
    failed = session.failure("click", selector=selector, max_retries=0)

    assert (failed["error_code"], failed["effect"], failed["retryable"]) == (code, "none", False)
    assert says in failed["error"]
    assert failed["details"][0]["pointer"] == "/selector"


def test_a_failure_tells_where_the_browser_stood(session: Session) -> None:
    page = session.open("/buttons")
    told = session.failure("click", selector="#counter", max_retries=0)["metadata"]

    assert (told["url"], told["page_title"], told["selector"]) == (page["url"], "Buttons", "#counter")
    assert told["browser_state"]["ready_state"] == "complete"
    assert told["browser_state"]["untrusted_content"]["elements"][0]["selector"] == "#count"
    kept = told["screenshots"][0]
    picture = session.browsing.deployed.aws.s3.get_object(Bucket=kept["bucket"], Key=kept["key"])["Body"].read()
    assert (picture[:4], len(picture)) == (b"\x89PNG", kept["bytes"])


@pytest.mark.parametrize(
    "selector", ["text=Count", 'role=button[name="Count"]', "xpath=//button[@id='count']", "#count"]
)
def test_an_element_is_found_by_text_role_xpath_and_css(session: Session, selector: str) -> None:
    session.open("/buttons")
    session.result("click", selector=selector)

    assert session.text("#out") == "1"


def test_a_click_waits_until_it_can_be_made_and_is_made_once(session: Session) -> None:
    session.open("/buttons")

    assert session.result("click", selector="#late")["navigated"] is False
    assert session.text("#out") == "late was clicked"
    session.result("click", selector="#count", max_retries=10)
    assert session.text("#out") == "1"


def test_a_forced_click_goes_where_the_element_is(session: Session) -> None:
    session.open("/buttons")

    assert session.result("click", selector="#covered", force=True)["dry_runs"] == 0


def test_a_link_that_opens_a_new_page_is_followed(own_session: Session) -> None:
    own_session.open("/buttons")
    clicked = own_session.result("click", selector="#popup")

    assert clicked["opened_pages"] == 1
    own_session.result("wait_for_url_change", url_pattern=r"/done\?popup")
    assert own_session.text("h1") == "Done"


def test_popups_are_bounded_and_leave_the_session_usable(own_session: Session) -> None:
    own_session.open("/popups")
    own_session.result("click", selector="#many")

    assert own_session.result("get_page_state")["pages"] <= 11
    assert own_session.open("/done")["http_status"] == 200
