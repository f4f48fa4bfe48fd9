"""What can go wrong with a bulk as a whole, beside what :mod:`tool_executor.errors` has.

The exceptions::

    ToolExecutorError
    ├── InvalidBulkError         lines that cannot be run; carries every problem, each with its line
    ├── BulkNotFoundError        there is no bulk of that id, or none of that file
    ├── BulkRunningError         it has not ended yet
    ├── BulkGivenUpError         somebody ended the run before it was started
    ├── BulkExpiredError         its records are too old to tell what has run
    ├── BulkChangedError         the file is not what the bulk was made of
    └── BulkNotConfirmedError    whoever was asked whether to begin said no
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tool_executor.errors import ToolExecutorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.bulk.source import LineProblem

#: Problems that a person is shown; the JSON has all that were kept.
SHOWN_PROBLEMS: Final = 20


class InvalidBulkError(ToolExecutorError):
    """Lines of a bulk cannot be run, so that nothing was. ``problems`` are the first, ``count`` is of all."""

    code = "InvalidBulk"
    nothing_ran = True

    def __init__(self, problems: Sequence[LineProblem], count: int, lines: int) -> None:
        told = [str(problem) for problem in problems[:SHOWN_PROBLEMS]]
        left = count - len(told)
        more = [f"and {left:,} more"] if left > 0 else []
        said = f"{count:,} problem{'' if count == 1 else 's'} in {lines:,} line{'' if lines == 1 else 's'}"
        super().__init__(f"The bulk has {said}; nothing was run.", details="\n".join([*told, *more]))
        self.problems = list(problems)
        self.count = count

    def to_json(self) -> dict[str, Any]:
        """Return the error in the contract's one shape, each detail with its line."""
        return {**super().to_json(), "details": [problem.to_json() for problem in self.problems]}


class BulkNotFoundError(ToolExecutorError):
    """There is no such bulk."""

    code = "BulkNotFound"


class BulkRunningError(ToolExecutorError):
    """The bulk has not ended: what it leaves is not known yet."""

    code = "BulkRunning"


class BulkGivenUpError(ToolExecutorError):
    """Somebody ended the run while it was uploaded, so that it was not started."""

    code = "BulkGivenUp"
    nothing_ran = True


class BulkExpiredError(ToolExecutorError):
    """The bulk's records have expired, or are about to: nobody can tell what of it has run."""

    code = "BulkExpired"


class BulkChangedError(ToolExecutorError):
    """The file says something else than when the bulk was made of it."""

    code = "BulkChanged"


class BulkNotConfirmedError(ToolExecutorError):
    """Whoever was asked whether to begin said no."""

    code = "BulkNotConfirmed"
    nothing_ran = True
