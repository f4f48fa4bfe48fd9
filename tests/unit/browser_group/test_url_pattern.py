"""Regular expressions of callers."""

from __future__ import annotations

import time

import pytest

from lambdas.browser.url_pattern import UrlPattern
from tool_contract.errors import InvalidInput


@pytest.mark.parametrize(
    ("pattern", "url", "matches"),
    [
        (".*dashboard.*", "https://app.example.com/dashboard?x=1", True),
        ("dashboard", "https://app.example.com/dashboard", True),
        ("^dashboard", "https://app.example.com/dashboard", False),
        (r"/orders/\d+$", "https://app.example.com/orders/12", True),
        (r"/orders/\d+$", "https://app.example.com/orders/12/edit", False),
        ("Dashboard", "https://app.example.com/dashboard", False),
        ("(?i)Dashboard", "https://app.example.com/dashboard", True),
    ],
)
def test_a_pattern_matches_anywhere_unless_it_says_where(pattern: str, url: str, matches: bool) -> None:  # noqa: FBT001
    assert UrlPattern.of(pattern).matches(url) is matches


@pytest.mark.parametrize("pattern", ["(", "[a", "a{2,1}", "(?=x)", r"(a)\1"])
def test_what_cannot_be_matched_in_linear_time_is_refused(pattern: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        UrlPattern.of(pattern)

    assert refused.value.pointer == "/url_pattern"


def test_no_pattern_takes_for_ever() -> None:
    began = time.monotonic()

    assert not UrlPattern.of("(a+)+$").matches("http://" + "a" * 5_000 + "!")
    assert time.monotonic() - began < 5
