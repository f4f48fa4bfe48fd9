"""What `type` puts into fields, which texts it refuses, and that none of it comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.local.browser_tools.conftest import elements

if TYPE_CHECKING:
    from tests.local.browser_tools.conftest import Session


def test_what_is_typed_arrives_and_never_comes_back(session: Session) -> None:
    session.open("/form")
    told = [
        session.result("type", selector="#user", text="canary-mia"),
        session.result("type", selector="#story", text="canary-story"),
        session.result("type", selector="#editor", text="canary-editor"),
        session.result("get_page_state"),
        session.result("get_text", selector="#editor"),
        session.result("get_page_html"),
        session.failure("click", selector="#nothing", max_retries=0),
    ]

    assert session.text("#shown") == "10 letters"
    assert elements(told[3])["#user"]["filled"]
    assert "canary" not in json.dumps(told)
    assert (
        "canary"
        not in session.browsing.deployed.aws.s3.get_object(
            Bucket=told[5]["artifact"]["bucket"], Key=told[5]["artifact"]["key"]
        )["Body"]
        .read()
        .decode()
    )


def test_a_value_that_a_script_copies_into_the_html_is_left_out_of_it(session: Session) -> None:
    session.open("/react")
    session.result("type", selector="#box", text="canary-react")

    assert "canary" not in json.dumps(session.result("get_page_html"))


def test_text_replaces_what_the_field_held_and_keys_are_pressed(session: Session) -> None:
    session.open("/form")
    session.result("type", selector="#user", text="a very long name")
    session.result("type", selector="#user", text="mia{Backspace}")
    assert session.text("#shown") == "2 letters"

    done = session.result("type", selector="#user", text="mia{Enter}")

    assert (done["keys"], done["url"].split("?")[0]) == (1, f"{session.browsing.site.origin}/done")


def test_a_brace_is_written_twice_and_an_unknown_key_is_refused_without_being_repeated(session: Session) -> None:
    session.open("/form")
    session.result("type", selector="#user", text="{{x}}")
    assert session.text("#shown") == "3 letters"

    refused = session.failure("type", selector="#user", text="{Entre}")

    assert (refused["error_code"], refused["details"][0]["pointer"]) == ("InvalidInput", "/text")
    assert "enter" in refused["details"][0]["hint"]
    assert "Entre" not in json.dumps(refused)


def test_an_option_of_a_list_is_chosen_by_its_name_or_its_value(session: Session) -> None:
    session.open("/form")

    assert session.result("type", selector="#size", text="Large")["chose_option"]
    assert session.result("type", selector="#size", text="s")["chose_option"]
    assert session.failure("type", selector="#size", text="Huge")["error_code"] == "ElementNotReady"


@pytest.mark.parametrize(
    ("selector", "text", "says"),
    [
        ("#locked", "x", "read-only"),
        ("#off", "x", "disabled"),
        ("#go", "x", "takes no text"),
        ("#agree", "x", "takes no text"),
        ("#day", "tomorrow", "does not take a text of this form"),
    ],
)
def test_a_field_that_takes_no_such_text_says_so(session: Session, selector: str, text: str, says: str) -> None:
    session.open("/form")
    failed = session.failure("type", selector=selector, text=text)

    assert (failed["error_code"], failed["effect"]) == ("ElementNotReady", "none")
    assert says in failed["error"]


@pytest.mark.parametrize("selector", ["#pass", "#code"])
def test_plain_text_is_not_typed_into_a_password_field(session: Session, selector: str) -> None:
    session.open("/form")
    refused = session.failure("type", selector=selector, text="canary-password")

    assert (refused["error_code"], refused["retryable"]) == ("SecretRequiresRef", False)
    assert not elements(session.result("get_page_state"))[selector]["filled"]
    assert "canary" not in json.dumps(refused)


def test_plain_text_does_not_reach_a_password_field_by_the_tab_key_either(session: Session) -> None:
    session.open("/form")
    refused = session.failure("type", selector="#user", text="mia{Tab}canary")

    assert refused["error_code"] == "SecretRequiresRef"
    assert not elements(session.result("get_page_state"))["#pass"]["filled"]


def test_enter_goes_to_what_has_the_focus_and_fails_where_nothing_has(session: Session) -> None:
    session.open("/enter")
    nowhere = session.failure("type", selector="body", text="{Enter}")
    assert (nowhere["error_code"], session.text("#out")) == ("ElementNotReady", "")

    session.result("type", selector="#word", text="hello")
    session.result("type", selector="body", text="{Enter}")

    assert session.text("#out") == "sent"


def test_a_picture_does_not_show_what_fields_hold(session: Session) -> None:
    session.open("/form")
    pictures = []
    for text in ("WWWW", "iiii"):
        for field in ("#story", "#editor", "#user"):
            session.result("type", selector=field, text=text)
        pictures.append(session.result("take_screenshot")["artifact"])

    assert (pictures[0]["content_type"], pictures[0]["sha256"]) == ("image/png", pictures[1]["sha256"])
