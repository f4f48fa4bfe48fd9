"""What every refusal keeps to, at every gate."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.bad_input.cases import Case

_NOT_FOR_A_CALLER = re.compile(r"arn:aws|Traceback|File \"|\b\d{12}\b|site-packages|\.py\b")


def assert_fit_for_a_caller(text: str) -> None:
    """No stack trace, no ARN, no account id."""
    found = _NOT_FOR_A_CALLER.search(text)
    assert found is None, text[max(0, found.start() - 80) : found.end() + 80]


def assert_says(told: dict[str, Any], case: Case, pointers: tuple[str, ...]) -> None:
    """The one shape of a complaint, with the case's pointers and code."""
    assert told["retryable"] is False
    assert [(detail["pointer"], detail["error_code"]) for detail in told["details"]] == [
        (pointer, case.code) for pointer in pointers
    ]
    for detail in told["details"]:
        assert detail["message"].endswith((".", "?", "!"))
        assert len(detail["message"]) < 300
        assert_fit_for_a_caller(detail["message"] + detail.get("hint", ""))
