"""Prepares a run on this machine: every line checked, packed, measured and spooled, before anything leaves."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from tool_contract import strict_json
from tool_contract.envelope import ResultRef
from tool_contract.limits import MAX_REQUEST_BYTES
from tool_contract.request import REQUEST_REF, REQUESTS_PREFIX
from tool_executor.arguments import problem, refused
from tool_executor.bulk.checking import CheckedCall
from tool_executor.bulk.errors import InvalidBulkError
from tool_executor.bulk.estimate import Estimate
from tool_executor.bulk.manifest import BatchEntry, execution_id_of, ranges_of
from tool_executor.bulk.packing import Limits, Packer
from tool_executor.bulk.source import LineProblem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.bulk.checking import Checker
    from tool_executor.bulk.settings import BulkSettings
    from tool_executor.bulk.source import Line

#: Problems that are kept to be told; beyond them they are only counted.
_KEPT_PROBLEMS: Final = 100


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """Which run of which bulk is prepared."""

    bulk_id: str
    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedRun:
    """A run that can be started. ``batches``, ``index`` and the files of ``large`` requests lie in ``folder``.

    ``sha256`` is of what the calls say and on which lines, whatever their ends and spaces.
    """

    identity: RunIdentity
    settings: BulkSettings
    calls: int
    last_line: int
    sha256: str
    estimate: Estimate
    folder: Path
    large: tuple[str, ...]

    @property
    def batches(self) -> Path:
        """The batches, one a line."""
        return self.folder / "batches.jsonl"

    @property
    def index(self) -> Path:
        """Which lines are in which batch."""
        return self.folder / "index.jsonl"

    def discard(self) -> None:
        """Remove the files."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Preparation:
    """Takes lines one after another; what it holds in memory does not grow with their size."""

    def __init__(
        self, identity: RunIdentity, settings: BulkSettings, checker: Checker, *, bucket: str, express: bool
    ) -> None:
        """Begin a run, its files in a temporary folder until :meth:`close`, or the prepared run's ``discard``."""
        self.identity, self.settings = identity, settings
        self.lines = 0
        self._bucket, self._checker = bucket, checker
        self._estimate = Estimate(checker.catalog, settings, express=express, options=checker.options)
        self._packer: Packer[CheckedCall] = Packer(Limits(settings.batch_size))
        self._hash, self._last_line = hashlib.sha256(), 0
        self._problems: list[LineProblem] = []
        self._problem_count = 0
        self._large: list[str] = []
        self._folder = Path(tempfile.mkdtemp(prefix="tool-executor-bulk-"))
        self._files = ExitStack()
        self._batches = self._files.enter_context((self._folder / "batches.jsonl").open("w", encoding="utf-8"))
        self._index = self._files.enter_context((self._folder / "index.jsonl").open("w", encoding="utf-8"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.close()

    def add(self, line: Line) -> None:
        """Take a line. What is wrong with it is told by :meth:`prepared`, with what is wrong with the others."""
        self.lines += 1
        checked = self._checker.check(line)
        if isinstance(checked, CheckedCall):
            self._hash.update(strict_json.canonical([checked.line, strict_json.parse(checked.text)]).encode())
            self._last_line = checked.line
            self._write(self._packer.add(checked))
            return
        self._problem_count += len(checked)
        room = _KEPT_PROBLEMS - len(self._problems)
        self._problems += [LineProblem(line.number, each) for each in checked[:room]]

    def prepared(self) -> PreparedRun:
        """Return the run. Raises InvalidBulkError with the problems of all lines, or InvalidRequestError for none."""
        self._write(self._packer.rest())
        self._files.close()
        if self._problems:
            raise InvalidBulkError(self._problems, self._problem_count, self.lines)
        if not self._estimate.calls:
            raise refused(problem("", "There are no calls to run.", hint="Write a call a line."))
        return PreparedRun(
            identity=self.identity,
            settings=self.settings,
            calls=self._estimate.calls,
            last_line=self._last_line,
            sha256=self._hash.hexdigest(),
            estimate=self._estimate,
            folder=self._folder,
            large=tuple(self._large),
        )

    def close(self) -> None:
        """Remove the files."""
        self._files.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, batch: Sequence[CheckedCall]) -> None:
        if not batch or self._problems:
            return
        fields = strict_json.dumps(self.settings.request_fields)
        request = f'{{"calls":[{",".join(each.text for each in batch)}],{fields[1:]}'
        own_id = execution_id_of(self.identity.bulk_id, self.identity.run, self._estimate.batches)
        size = strict_json.byte_size(request)
        sent = request if size <= MAX_REQUEST_BYTES else strict_json.dumps(self._by_reference(request.encode()))
        self._batches.write(f'{{"execution_id":"{own_id}","request":{sent}}}\n')
        self._index.write(BatchEntry(own_id, ranges_of([each.line for each in batch])).to_text() + "\n")
        self._estimate.add(batch, size)

    def _by_reference(self, body: bytes) -> dict[str, Any]:
        sha256 = hashlib.sha256(body).hexdigest()
        (self._folder / sha256).write_bytes(body)
        self._large.append(sha256)
        ref = ResultRef(bucket=self._bucket, key=f"{REQUESTS_PREFIX}{sha256}", bytes=len(body), sha256=sha256)
        return {REQUEST_REF: ref.model_dump()}
