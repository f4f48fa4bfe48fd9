"""Pages as they are: what is read of them, how long they are waited for, and what they may do to who visits them."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

from tests.local.browser_tools.conftest import elements

if TYPE_CHECKING:
    from tests.local.browser_tools.conftest import Browsing, Session


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


def test_a_dialog_is_dismissed_told_and_does_not_hold_the_page(session: Session) -> None:
    session.open("/alert")
    clicked = session.result("click", selector="#ask")

    assert clicked["untrusted_content"]["dialogs"] == [{"type": "confirm", "message": "Really?"}]
    assert session.text("#out") == "false"


def test_an_alert_between_two_calls_does_not_wedge_the_session(session: Session) -> None:
    session.open("/alert")
    session.result("click", selector="#later")
    session.result("wait_for_url_change", url_pattern="alert")
    # The alert comes 300 ms after the click. Nobody is connected then, and that is what has to be waited through.
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


def test_lists_of_many_options_come_cut_and_say_so(session: Session) -> None:
    options = "".join(f"<option>Option {number}</option>" for number in range(50))
    lists = "".join(f"<select id=list-{number}>{options}</select>" for number in range(100))
    session.result("navigate", url=session.browsing.site.show("/lists", f"<title>Lists</title>{lists}"))
    state = session.result("get_page_state")
    told = elements(state)

    assert (len(told), state["elements"], state["truncated"]) == (100, 100, True)
    assert sum(len(one["options"]) for one in told.values()) == 500
    assert told["#list-0"]["options"][-1] == "Option 49"
    assert "option_count" not in told["#list-0"]
    assert (told["#list-99"]["options"], told["#list-99"]["option_count"]) == ([], 50)


def test_the_options_of_a_page_and_its_frames_are_cut_together(session: Session) -> None:
    options = "".join(f"<option>{number}</option>" for number in range(50))
    lists = "".join(f"<select id=list-{number}>{options}</select>" for number in range(9))
    session.browsing.site.show("/some-lists", f"<title>Lists</title>{lists}")
    page = session.browsing.site.show(
        "/framed-lists", f"<title>Lists</title>{lists}<iframe id=more src=/some-lists width=900 height=400></iframe>"
    )
    session.result("navigate", url=page)
    session.result("wait_for_element", selector="#more >>> #list-8")
    state = session.result("get_page_state")
    told = elements(state)

    assert len(told) == 18
    assert sum(len(one["options"]) for one in told.values()) == 500
    assert "option_count" not in told["#more >>> #list-0"]
    assert told["#more >>> #list-8"]["option_count"] == 50


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
