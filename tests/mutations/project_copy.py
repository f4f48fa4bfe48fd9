"""A private copy of the project, in which a mutation can do no harm, and pytest runs in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.mutations.mutation import Mutation

ROOT: Final = Path(__file__).resolve().parents[2]
#: Not copied, since no mutation changes them: what the project has installed.
_INSTALLED: Final = (".venv", ".venv-checks", "node_modules")
_SHOWN_CHARACTERS: Final = 2_000
#: `test_x[a-b]`; spread over processes, pytest-xdist adds the group: `test_x@cloud`.
_PARAMETERS_AND_GROUP: Final = re.compile(r"[\[@].*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TestRun:
    """How a run of pytest ended: the functions that ran, those that failed in their own body, and what was printed.

    `failed` leaves out what broke before or after a test: a mutation that cannot even be imported proves nothing.
    `complete` is false where the run was cut short.
    """

    __test__ = False

    ran: frozenset[str]
    failed: frozenset[str]
    complete: bool
    printed: str


@dataclass(frozen=True, slots=True)
class ProjectCopy:
    """A copy of the files that git knows or would know, with an environment in which its code comes first."""

    folder: Path

    @classmethod
    @contextmanager
    def made(cls, root: Path = ROOT) -> Iterator[ProjectCopy]:
        """Copy the project into a temporary folder, which is removed at the end."""
        with tempfile.TemporaryDirectory(prefix="teeth-", ignore_cleanup_errors=True) as scratch:
            folder = Path(scratch) / "project"
            for name in _project_files(root):
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(root / name, target)
            for name in _INSTALLED:
                if (root / name).exists():
                    (folder / name).symlink_to((root / name).resolve())
            yield cls(folder)

    @property
    def environment(self) -> dict[str, str]:
        """The variables for programs in the copy."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        return {
            **own,
            # Before the editable install, which leads to the original.
            "PYTHONPATH": os.pathsep.join((str(self.folder / "src"), str(self.folder))),
            # Byte code is told from its source by size and second: a mutation can leave both as they were.
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    @contextmanager
    def mutated(self, mutation: Mutation) -> Iterator[None]:
        """Hold the copy mutated in the body. Raises DoesNotApply."""
        path = self.folder / mutation.file
        # Bytes, so that what is put back is what was there, line ends included.
        before = path.read_bytes() if path.is_file() else b""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(mutation.applied(before.decode()), encoding="utf-8", newline="")
        try:
            yield
        finally:
            path.write_bytes(before)

    def has(self, test: str) -> bool:
        """Whether a test, given as file::function, is there to be run."""
        name, _, function = test.partition("::")
        file = self.folder / name
        return file.is_file() and f"def {function}(" in file.read_text(encoding="utf-8")

    def run(self, tests: Sequence[str], *, processes: int = 1, seconds: float) -> TestRun:
        """Run tests, each given as file::function, and return how they ended."""
        report = self.folder.parent / "report.xml"
        report.unlink(missing_ok=True)
        command = [
            sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=short",
            f"--junitxml={report}", "-o", "junit_family=xunit1", *_spread(processes), *tests,
        ]  # fmt: skip
        printed, exit_code = _ended(command, self, seconds)
        ran, failed = _read(report) if report.is_file() else (frozenset(), frozenset())
        return TestRun(ran, failed, exit_code in {0, 1} and report.is_file(), printed[-_SHOWN_CHARACTERS:])


def _spread(processes: int) -> list[str]:
    return ["-n", str(processes), "--dist", "loadgroup"] if processes > 1 else ["-x"]


def _ended(command: list[str], copy: ProjectCopy, seconds: float) -> tuple[str, int | None]:
    """Run a command to its end, or for so long; return what it printed and its exit code, if it had one."""
    # A session of its own: what a test has started ends with it.
    process = subprocess.Popen(
        command, cwd=copy.folder, env=copy.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
    )  # fmt: skip
    try:
        printed, _ = process.communicate(timeout=seconds)
    except BaseException as error:
        os.killpg(process.pid, 9)
        printed, _ = process.communicate()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        return f"{printed}\nNo end after {seconds:g} s.", None
    return printed, process.returncode


def _read(report: Path) -> tuple[frozenset[str], frozenset[str]]:
    ran, failed = set(), set()
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it a moment ago
        function = f"{case.get('file')}::{_PARAMETERS_AND_GROUP.sub('', case.get('name') or '')}"
        if case.find("error") is not None or case.find("skipped") is not None:
            continue
        ran.add(function)
        if case.find("failure") is not None:
            failed.add(function)
    return frozenset(ran), frozenset(failed)


def _project_files(root: Path) -> list[str]:
    """Return what git keeps, and what it would: a new test counts before it is committed."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=root, capture_output=True, check=True, text=True,
    )  # fmt: skip
    return [name for name in listed.stdout.split("\0") if name and (root / name).is_file()]
