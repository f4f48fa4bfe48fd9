"""One local cloud with faults, for all tests that want it, and the oracle over everything that ran on it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.faults.faulty_cloud import FaultyCloud
from tests.faults.oracle import Oracle
from tests.local.conftest import ROOT, clean_environment
from tool_executor.aws import Aws
from tool_executor.deployment import find_deployment

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def faulty_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FaultyCloud]:
    # A process of its own: it can hold only one cloud, and another test of this worker may have one.
    command = [sys.executable, "-W", "ignore", "-m", "tests.faults.serve"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"the local cloud did not start: exit code {process.wait(10)}"
            ready = json.loads(line)
            aws = Aws(ready["region"], ready["endpoint_url"])
            folder = tmp_path_factory.mktemp("ledgers")
            cloud = FaultyCloud(aws, find_deployment(aws, "dev"), folder, clean_environment(ready))
            cloud.close_circuits()
            yield cloud
        finally:
            assert process.stdin is not None
            process.stdin.close()  # it ends with its standard input
            process.wait(timeout=30)


@pytest.fixture(scope="session")
def oracle(faulty_cloud: FaultyCloud) -> Iterator[Oracle]:
    oracle = Oracle(faulty_cloud)
    yield oracle
    oracle.assert_nothing_changed()


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups, whichever of the two was loaded first
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in one worker: another would start a cloud of its own."""
    for item in items:
        if "faulty_cloud" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("faults"))
