"""A provider's ids, whatever they are, become ids of the contract: valid, and each call's own."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tool_contract.request import CALL_ID_PATTERN, IDEMPOTENCY_KEY_PATTERN
from tool_executor.model_apis.model_call import ModelCall, call_ids, idempotency_keys


@given(st.lists(st.text(max_size=80) | st.from_regex(CALL_ID_PATTERN), max_size=12))
def test_every_id_is_one_of_the_contract_and_no_two_are_the_same(given_ids: list[str]) -> None:
    made = call_ids([ModelCall(one, "tool", {}) for one in given_ids])
    assert len(set(made)) == len(given_ids)
    assert all(re.fullmatch(CALL_ID_PATTERN, one) and "\n" not in one for one in made)


def keys(conversation: str, *ids: str) -> list[str | None]:
    return idempotency_keys(conversation, [ModelCall(one, "tool", {}) for one in ids])


@given(st.lists(st.text(max_size=300, min_size=1), max_size=5))
def test_every_idempotency_key_is_one_of_the_contract_and_each_calls_own(ids: list[str]) -> None:
    made = keys("conversation", *ids)
    assert all(key is not None and re.fullmatch(IDEMPOTENCY_KEY_PATTERN, key) for key in made)
    assert len(set(made)) == len(ids)


def test_a_call_without_an_id_has_no_key() -> None:
    assert keys("conversation", "", "a", "") == [None, "conversation/a", None]


def test_an_id_that_comes_twice_in_a_turn_is_two_keys_which_are_the_same_the_next_time() -> None:
    made = keys("k", "same", "same", "other")
    assert len(set(made)) == 3
    assert made == keys("k", "same", "same", "other")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("a", "b/c"), ("a/b", "c")),
        (("a", "b%2Fc"), ("a", "b/c")),
        (("a", "same/1"), ("a/same", "1")),
        (("ü" * 300, "b/c"), ("ü" * 300 + "/b", "c")),
        (("a", "\ud800"), ("a", "\\ud800")),
    ],
)
def test_no_two_pairs_of_conversation_and_id_come_to_one_key(one: tuple[str, str], other: tuple[str, str]) -> None:
    assert keys(*one) != keys(*other)


def test_ids_that_the_contract_takes_are_kept() -> None:
    ids = ["tooluse_kZJMlvQmRJ6eAyJE5GIl7Q", "toolu_01A09q90qw90lq917835lq9", "call_12345xyz", "0"]
    assert call_ids([ModelCall(one, "tool", {}) for one in ids]) == ids


def test_an_id_that_comes_twice_is_kept_once() -> None:
    made = call_ids([ModelCall("same", "tool", {}), ModelCall("same", "tool", {})])
    assert made[0] == "same" != made[1]


def test_an_id_that_is_made_is_no_providers_earlier_or_later() -> None:
    made = call_ids([ModelCall("same", "tool", {}), ModelCall("same", "tool", {})])[1]
    for ids in (["same", made, "same"], ["same", "same", made]):
        place = ids.index(made)
        moved = call_ids([ModelCall(one, "tool", {}) for one in ids])
        assert moved[place] == made
        assert len(set(moved)) == 3
    # Of the same place, too: what would be made at 2 was the provider's own at 1.
    third = call_ids([ModelCall(one, "tool", {}) for one in ("same", "x", "same")])[2]
    assert len(set(call_ids([ModelCall(one, "tool", {}) for one in ("same", third, "same")]))) == 3
