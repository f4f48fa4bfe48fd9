"""Plants faults, one after the other, and asks the check that must find each."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tests.mutations.project_copy import ROOT, ProjectCopy
from tests.mutations.trials import DoesNotApply, in_copies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.check_teeth.fault import Fault

_SECONDS: Final = 300


class Verdict(StrEnum):
    """What came of a fault. Only the first is well."""

    FOUND = "found"
    NOT_FOUND = "not found"
    #: The check says the same without the fault: it proves nothing.
    FOUND_ANYHOW = "found anyhow"
    DOES_NOT_APPLY = "does not apply"
    #: The check came to no result.
    NO_RESULT = "no result"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a fault fared. `said` is what a person needs to know where it was not found."""

    fault: Fault
    verdict: Verdict
    seconds: float = 0.0
    said: str = ""

    @property
    def is_well(self) -> bool:
        """Whether the check has found it."""
        return self.verdict is Verdict.FOUND

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as plain JSON values."""
        told = {"name": self.fault.name, "check": self.fault.check, "finds": self.fault.finds}
        return {**told, "verdict": self.verdict.value, "seconds": round(self.seconds, 1), "said": self.said}


class NoResult(Exception):
    """A check ended in another way than by finding something or nothing."""


@dataclass(frozen=True, slots=True)
class Planting:
    """Tries faults, `jobs` at a time, each in a copy of the project. `templates` are the synthesized ones, by stage."""

    templates: Callable[[], dict[str, Path]]
    jobs: int = 2
    root: Path = ROOT

    def outcomes(self, faults: Sequence[Fault]) -> Iterator[Outcome]:
        """Yield how each fault fares, as soon as that is known."""
        templates = self.templates() if any(fault.is_in_template for fault in faults) else {}
        with ExitStack() as stack:
            copies = [stack.enter_context(ProjectCopy.made(self.root)) for _ in range(min(self.jobs, len(faults)))]
            yield from in_copies(faults, copies, partial(_tried, templates))


def _tried(templates: dict[str, Path], project: ProjectCopy, fault: Fault) -> Outcome:
    began = time.monotonic()
    try:
        before, after = (_in_template if fault.is_in_template else _in_file)(project, fault, templates)
    except DoesNotApply as error:
        return Outcome(fault, Verdict.DOES_NOT_APPLY, time.monotonic() - began, str(error))
    except (NoResult, subprocess.TimeoutExpired) as error:
        return Outcome(fault, Verdict.NO_RESULT, time.monotonic() - began, str(error))
    seconds = time.monotonic() - began
    if fault.finds in before:
        return Outcome(fault, Verdict.FOUND_ANYHOW, seconds, before)
    if fault.finds in after:
        return Outcome(fault, Verdict.FOUND, seconds)
    return Outcome(fault, Verdict.NOT_FOUND, seconds, f"{fault.check} said: {after or 'nothing'}")


def _in_template(project: ProjectCopy, fault: Fault, templates: dict[str, Path]) -> tuple[str, str]:
    clean = templates[fault.stage]
    planted = project.folder.parent / "planted.template.json"
    planted.write_text(json.dumps(fault.in_template(json.loads(clean.read_text("utf-8")))), encoding="utf-8")
    where = ["--stage", fault.stage, "--template"]
    # What it says of a template as it is, it says of all: `make check` has looked at it.
    before = _asked(project, fault.check, *where, str(clean)) if fault.check == "rules" else ""
    return before, _asked(project, fault.check, *where, str(planted))


def _in_file(project: ProjectCopy, fault: Fault, _: object) -> tuple[str, str]:
    path = project.folder / fault.file
    clean = path.read_bytes() if path.is_file() else None
    planted = fault.in_text(clean.decode() if clean is not None else "")
    looked_at = [] if fault.check == "nag" else [fault.file]
    before = _asked(project, fault.check, *looked_at) if clean is not None and looked_at else ""
    path.write_text(planted, encoding="utf-8")
    try:
        return before, _asked(project, fault.check, *looked_at)
    finally:
        if clean is None:
            path.unlink()
        else:
            path.write_bytes(clean)


def _asked(project: ProjectCopy, check: str, *arguments: str) -> str:
    """Run one check in the copy and return what it says. Raises NoResult."""
    command = [sys.executable, "-m", "infra.checks", "--json", "--only", check, *arguments]
    done = subprocess.run(
        command, cwd=project.folder, env=project.environment, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, errors="replace", timeout=_SECONDS, check=False,
    )  # fmt: skip
    if done.returncode not in {0, 1} or not done.stdout:
        raise NoResult(f"{check} came to no result: {done.stderr[-1000:]}")
    said: list[str] = [result["said"] for result in json.loads(done.stdout)]
    return "\n".join(said)
