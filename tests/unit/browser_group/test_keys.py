"""Text with keys in braces."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.browser.keys import Press, Write, read_keys
from tool_contract.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", [Write("")]),
        ("mia", [Write("mia")]),
        ("{Enter}", [Press("Enter")]),
        ("mia{Tab}secret{ENTER}", [Write("mia"), Press("Tab"), Write("secret"), Press("Enter")]),
        ("{Ctrl+A}{Del}", [Press("Control+a"), Press("Delete")]),
        ("{Shift+Tab}", [Press("Shift+Tab")]),
        ("{ctrl + shift + ArrowLeft}", [Press("Control+Shift+ArrowLeft")]),
        ("{Cmd+z}", [Press("Meta+z")]),
        ("{F5}", [Press("F5")]),
        ("{{Enter}}", [Write("{Enter}")]),
        ('{{"a": 1}}', [Write('{"a": 1}')]),
    ],
)
def test_a_text_is_read_as_what_is_written_and_what_is_pressed(text: str, parts: list[Write | Press]) -> None:
    assert read_keys(text) == parts


@pytest.mark.parametrize(
    "text",
    [
        "{Entre}",
        "{}",
        "{x}",
        "{Ctrl+}",
        "{Enter+A}",
        "{name}",
        "{+}",
        "{Hyper+a}",
        "{Ctrl+C}",
        "{Cmd+v}",
        "{Shift+Insert}",
        "{Shift+Del}",
        "{Shift+h}",
        "{Alt+a}",
    ],
)
def test_an_unknown_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_keys(f"canary{text}")

    assert refused.value.pointer == "/text"
    assert "canary" not in f"{refused.value.message}{refused.value.hint}"
    assert refused.value.hint.endswith("{{ is a brace.")  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["a { b", "a } b", "{{{", "}"])
def test_a_single_brace_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="single brace"):
        read_keys(text)


@given(st.text(max_size=50))
def test_any_text_with_its_braces_doubled_is_written_as_it_is(text: str) -> None:
    assert read_keys(text.replace("{", "{{").replace("}", "}}")) == [Write(text)]


@given(st.text(alphabet="ab{}+ Enter", max_size=30))
def test_every_text_is_read_or_refused(text: str) -> None:
    try:
        parts = read_keys(text)
    except InvalidInput:
        return
    assert parts
