"""What each tool does on pages as they are, and what it says when it cannot."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.local.browser_tools.conftest import Browsing, Session


def elements(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {element["selector"]: element for element in state["untrusted_content"]["elements"]}


def test_a_page_that_is_not_there_is_a_result_with_its_status(session: Session) -> None:
    page = session.open("/nowhere")

    assert (page["http_status"], page["untrusted_content"]["title"]) == (404, "Gone")
    assert session.result("get_page_state")["http_status"] == 404


def test_a_redirect_is_followed_and_told(session: Session) -> None:
    page = session.open("/redirect?to=/done")

    assert (page["redirected"], page["url"]) == (True, f"{session.browsing.site.origin}/done")


def test_the_page_state_lists_elements_by_selectors_that_find_them_again(session: Session) -> None:
    session.open("/form")
    found = elements(session.result("get_page_state"))

    assert found["#user"] == {
        "selector": "#user",
        "role": "textbox",
        "name": "User name",
        "type": "text",
        "filled": False,
    }
    assert found["#size"]["options"] == ["Small", "Large"]
    assert (found["#agree"]["checked"], found["#off"]["disabled"]) == (False, True)
    for selector in found:
        assert (
            session.result("wait_for_element", selector=selector)["untrusted_content"]["element"]["selector"]
            == selector
        )


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


def test_a_dialog_is_dismissed_told_and_does_not_hold_the_page(session: Session) -> None:
    session.open("/alert")
    clicked = session.result("click", selector="#ask")

    assert clicked["untrusted_content"]["dialogs"] == [{"type": "confirm", "message": "Really?"}]
    assert session.text("#out") == "false"


def test_an_alert_between_two_calls_does_not_wedge_the_session(session: Session) -> None:
    session.open("/alert")
    session.result("click", selector="#later")
    session.result("wait_for_url_change", url_pattern="alert")
    time.sleep(0.6)

    assert session.text("#out") == "after the alert"


def test_a_page_that_asks_to_stay_is_left(session: Session) -> None:
    session.open("/leave")
    session.result("type", selector="#field", text="something")

    assert session.open("/done")["untrusted_content"]["title"] == "Done"


def test_a_page_that_spins_is_unresponsive_and_the_next_page_is_fine(own_session: Session) -> None:
    own_session.open("/busy")
    own_session.use("click", selector="#spin")

    stuck = own_session.failure("get_page_state")

    assert stuck["error_code"] in {"PageUnresponsive", "ToolTimeout"}
    assert own_session.open("/done")["http_status"] == 200


def test_a_page_that_never_comes_ends_as_a_failed_navigation(browsing: Browsing) -> None:
    event = {
        "tool_name": "navigate",
        "input": {"url": f"{browsing.site.origin}/never"},
        "context": {"timeout_seconds": 12},
    }
    answer = browsing.deployed.aws.functions.invoke(
        FunctionName=browsing.deployed.deployment.functions["browser"], Payload=json.dumps(event).encode()
    )
    envelope = json.loads(answer["Payload"].read())

    assert (envelope["error_code"], envelope["retryable"]) == ("NavigationFailed", True)
    assert "did not come within" in envelope["error"]


def test_a_page_of_two_megabytes_comes_cut_and_says_so(session: Session) -> None:
    session.open("/long")
    state, text, page = (
        session.result("get_page_state"),
        session.result("get_text", selector="#words"),
        session.result("get_page_html"),
    )

    assert (len(state["untrusted_content"]["text"]), state["truncated"]) == (8_000, True)
    assert state["text_characters"] >= 1_999_999
    assert (len(text["untrusted_content"]["text"]), text["truncated"]) == (20_000, True)
    assert page["artifact"]["bytes"] > 1_999_999
    assert len(page["untrusted_content"]["excerpt"]) == 2_000


def test_a_download_of_five_gigabytes_is_refused(own_session: Session) -> None:
    failed = own_session.failure("navigate", url=f"{own_session.browsing.site.origin}/file")
    assert failed["error_code"] == "Refused"

    own_session.open("/download")
    own_session.result("click", selector="#get")
    assert own_session.result("get_page_state")["untrusted_content"]["title"] == "Downloads"


def test_an_element_in_a_frame_is_listed_and_used_by_its_path(session: Session) -> None:
    session.open("/frames")
    state = session.result("get_page_state")

    assert elements(state)["#inside >>> #press"]["name"] == "Press me"
    session.result("click", selector="#inside >>> #press")
    assert session.text("#inside >>> #press") == "pressed"


def test_enter_goes_to_what_has_the_focus_and_fails_where_nothing_has(session: Session) -> None:
    session.open("/enter")
    nowhere = session.failure("type", selector="body", text="{Enter}")
    assert (nowhere["error_code"], session.text("#out")) == ("ElementNotReady", "")

    session.result("type", selector="#word", text="hello")
    session.result("type", selector="body", text="{Enter}")

    assert session.text("#out") == "sent"


def test_words_of_a_page_stand_under_untrusted_content_alone(session: Session) -> None:
    session.open("/injection")
    answers = [
        session.result("get_page_state"),
        session.result("get_text", selector="body"),
        session.result("wait_for_element", selector="#x"),
        session.result("get_page_html"),
        session.result("click", selector="#x"),
    ]

    for answer in answers:
        assert "SYSTEM" not in json.dumps({**answer, "untrusted_content": None})
        assert "previous instructions" not in json.dumps({**answer, "untrusted_content": None})
    failed = session.failure("click", selector="#gone", max_retries=0)
    assert "SYSTEM" not in failed["error"] + json.dumps(failed["details"])


def test_waiting_for_an_address_takes_a_regular_expression_and_ends(session: Session) -> None:
    session.open("/buttons")
    session.result("click", selector="#away")
    assert session.result("wait_for_url_change", url_pattern=".*/done$")["waited_ms"] < 5_000

    missed = session.failure("wait_for_url_change", url_pattern="dashboard", timeout_ms=200)
    wrong = session.failure("wait_for_url_change", url_pattern="(", timeout_ms=200)
    slow = session.failure("wait_for_url_change", url_pattern="(x+x+)+y", timeout_ms=200)

    assert (missed["error_code"], missed["retryable"]) == ("UrlNotReached", False)
    assert (wrong["error_code"], wrong["details"][0]["pointer"]) == ("InvalidInput", "/url_pattern")
    assert slow["error_code"] == "UrlNotReached"


def test_nothing_but_navigate_works_where_no_page_is_open(own_session: Session) -> None:
    assert own_session.failure("get_page_state")["error_code"] == "NotFound"
    assert own_session.failure("click", selector="#x")["error_code"] == "NotFound"


def test_a_picture_does_not_show_what_fields_hold(session: Session) -> None:
    session.open("/form")
    pictures = []
    for text in ("WWWW", "iiii"):
        for field in ("#story", "#editor", "#user"):
            session.result("type", selector=field, text=text)
        pictures.append(session.result("take_screenshot")["artifact"])

    assert (pictures[0]["content_type"], pictures[0]["sha256"]) == ("image/png", pictures[1]["sha256"])
