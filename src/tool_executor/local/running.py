"""A running `local up` can be found by the note that it leaves in the project's `.local/`, checked before use."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tool_executor.local.deployment import LocalDeployment

IDENTITY_PATH: Final = "/_tool_executor/local"
_FILE: Final = "running.json"
_ANSWER_SECONDS: Final = 2.0


@dataclass(frozen=True)
class RunningCloud:
    """A local cloud that another process serves. `source_key` is `CdkApp.source_key()` of what it deployed."""

    pid: int
    run_id: str
    source_key: str
    deployment: LocalDeployment
    stage: str = "dev"
    extra_groups: tuple[str, ...] = ()
    callers: str = ""


def note_file(project_dir: Path) -> Path:
    """Where the note lies."""
    return project_dir / ".local" / _FILE


def announce(project_dir: Path, running: RunningCloud) -> None:
    """Leave the note. The newest cloud of a project is the one that is found."""
    file = note_file(project_dir)
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(f".{os.getpid()}")
    partial.write_text(json.dumps(asdict(running)), "utf-8")
    partial.replace(file)


def withdraw(project_dir: Path, run_id: str) -> None:
    """Remove the note, unless it is a newer cloud's."""
    running = _read(project_dir)
    if running is not None and running.run_id == run_id:
        note_file(project_dir).unlink(missing_ok=True)


def find_running(project_dir: Path | str = ".") -> RunningCloud | None:
    """The local cloud that serves this project, if there is one and it answers as the one that left the note."""
    running = _read(Path(project_dir).resolve())
    if running is None or _identity(running.deployment.endpoint_url) != running.run_id:
        return None
    return running


def _read(project_dir: Path) -> RunningCloud | None:
    try:
        note = json.loads(note_file(project_dir).read_text("utf-8"))
        deployment = LocalDeployment(**note["deployment"])
        return RunningCloud(**{**note, "deployment": deployment, "extra_groups": tuple(note["extra_groups"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None  # none there, or half a note of a process that was killed


def _identity(endpoint_url: str) -> str | None:
    parts = urlsplit(endpoint_url)
    with contextlib.suppress(OSError, http.client.HTTPException):
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=_ANSWER_SECONDS)
        connection.request("GET", IDENTITY_PATH)
        return connection.getresponse().read().decode("utf-8", "replace")
    return None
