"""What is written down of a bulk in S3: what it was made of, each of its runs, and which lines are in which batch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from tool_contract import strict_json
from tool_executor.bulk.settings import BulkSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PREFIX: Final = "bulk/"
CONTENT_PREFIX: Final = "bulk-content/"


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkManifest:
    """A bulk. ``sha256`` is of what its calls say and on which lines; ``source`` is a file's name, or empty.

    ``last_line`` is its last call's. ``created_at`` is a time in UTC, as the records have it.
    """

    bulk_id: str
    created_at: str
    source: str
    sha256: str
    calls: int
    last_line: int
    settings: BulkSettings

    @property
    def key(self) -> str:
        """Where it lies."""
        return manifest_key(self.bulk_id)

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as plain JSON values."""
        return {**{name: getattr(self, name) for name in self.__slots__}, "settings": self.settings.to_json()}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """Return the manifest that was written so."""
        return cls(**{**told, "settings": BulkSettings.from_json(told["settings"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunManifest:
    """One run of a bulk: the first, or a resume. ``kind`` is ``first``, ``resume`` or ``retry``.

    ``history_days`` is how long its records are kept at least, None where the deployment does not say.
    """

    bulk_id: str
    run: int
    kind: str
    created_at: str
    batches: int
    calls: int
    settings: BulkSettings
    history_days: int | None = None

    @property
    def folder(self) -> str:
        """Where its files lie."""
        return run_folder(self.bulk_id, self.run)

    @property
    def name(self) -> str:
        """The name of its execution."""
        return f"{self.bulk_id}-{self.run}"

    @property
    def machine_input(self) -> dict[str, Any]:
        """What its execution is started with."""
        return {
            "bulk_id": self.bulk_id,
            "run": self.run,
            "batches": f"{self.folder}batches.jsonl",
            "results": f"{self.folder}results",
            "max_concurrency": self.settings.max_concurrency,
            "tolerated_failure_percentage": self.settings.tolerate,
        }

    def to_json(self) -> dict[str, Any]:
        """Return the manifest as plain JSON values."""
        return {**{name: getattr(self, name) for name in self.__slots__}, "settings": self.settings.to_json()}

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Self:
        """Return the manifest that was written so."""
        return cls(**{**told, "settings": BulkSettings.from_json(told["settings"])})


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """A batch in a run's index. ``ranges`` are its lines: (first, count), ascending."""

    execution_id: str
    ranges: tuple[tuple[int, int], ...]

    @property
    def lines(self) -> Iterator[int]:
        """The lines of its calls, in the order of the calls."""
        for first, count in self.ranges:
            yield from range(first, first + count)

    @property
    def calls(self) -> int:
        """How many calls it has."""
        return sum(count for _, count in self.ranges)

    def to_text(self) -> str:
        """Return the entry as a line of the index."""
        return strict_json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the entry on a line of the index."""
        told = strict_json.parse(text)
        return cls(told["execution_id"], tuple((first, count) for first, count in told["ranges"]))


def ranges_of(lines: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Return ascending lines as ranges."""
    ranges: list[tuple[int, int]] = []
    for line in lines:
        if ranges and line == sum(ranges[-1]):
            ranges[-1] = (ranges[-1][0], ranges[-1][1] + 1)
        else:
            ranges.append((line, 1))
    return tuple(ranges)


def manifest_key(bulk_id: str) -> str:
    """Return where a bulk's manifest lies."""
    return f"{PREFIX}{bulk_id}/manifest.json"


def run_folder(bulk_id: str, run: int) -> str:
    """Return where a run's files lie."""
    return f"{PREFIX}{bulk_id}/run-{run:04d}/"


def execution_id_of(bulk_id: str, run: int, number: int) -> str:
    """Return the id of a batch's execution: anybody can tell it without looking it up."""
    return f"{bulk_id}-{run}-{number:06d}"
