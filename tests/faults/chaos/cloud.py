"""A local cloud with faults in a process of its own, for as long as a `with` block lasts."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.faults.faulty_cloud import FaultyCloud
from tests.local.conftest import ROOT, clean_environment
from tool_executor.aws import Aws
from tool_executor.deployment import find_deployment

if TYPE_CHECKING:
    from collections.abc import Iterator


class NoCloud(RuntimeError):
    """The local cloud did not start."""


@contextmanager
def served_cloud() -> Iterator[tuple[FaultyCloud, Path]]:
    """Yield a cloud and the folder of its functions' logs. Raises NoCloud."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.faults.chaos.serve"]
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with (
        TemporaryDirectory(prefix="chaos-") as folder,
        # moto complains of every execution that is stopped.
        (Path(folder) / "cloud.log").open("w+", encoding="utf-8") as said,
        # A session of its own: Ctrl-C ends the runner, which then ends the cloud.
        subprocess.Popen(command, cwd=ROOT, stderr=said, start_new_session=True, **pipes) as process,
    ):
        if process.stdin is None or process.stdout is None:
            raise AssertionError  # both are pipes
        try:
            line = process.stdout.readline()
            if not line:
                code = process.wait(10)
                said.seek(0)
                raise NoCloud(f"{said.read()}the local cloud did not start: exit code {code}")
            ready = json.loads(line)
            aws = Aws(ready["region"], ready["endpoint_url"])
            cloud = FaultyCloud(aws, find_deployment(aws, "dev"), Path(folder), clean_environment(ready))
            cloud.close_circuits()
            yield cloud, Path(ready["logs"])
        finally:
            process.stdin.close()  # it ends with its standard input
            process.wait(timeout=60)
