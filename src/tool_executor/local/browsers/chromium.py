"""Which Chromium runs the sessions."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from tool_executor.local.errors import BrowserMissing

CHROMIUM_SETTING: Final = "TOOL_EXECUTOR_CHROMIUM"
"""Environment variable that names the browser's program."""

_PLAYWRIGHT_SETTING: Final = "PLAYWRIGHT_BROWSERS_PATH"
_PLAYWRIGHT_FOLDERS: Final = (".cache/ms-playwright", "Library/Caches/ms-playwright")
_PLAYWRIGHT_PROGRAMS: Final = (  # the whole browser first: the shell lacks parts that pages use
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/Google Chrome for Testing",
    "chromium_headless_shell-*/chrome-*/headless_shell",
    "chromium_headless_shell-*/chrome-headless-shell-*/chrome-headless-shell",
)
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MAC_PROGRAMS: Final = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_HINT: Final = f"Run `tool-executor browser install`, or set {CHROMIUM_SETTING} to a Chromium's program."
_REVISION: Final = re.compile(r"-(\d+)\Z")


def find_chromium(environment: Mapping[str, str] = os.environ) -> Path:
    """The program that the setting names, else Playwright's download, else the system's.

    Raises:
        BrowserMissing: there is none, or none where the setting says.
    """
    if named := environment.get(CHROMIUM_SETTING):
        found = shutil.which(named, path=environment.get("PATH"))
        if found is None:
            raise BrowserMissing(f"{CHROMIUM_SETTING} names no program: {named}", hint=_HINT)
        return Path(found)
    for program in _candidates(environment):
        return program
    raise BrowserMissing("No Chromium is installed.", hint=_HINT)


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    folders = [Path.home() / folder for folder in _PLAYWRIGHT_FOLDERS]
    if (setting := environment.get(_PLAYWRIGHT_SETTING, "0")) != "0":  # 0: beside the package, which has none
        folders = [Path(setting)]
    for pattern in _PLAYWRIGHT_PROGRAMS:
        for folder in folders:
            yield from filter(_is_program, sorted(folder.glob(pattern), key=_revision, reverse=True))
    for name in _NAMES:
        if found := shutil.which(name, path=environment.get("PATH")):
            yield Path(found)
    yield from filter(_is_program, map(Path, _MAC_PROGRAMS))


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _revision(program: Path) -> int:
    matches = [match for part in program.parts if (match := _REVISION.search(part))]
    return int(matches[-1][1]) if matches else 0
