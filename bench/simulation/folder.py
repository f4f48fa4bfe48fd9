"""A folder that keeps finished slices: a run that was stopped goes on from there."""

from __future__ import annotations

import fcntl
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from pydantic import TypeAdapter

from bench.simulation.report import Report

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.simulation.scenario import Scenario
    from bench.simulation.slices import Slice

_ROOT: Final = Path(__file__).resolve().parents[2]
_CODE: Final = ("bench/simulation", "lambdas", "src/tool_contract", "src/tool_executor/direct")
_REPORT: Final = TypeAdapter(Report)


class FolderRefused(Exception):
    """The folder cannot be used for this run; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Where the slices of one run lie: ``run.json`` says which run, ``slice-0007.json`` holds a slice's report."""

    path: Path
    code: str
    _lock: TextIO

    @classmethod
    def opened(cls, path: Path, scenario: Scenario, most_calls: int) -> Folder:
        """Make the folder, or open it if it is of the same run. Raises :class:`FolderRefused`."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            lock = (path / "lock").open("w")
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderRefused(f"Another run is writing to {path}: wait for it, or give another folder.") from None
        except OSError as error:
            raise FolderRefused(f"{path} cannot be used: {error.strerror}.") from None
        folder = cls(path, code_digest(), lock)
        folder._hold_to({"scenario": asdict(scenario), "slice_calls": most_calls})
        return folder

    def keep(self, part: Slice, report: Report) -> None:
        """Keep a finished slice's report, whole or not at all."""
        text = json.dumps({"code": self.code, "report": _REPORT.dump_python(report, mode="json")})
        _write(self._path_of(part), text)

    def kept(self, slices: Iterable[Slice]) -> dict[int, Report]:
        """Return the reports of finished slices, by number. Raises :class:`FolderRefused` if one cannot be read."""
        return {part.number: self._read(part) for part in slices if self._path_of(part).exists()}

    def codes(self, slices: Iterable[Slice]) -> set[str]:
        """Return the digests of the code that made the finished slices."""
        paths = map(self._path_of, slices)
        return {json.loads(path.read_text())["code"] for path in paths if path.exists()}

    def conclude(self, figures: dict[str, Any]) -> None:
        """Write the figures of the whole run to ``report.json``."""
        _write(self.path / "report.json", json.dumps(figures, indent=2) + "\n")

    def _hold_to(self, asked: dict[str, Any]) -> None:
        path = self.path / "run.json"
        if not path.exists():
            _write(path, json.dumps(asked, indent=2) + "\n")
            return
        try:
            begun = json.loads(path.read_text())
        except ValueError:
            raise FolderRefused(f"{path} is no JSON: give another folder.") from None
        if begun != asked:
            raise FolderRefused(f"{self.path} holds slices of another run (see {path.name}): give another folder.")

    def _path_of(self, part: Slice) -> Path:
        return self.path / f"slice-{part.number:04d}.json"

    def _read(self, part: Slice) -> Report:
        path = self._path_of(part)
        try:
            return _REPORT.validate_python(json.loads(path.read_text())["report"])
        except (ValueError, LookupError, TypeError):
            raise FolderRefused(f"{path} is not a slice's report: remove it, and the slice is run again.") from None


def code_digest() -> str:
    """Return a short digest of the code that a slice's report depends on."""
    found = hashlib.sha256((_ROOT / "infra" / "workflow.asl.json").read_bytes())
    for path in sorted(path for name in _CODE for path in (_ROOT / name).rglob("*.py")):
        found.update(str(path.relative_to(_ROOT)).encode() + path.read_bytes())
    return found.hexdigest()[:12]


def _write(path: Path, text: str) -> None:
    half = path.with_suffix(".part")
    half.write_text(text)
    half.replace(path)
