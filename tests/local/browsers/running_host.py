"""A browser host to talk to, and what can be seen of its processes."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from browser_policy import OriginRules
from tool_executor.local.browsers import BrowserHost


@dataclass
class Registry:
    """In place of the local cloud's reaper."""

    groups: set[int] = field(default_factory=set)

    def add(self, process_group: int) -> None:
        self.groups.add(process_group)

    def remove(self, process_group: int) -> None:
        self.groups.discard(process_group)


class RunningHost:
    """A context manager around a host. `call` speaks to its API."""

    def __init__(self, folder: Path, rules: OriginRules | None = None) -> None:
        self.folder = folder
        self.registry = Registry()
        self.host = BrowserHost(rules or OriginRules(), folder, self.registry)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.host.close()

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.host.address}{path}", data, method=method)  # noqa: S310 - of our own
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def open(self, key: str, generation: int = 1, **more: Any) -> dict[str, Any]:
        status, opened = self.call("PUT", f"/sessions/{key}", {"generation": generation, **more})
        assert status == 200, opened
        return dict(opened)

    def seen(self, key: str) -> dict[str, Any]:
        status, seen = self.call("GET", f"/sessions/{key}")
        assert status == 200, seen
        return dict(seen)

    def processes(self) -> list[str]:
        """The command lines of what runs for this host's sessions."""
        return command_lines_holding(f"{self.folder}/sessions/")

    def session_folders(self) -> list[str]:
        return [path.name for path in (self.folder / "sessions").iterdir()]


def command_lines_holding(folder: Path | str) -> list[str]:
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in line:
            found.append(line)
    return found


def eventually(condition: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.02)
    return value
