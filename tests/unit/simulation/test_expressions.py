"""The modelled DynamoDB understands expressions as DynamoDB does."""

from __future__ import annotations

from typing import Any

import pytest

from bench.simulation.expressions import condition, update

ITEM: dict[str, Any] = {"status": {"S": "running"}, "attempts": {"N": "2"}, "owner": {"S": "me"}}
VALUES: dict[str, Any] = {
    ":two": {"N": "2"},
    ":three": {"N": "3"},
    ":ten": {"N": "10"},
    ":me": {"S": "me"},
    ":you": {"S": "you"},
    ":open": {"S": "running"},
    ":other": {"S": "pending"},
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("attempts = :two", True),
        ("attempts < :ten", True),  # numbers, not texts
        ("attempts < :two OR #owner = :me", True),
        ("attempts < :two AND #owner = :me", False),
        ("#status IN (:other, :open)", True),
        ("#status IN (:other)", False),
        ("(attempts = :three OR attempts = :two) AND #owner = :me", True),
        ("attempts = :two AND (attempts < :two OR #owner = :you)", False),
        ("attribute_exists(missing)", False),
        ("attribute_not_exists(missing) AND attribute_exists(#owner)", True),
        ("missing = :two", False),
        ("missing <> :two", False),
        ("attempts BETWEEN :two AND :three AND #owner = :me", True),
    ],
)
def test_conditions(text: str, holds: bool) -> None:  # noqa: FBT001 - a case's expectation
    assert condition(text)(ITEM, {"#owner": "owner", "#status": "status"}, VALUES) is holds


def test_an_update_goes_by_what_the_item_was() -> None:
    new = dict(ITEM)

    text = (
        "SET attempts = attempts + :three, first = if_not_exists(first, :me), #owner = :you REMOVE #status ADD n :two"
    )
    update(text)(ITEM, new, {"#owner": "owner", "#status": "status"}, VALUES)

    assert new == {"attempts": {"N": "5"}, "first": {"S": "me"}, "owner": {"S": "you"}, "n": {"N": "2"}}
    assert ITEM["attempts"] == {"N": "2"}


@pytest.mark.parametrize("text", ["begins_with(name, :me)", "attempts = :two )", "attempts ="])
def test_what_is_not_understood_is_an_error(text: str) -> None:
    with pytest.raises((SyntaxError, KeyError)):
        condition(text)
