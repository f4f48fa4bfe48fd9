"""Outputs that Step Functions wrote in the order in which batches ended, held on disk to be read in another."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, Any, Self

from tool_contract import strict_json

if TYPE_CHECKING:
    from collections.abc import Iterable


class OutputSpool:
    """Outputs by their execution ids: on disk, with two numbers for each in memory."""

    def __init__(self) -> None:
        """Begin with none."""
        self._file = tempfile.TemporaryFile(prefix="tool-executor-bulk-")  # noqa: SIM115 - closed by __exit__
        self._places: dict[str, tuple[int, int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def fill(self, lines: Iterable[str]) -> None:
        """Take outputs, each the JSON of one execution's. What is none is passed over: the records have it."""
        for line in lines:
            try:
                output = strict_json.parse(line)
            except strict_json.JsonError:
                continue
            if isinstance(output, dict) and isinstance(output.get("execution_id"), str):
                body = line.encode()
                self._places[output["execution_id"]] = (self._file.seek(0, 2), len(body))
                self._file.write(body)

    def get(self, execution_id: str) -> dict[str, Any] | None:
        """Return an execution's output, or None."""
        place = self._places.get(execution_id)
        if place is None:
            return None
        self._file.seek(place[0])
        output: dict[str, Any] = strict_json.parse(self._file.read(place[1]))
        return output
