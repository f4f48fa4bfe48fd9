"""Puts a Chromium on this machine where none is: Playwright's download, else the system's package."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from tool_executor.local.browsers.chromium import CHROMIUM_SETTING, find_chromium
from tool_executor.local.errors import BrowserMissing

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_WITHIN_SECONDS: Final = 600
#: The package that brings a Chromium, by the package manager that knows it.
_PACKAGES: Final = {
    "apt-get": (("update", "--quiet=2"), ("install", "--yes", "--quiet=2", "--no-install-recommends", "chromium")),
    "dnf": (("install", "--assumeyes", "--quiet", "chromium"),),
    "apk": (("add", "--quiet", "chromium"),),
    "pacman": (("--sync", "--noconfirm", "--quiet", "chromium"),),
}


def find_or_install(*, may_install: bool, tell: Callable[[str], None]) -> Path:
    """Return the Chromium of this machine. ``tell`` hears what is being done.

    Raises BrowserMissing: there is none, and none could be installed.
    """
    try:
        return find_chromium()
    except BrowserMissing:
        # One that is named and wrong is not mended by another.
        if not may_install or CHROMIUM_SETTING in os.environ:
            raise
    said = []
    for doing, command in _ways():
        tell(f"{doing} …")
        said.append(_run(command))
        try:
            return find_chromium()
        except BrowserMissing:
            continue
    message = "No Chromium could be installed."
    hint = "Install Chromium by your system's means, or name one: TOOL_EXECUTOR_CHROMIUM=/path/to/chromium."
    raise BrowserMissing(message, details="\n".join(filter(None, said)), hint=hint)


def _ways() -> list[tuple[str, list[list[str]]]]:
    playwright = [[sys.executable, "-m", "playwright", "install", "chromium"]]
    ways = [("Downloading Playwright's Chromium", playwright)]
    for manager, steps in _PACKAGES.items():
        program = shutil.which(manager)
        if program is not None:
            ways.append((f"Installing Chromium with {manager}", [[*_as_root(), program, *step] for step in steps]))
    return ways


def _as_root() -> list[str]:
    return [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]


def _run(steps: list[list[str]]) -> str:
    """Run the steps until one fails; return the end of what that one said."""
    for step in steps:
        try:
            done = subprocess.run(  # noqa: S603 - commands of our own
                step,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=_WITHIN_SECONDS,
                env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return f"{step[0]}: {error}"
        if done.returncode:
            lines = (done.stdout + done.stderr).strip().splitlines()
            return next((line for line in lines if line.startswith(("Error:", "E:"))), lines[-1] if lines else "")
    return ""
