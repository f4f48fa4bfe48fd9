"""Pages that work against who uses them: they get no text that was not for them, and the tools go on working."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.local.browser_tools.test_secrets_in_browsers import name_secret

if TYPE_CHECKING:
    from tests.local.browser_tools.conftest import Session

_THIEF = """<input id=t><script>
setInterval(() => { if (document.activeElement !== t || !document.hasFocus()) t.focus() }, 0);
t.oninput = () => { fetch('/stolen?' + t.value); t.value = '' }</script>"""


def test_a_frame_that_takes_the_focus_gets_no_letter_of_a_secret(own_session: Session) -> None:
    site = own_session.browsing.site
    site.show("/thief", _THIEF)
    page = site.show("/robbed", "<title>Robbed</title><input id=pass type=password><iframe src=/thief></iframe>")
    name = name_secret(own_session.browsing, "canary-canary", site.origin)
    for _ in range(5):
        own_session.result("navigate", url=page)
        own_session.use("type", selector="#pass", text={"secret_ref": name})

    assert site.hits["/stolen"] == 0


@pytest.mark.parametrize(
    "body",
    [
        (
            "<input id=u><div id=host></div><script>"
            "host.attachShadow({mode: 'open'}).innerHTML = '<input type=password>'</script>"
        ),
        "<input id=u><iframe srcdoc='<input type=password>'></iframe>",
    ],
    ids=["shadow", "frame"],
)
def test_plain_text_reaches_no_password_field_by_a_detour(session: Session, body: str) -> None:
    page = session.browsing.site.show("/detour", f"<title>Detour</title>{body}")
    session.result("navigate", url=page)
    refused = session.failure("type", selector="#u", text="mia{Tab}canary")

    assert refused["error_code"] in {"SecretRequiresRef", "ElementNotReady"}


@pytest.mark.parametrize("kind", ["true", "plaintext-only", "TRUE"])
def test_what_was_typed_into_an_editor_is_in_nothing_that_is_read(session: Session, kind: str) -> None:
    page = session.browsing.site.show(
        "/editor", f"<title>E</title><div id=w>by: <div id=e contenteditable={kind}></div></div>"
    )
    session.result("navigate", url=page)
    session.result("type", selector="#e", text="canary")
    told = [
        session.result("get_page_state"),
        session.result("get_text", selector="#w"),
        session.result("wait_for_element", selector="#w"),
        session.result("get_page_html"),
    ]

    assert "canary" not in json.dumps(told)


@pytest.mark.parametrize(
    "script",
    [
        "document.title = '\\ud800'",
        "Array.prototype.map = () => ({a: 1}); JSON.stringify = () => 'x'; String.prototype.slice = () => 12345",
        "document.querySelectorAll = () => { throw 1 }; Object.defineProperty(document, 'readyState', {value: {}})",
        "document.body.innerHTML += '<form name=title></form><img name=querySelectorAll>'",
        "Element.prototype.closest = () => { throw 1 }",
    ],
    ids=["surrogate", "prototypes", "document", "clobbered", "closest"],
)
def test_a_page_that_bends_the_language_is_read_as_any_other(session: Session, script: str) -> None:
    page = session.browsing.site.show(
        "/bent", f"<title>Bent</title><h1>Words</h1><button id=b>B</button><script>{script}</script>"
    )
    session.result("navigate", url=page)

    assert "Words" in session.result("get_page_state")["untrusted_content"]["text"]
    assert session.text("h1") == "Words"
    session.result("click", selector="#b")


def test_text_that_a_page_takes_at_once_was_typed(session: Session) -> None:
    page = session.browsing.site.show(
        "/chat", "<title>Chat</title><input id=b oninput=\"out.textContent += value; value = ''\"><p id=out>"
    )
    session.result("navigate", url=page)
    session.result("type", selector="#b", text="order")

    assert session.text("#out") == "order"
