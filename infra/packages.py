"""Third-party packages for Lambda's platform, as a lock file pins them: installed once, without Docker."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import uv

from infra.bytecode import LAMBDA_PYTHON, compile_tree
from infra.errors import StagingError

_PLATFORM: Final = (
    *("--python-platform", "x86_64-manylinux_2_28", "--python-version", LAMBDA_PYTHON),
    *("--only-binary", ":all:", "--no-deps", "--require-hashes"),
)
# Console scripts are of no use in a function, and the tests of numpy and scipy weigh 40 MB.
_LEFT_OUT: Final = ("bin", "*/**/tests")


def packages_key(lock: Path, *, python: Path | None) -> str:
    """Name the installed packages by the lock's content, how they are installed, and whether byte code is with them."""
    recipe = repr((_PLATFORM, _left_out(lock))).encode()
    content = hashlib.sha256(lock.read_bytes() + recipe).hexdigest()[:16]
    return f"{lock.stem}-{content}-{'pyc' if python else 'py'}"


def install_packages(lock: Path, *, python: Path | None, cache: Path) -> Path:
    """Return the folder that holds what `lock` pins; install it from the package registry if the cache lacks it.

    Raises:
        StagingError: the packages cannot be installed.
    """
    folder = cache / packages_key(lock, python=python)
    if not folder.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            fresh = Path(scratch) / "packages"
            _install(lock, fresh)
            if python:
                compile_tree(python, fresh)
            publish(fresh, folder)
    return folder


def _left_out(lock: Path) -> tuple[str, ...]:
    """Return what is removed after the installation; a list beside the lock names what its function never imports."""
    trim = lock.with_suffix(".trim")
    lines = trim.read_text("utf-8").splitlines() if trim.exists() else []
    return (*_LEFT_OUT, *(line for line in lines if line and not line.startswith("#")))


def publish(fresh: Path, folder: Path) -> None:
    """Move a finished folder into place. Another synth that was first has made the same: its folder stays."""
    try:
        fresh.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _install(lock: Path, folder: Path) -> None:
    # Copied, not linked: staging changes modes, and uv's own cache must not notice.
    what = ["--requirements", str(lock), "--link-mode", "copy", "--target", str(folder)]
    command = [uv.find_uv_bin(), "pip", "install", "--quiet", *_PLATFORM, *what]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = " ".join(done.stderr.split())[:500] or "no reason given"
        raise StagingError(f"uv could not install requirements/{lock.name} for Lambda's platform: {reason}")
    for pattern in _left_out(lock):
        for path in sorted(folder.glob(pattern)):
            shutil.rmtree(path, ignore_errors=True)
