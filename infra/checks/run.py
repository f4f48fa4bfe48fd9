"""Runs checks beside each other: code at once, templates as soon as their stage is synthesized."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.checks.check import CODE, NAG, NAG_LOOKS_FOR, TEMPLATE
from infra.settings import ROOT, STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

_AT_A_TIME: Final = 2
_NAG_HINT: Final = "Mend it, or accept the finding with its reason in infra/acknowledged.py."
_SYNTH_SECONDS: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a check ended. `said` is empty where it found nothing. `stage` is empty where it looked at code."""

    check: str
    looks_for: str
    hint: str
    said: str
    seconds: float
    stage: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing was found."""
        return not self.said

    def to_json(self) -> dict[str, object]:
        """Return the result as plain JSON values."""
        told = {"check": self.check, "stage": self.stage, "ok": self.is_well, "said": self.said}
        return {**told, "seconds": round(self.seconds, 1)}


def results(names: Collection[str], *, files: Sequence[str], templates: Mapping[str, Path]) -> Iterator[Result]:
    """Run the named checks and yield each result as it comes.

    `files` narrows what checks of code look at; `templates` are by stage, instead of synthesized ones.
    """
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        waited: list[Future[list[Result]]] = []
        if not templates and (NAG in names or any(each.name in names for each in TEMPLATE)):
            waited.extend(pool.submit(_of_stage, stage.name, names) for stage in STAGES)
        waited.extend(pool.submit(_of_template, stage, file, names) for stage, file in templates.items())
        waited.extend(pool.submit(_of_code, each.name, files) for each in CODE if each.name in names)
        for done in as_completed(waited):
            yield from done.result()


def _of_stage(stage: str, names: Collection[str]) -> list[Result]:
    file, synth = synthesized(stage)
    told = [synth] if NAG in names or not synth.is_well else []
    return [*told, *(_of_template(stage, file, names) if file.is_file() else ())]


def _of_template(stage: str, file: Path, names: Collection[str]) -> list[Result]:
    chosen = [each for each in TEMPLATE if each.name in names]
    return [
        _timed(each.name, each.looks_for, each.hint, partial(each.run, file, stage), stage=stage) for each in chosen
    ]


def _of_code(name: str, files: Sequence[str]) -> list[Result]:
    (check,) = (each for each in CODE if each.name == name)
    return [_timed(check.name, check.looks_for, check.hint, partial(check.run, files))]


def _timed(check: str, looks_for: str, hint: str, run: Callable[[], str], *, stage: str = "") -> Result:
    began = time.monotonic()
    said = run().strip()
    took = time.monotonic() - began
    return Result(check=check, looks_for=looks_for, hint=hint, said=said, seconds=took, stage=stage)


def synthesized(stage: str) -> tuple[Path, Result]:
    """Synthesize a stage by all rules of cdk-nag, but with packages left out of the zips, which takes no network.

    Returns where the template lies, which is there if only rules were broken, and how the synth ended.
    """
    folder = ROOT / "build" / "checks" / stage
    file = folder / f"tool-executor-{stage}.template.json"
    file.unlink(missing_ok=True)
    context = {"stage": stage, "target": "local", "nag": True}

    def synth() -> str:
        done = subprocess.run(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env={**os.environ, "CDK_OUTDIR": str(folder), "CDK_CONTEXT_JSON": json.dumps(context)},
            capture_output=True,
            text=True,
            timeout=_SYNTH_SECONDS,
            check=False,
        )
        return (done.stdout + done.stderr or "The synth failed.") if done.returncode else ""

    return file, _timed(NAG, NAG_LOOKS_FOR, _NAG_HINT, synth, stage=stage)
