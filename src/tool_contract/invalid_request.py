"""A request that cannot be run, and everything that is wrong with it in the contract's one shape of an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tool_contract import strict_json
from tool_contract.errors import ErrorCode
from tool_contract.limits import MAX_PROBLEMS_CHARACTERS

if TYPE_CHECKING:
    from tool_contract.problems import Problem


class InvalidRequestError(ValueError):
    """A request that cannot be run. ``problems`` names everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__(self.sentence)

    @property
    def sentence(self) -> str:
        """What a person is told first."""
        count = len(self.problems)
        return f"The request has {count} problem{'s' if count != 1 else ''}; nothing was run."

    @property
    def retry_after_seconds(self) -> int | None:
        """So many seconds later the same request may be taken; None where it never will."""
        waits = [problem.retry_after_seconds for problem in self.problems]
        return None if None in waits else max(filter(None, waits), default=None)

    def to_json(self) -> dict[str, Any]:
        """Return the complaint in the contract's one shape of an error."""
        shown = _as_many_as_fit([problem.as_detail() for problem in self.problems])
        wait = self.retry_after_seconds
        value = {
            "error_code": ErrorCode.INVALID_REQUEST.value,
            "error": self.sentence,
            "retryable": wait is not None,
            **({} if wait is None else {"retry_after_seconds": wait}),
            "details": shown,
        }
        if len(self.problems) > len(shown):
            value["hint"] = f"Only the first {len(shown)} of {len(self.problems)} problems are listed."
        return value


def _as_many_as_fit(details: list[dict[str, str]]) -> list[dict[str, str]]:
    shown, room = [], MAX_PROBLEMS_CHARACTERS
    for detail in details:
        room -= len(strict_json.dumps(strict_json.dumps(detail)))
        if room < 0:
            break
        shown.append(detail)
    return shown
