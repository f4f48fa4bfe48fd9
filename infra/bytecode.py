"""Byte code for Lambda's Python: /var/task is read-only, so each cold start would compile what is not."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.errors import StagingError

if TYPE_CHECKING:
    from collections.abc import Iterator

LAMBDA_PYTHON: Final = "3.13"
_PROBE: Final = "import sys; print(*sys.version_info[:2], sep='.')"


def find_python(version: str = LAMBDA_PYTHON) -> Path | None:
    """Find an interpreter of this minor version on the PATH, with pyenv or with uv; None if none of them runs.

    Each candidate is run, as pyenv's shims stand on the PATH for versions that are not switched on.
    """
    return next((path for path in _candidates(version) if _runs(path, version)), None)


def compile_tree(python: Path, folder: Path) -> None:
    """Write `__pycache__` below `folder`, as if it lay in /var/task, never checked against the source's time.

    Raises:
        StagingError: a module does not compile.
    """
    command = [str(python), "-I", "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    done = subprocess.run(
        [*command, "-s", str(folder), "-p", "/var/task", str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise StagingError(f"A module does not compile with Python {LAMBDA_PYTHON}: {done.stdout.strip()[:500]}")


def _candidates(version: str) -> Iterator[Path]:
    name = f"python{version}"
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        yield Path(folder) / name
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted(pyenv.glob(f"versions/{version}*/bin/{name}"), reverse=True)
    uv = Path(os.environ.get("UV_PYTHON_INSTALL_DIR", Path.home() / ".local/share/uv/python"))
    yield from sorted(uv.glob(f"cpython-{version}*/bin/{name}"), reverse=True)


def _runs(path: Path, version: str) -> bool:
    if not path.is_file():
        return False
    done = subprocess.run([str(path), "-I", "-S", "-c", _PROBE], capture_output=True, text=True, check=False)
    return done.returncode == 0 and done.stdout.strip() == version
