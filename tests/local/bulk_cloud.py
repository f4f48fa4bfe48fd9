"""A local cloud for bulks, calls whose effects can be counted from outside, and what kills its workers."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.local.conftest import PROBE, ROOT, clean_environment, serving
from tests.waiting import until
from tool_executor import BulkSettings, ToolExecutor
from tool_executor.aws import Aws
from tool_executor.bulk.bulks import Bulks
from tool_executor.deployment import Deployment, find_deployment
from tool_executor.history import History

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tool_executor.bulk.manifest import RunManifest

LEDGER = "tests/tool_groups/ledger"
QUICK = BulkSettings(batch_size=10, max_concurrency=6, calls_at_once=4, timeout_seconds=120, tolerate=100)


@dataclass(frozen=True)
class BulkCloud:
    """A local cloud with the ledger, whose effects can be counted from outside."""

    aws: Aws
    deployment: Deployment
    environment: dict[str, str]
    server_pid: int

    @property
    def bulks(self) -> Bulks:
        return Bulks(self.aws, self.deployment)

    def executor(self) -> ToolExecutor:
        return ToolExecutor(aws=self.aws, deployment=self.deployment)

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tool_executor.cli.main", "bulk", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )

    def index(self, bulk_id: str) -> list[tuple[RunManifest, str, list[int]]]:
        """Each batch with its run, its execution and its lines."""
        store = self.bulks._store
        return [
            (run, entry.execution_id, list(entry.lines)) for run in store.runs(bulk_id) for entry in store.index(run)
        ]

    def calls(self, execution_id: str) -> list[dict[str, Any]]:
        return History(self.aws, self.deployment.history_table).calls(execution_id)

    def calls_by_line(self, execution_id: str, lines: list[int]) -> list[tuple[int, list[dict[str, Any]]]]:
        """Each line of a batch with the records of its call."""
        calls = self.calls(execution_id)
        return [(line, [call for call in calls if call["position"] == position]) for position, line in enumerate(lines)]


def write(calls: Sequence[dict[str, Any]], folder: Path) -> Path:
    file = folder / "calls.jsonl"
    file.write_text("".join(json.dumps(call) + "\n" for call in calls), "utf-8")
    return file


def entry(ledger: Path, text: str, tool: str = "look_often", **line: Any) -> dict[str, Any]:
    return {"tool_name": tool, "input": {"line": {"file": str(ledger), "text": text, **line}}}


def written(ledger: Path) -> Counter[str]:
    """How often each line has had its effect."""
    return Counter(ledger.read_text("utf-8").split()) if ledger.exists() else Counter()


def wait_for_effects(ledger: Path, count: int = 1) -> None:
    until(lambda: sum(written(ledger).values()) >= count, seconds=120)


def workers_of(server_pid: int) -> list[int]:
    """The worker processes of a cloud, which are its children and run the launcher."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parent = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
                command = (folder / "cmdline").read_bytes()
            except (OSError, IndexError):
                continue
            if parent == server_pid and b"launcher.py" in command:
                found.append(int(folder.name))
    return found


@contextmanager
def workers_killed_at_random(server_pid: int, ledger: Path, *, each_seconds: float, seed: int) -> Iterator[list[int]]:
    """Kill a worker now and then, from the first effect on; yield the list of those that were."""
    killed: list[int] = []
    stopped, chance = threading.Event(), random.Random(seed)  # noqa: S311 - no secret

    def kill() -> None:
        while not stopped.wait(each_seconds * chance.uniform(0.5, 1.5)):
            living = workers_of(server_pid) if ledger.exists() else []
            if living:
                victim = chance.choice(living)
                killed.append(victim)
                try:
                    os.kill(victim, signal.SIGKILL)
                except ProcessLookupError:
                    killed.pop()

    thread = threading.Thread(target=kill)
    thread.start()
    try:
        yield killed
    finally:
        stopped.set()
        thread.join()


@contextmanager
def bulk_cloud() -> Iterator[BulkCloud]:
    """Yield a cloud of its own."""
    with serving("--extra-group", PROBE, "--extra-group", LEDGER) as ready:
        aws = Aws(ready["region"], ready["endpoint_url"])
        yield BulkCloud(aws, find_deployment(aws, "dev"), clean_environment(ready), ready["pid"])
