"""Everything that is wrong with the files of an inventory, in the contract's one shape, however much it is."""

from __future__ import annotations

import tempfile
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, Self

from tool_contract import strict_json
from tool_contract.problems import Problem, json_pointer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

#: So many problems are kept at hand; the others are on the disk.
SHOWN: Final = 50
_IN_MEMORY_BYTES: Final = 4_000_000


class Complaints:
    """Collects problems. A file of millions of bad rows takes no more memory than one of fifty.

    A pointer names file, line and column: ``/history.csv/17/qty_demanded``. Lines count from 1, the header's.
    """

    def __init__(self) -> None:
        self.shown: list[dict[str, str]] = []
        self.by_file: Counter[str] = Counter()
        self._all = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES, "w+", encoding="utf-8")  # noqa: SIM115 - see __exit__

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._all.close()

    def __len__(self) -> int:
        return self.by_file.total()

    def add(
        self, file: str, message: str, *, line: int | None = None, column: str | None = None, hint: str | None = None
    ) -> None:
        """Add one problem: of a cell, of a line, or of the whole file."""
        parts = [part for part in (file, line, column) if part is not None]
        detail = Problem(pointer=json_pointer(parts), message=message, hint=hint).as_detail()
        self.by_file[file] += 1
        if len(self.shown) < SHOWN:
            self.shown.append(detail)
        self._all.write(strict_json.dumps(detail) + "\n")

    def lines(self) -> Iterator[str]:
        """Yield each problem as a JSON text."""
        self._all.seek(0)
        for line in self._all:
            yield line.rstrip("\n")
        self._all.seek(0, 2)

    def to_json(self) -> list[dict[str, Any]]:
        """Return all problems at once: for those who know that they are few."""
        return [strict_json.parse(line) for line in self.lines()]
