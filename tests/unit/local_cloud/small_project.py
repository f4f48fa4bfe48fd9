"""A project folder whose CDK app writes the small stack's assembly: for what needs a synth."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[3]

_APP: Final = """
import os, pathlib, sys
sys.path.insert(0, {root!r})
from tests.unit.local_cloud.small_stack import write_assembly
with open("runs.txt", "a") as runs:
    runs.write(os.environ["CDK_CONTEXT_JSON"] + "\\n")
write_assembly(pathlib.Path(os.environ["CDK_OUTDIR"]))
"""


def write_project(folder: Path, app: str | None = None) -> Path:
    """Write it into `folder` and return that. `runs.txt` there gets a line for each synth."""
    (folder / "infra").mkdir(parents=True)
    (folder / "cdk.json").write_text('{"app": "python3 app.py", "context": {"flag": true}}', "utf-8")
    (folder / "app.py").write_text(_APP.format(root=str(ROOT)) if app is None else app, "utf-8")
    (folder / "infra" / "stack.py").write_text("first = 1\n", "utf-8")
    return folder


def synths(project: Path) -> list[str]:
    """The CDK contexts of the synths that were run."""
    runs = project / "runs.txt"
    return runs.read_text("utf-8").splitlines() if runs.exists() else []
