"""The environment of what the project is measured against: made at the first run, in none of the measured time.

The rivals want other versions of the project's own packages, so they have a virtual environment to themselves.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from bench.runs import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_ENVIRONMENT: Final = ROOT / ".local" / "bench-venv"
_LOCK: Final = ROOT / "requirements" / "bench.lock"


def rivals_python() -> Path:
    """Return the Python that has what ``requirements/bench.lock`` pins; makes it where it is missing or older."""
    python = _ENVIRONMENT / "bin" / "python"
    stamp = _ENVIRONMENT / ".lock-sha256"
    wanted = hashlib.sha256(_LOCK.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print("Making the environment of what is measured against (once, some seconds to a minute)", file=sys.stderr)
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(_ENVIRONMENT)], check=True)
    _install(python)
    stamp.write_text(wanted)
    return python


def _install(python: Path) -> None:
    """Install by uv, as the Makefile does, and by pip where uv cannot."""
    # --python, not VIRTUAL_ENV: as "python -m uv" it would install into the environment that it is run from.
    sync = ["-m", "uv", "pip", "sync", "--quiet", "--python", str(python), "--require-hashes", str(_LOCK)]
    if subprocess.run([sys.executable, *sync], check=False).returncode != 0:
        install = ["-m", "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", str(_LOCK)]
        subprocess.run([str(python), *install], check=True)
