"""How a page's text begins, as far as it is told: without secrets, and without halves of them."""

from __future__ import annotations

import pytest

from lambdas.browser.page_world import SLACK, shown
from tool_contract.masking import Masks, masking
from tool_contract.secret import MAX_SECRET_BYTES

_SECRET = "correct-horse-battery"  # noqa: S105 - a test's


@pytest.fixture
def masks() -> Masks:
    masks = Masks()
    masks.add(_SECRET)
    return masks


@pytest.mark.parametrize(
    ("text", "told"),
    [("word", "word"), ("a" * 200, "a" * 100), ("é😀" * 200, "é😀" * 50), ("\ud800", "?"), (None, ""), (5, "")],
)
def test_a_text_without_secrets_is_cut_only(masks: Masks, text: object, told: str) -> None:
    with masking(masks):
        assert shown(text, 100) == told


@pytest.mark.parametrize("before", range(75, 105))
def test_a_secret_at_the_cut_is_not_told_in_part(masks: Masks, before: int) -> None:
    with masking(masks):
        assert shown("a" * before + _SECRET + "a" * SLACK, 100) == ("a" * before + "***" + "a" * 100)[:100]


def test_the_longest_secret_is_masked_whole(masks: Masks) -> None:
    longest = "x" * MAX_SECRET_BYTES
    masks.add(longest)

    with masking(masks):
        assert shown("a" * 99 + longest, 100) == "a" * 99 + "*"


@pytest.mark.parametrize("filler", ["", "😀" * 60], ids=["plain", "pairs"])
@pytest.mark.parametrize("before", range(len(_SECRET)))
def test_masks_draw_no_half_of_a_secret_to_where_it_is_told(masks: Masks, before: int, filler: str) -> None:
    # As the script asks for it: cut by UTF-16 units.
    units = ("a" * before + filler + _SECRET * 400).encode("utf-16-le")[: 2 * (2_000 + SLACK)]

    with masking(masks):
        told = shown(units.decode("utf-16-le"), 2_000)

    assert set(told) <= {"a", "😀", "*"}
