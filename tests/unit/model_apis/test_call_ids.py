"""A provider's ids, whatever they are, become ids of the contract: valid, and each call's own."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tool_contract.request import CALL_ID_PATTERN, IDEMPOTENCY_KEY_PATTERN
from tool_executor.model_apis.model_call import ModelCall, call_ids, idempotency_key


@given(st.lists(st.text(max_size=80) | st.from_regex(CALL_ID_PATTERN), max_size=12))
def test_every_id_is_one_of_the_contract_and_no_two_are_the_same(given_ids: list[str]) -> None:
    made = call_ids([ModelCall(one, "tool", {}) for one in given_ids])
    assert len(set(made)) == len(given_ids)
    assert all(re.fullmatch(CALL_ID_PATTERN, one) and "\n" not in one for one in made)


@given(st.text(max_size=300))
def test_every_idempotency_key_is_one_of_the_contract(call_id: str) -> None:
    assert re.fullmatch(IDEMPOTENCY_KEY_PATTERN, idempotency_key("conversation", ModelCall(call_id, "tool", {})))


def test_ids_that_the_contract_takes_are_kept() -> None:
    ids = ["tooluse_kZJMlvQmRJ6eAyJE5GIl7Q", "toolu_01A09q90qw90lq917835lq9", "call_12345xyz", "0"]
    assert call_ids([ModelCall(one, "tool", {}) for one in ids]) == ids


def test_an_id_that_comes_twice_is_kept_once() -> None:
    made = call_ids([ModelCall("same", "tool", {}), ModelCall("same", "tool", {})])
    assert made[0] == "same" != made[1]
