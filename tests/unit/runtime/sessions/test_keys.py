"""What a session is called."""

from __future__ import annotations

import pytest

from lambdas.runtime.sessions.keys import (
    attempt_key,
    execution_of,
    is_named,
    is_shared,
    sequence_key,
    session_key,
)
from tool_contract.attempt import AttemptContext

RECORDED = {"execution_id": "e-1", "call_id": "c2"}


@pytest.mark.parametrize(
    ("context", "key"),
    [
        ({**RECORDED, "session": "execution"}, "execution/e-1"),
        ({**RECORDED, "session": "execution", "attempt": 3}, "execution/e-1"),
        ({**RECORDED}, "call/e-1/c2/1"),
        ({**RECORDED, "attempt": 3}, "call/e-1/c2/3"),
        ({"session": "mine"}, "named/mine"),
        ({"session": "a/b"}, "named/a/b"),
        ({}, "once/request-1"),
        ({"execution_id": "e-1"}, "once/request-1"),
    ],
)
def test_a_sequence_shares_one_and_everything_else_has_one_of_its_own(context: dict[str, object], key: str) -> None:
    assert session_key(AttemptContext.model_validate(context), "request-1") == key


def test_keys_are_built_where_they_are_not_derived_just_the_same() -> None:
    shared = session_key(AttemptContext.model_validate({**RECORDED, "session": "execution"}), "r")
    own = session_key(AttemptContext.model_validate({**RECORDED, "attempt": 2}), "r")

    assert (shared, own) == (sequence_key("e-1"), attempt_key("e-1", "c2", 2))


@pytest.mark.parametrize(
    ("key", "shared", "named", "execution"),
    [
        ("execution/e-1", True, False, "e-1"),
        ("call/e-1/c2/1", False, False, "e-1"),
        ("named/mine", True, True, None),
        ("named/execution/e-1", True, True, None),
        ("once/request-1", False, False, None),
        ("", False, False, None),
        ("execution", False, False, None),
        ("somebody else's", False, False, None),
    ],
)
def test_a_key_says_who_may_come_back_and_whose_execution_it_is(
    key: str,
    shared: bool,  # noqa: FBT001
    named: bool,  # noqa: FBT001
    execution: str | None,
) -> None:
    assert (is_shared(key), is_named(key), execution_of(key)) == (shared, named, execution)
