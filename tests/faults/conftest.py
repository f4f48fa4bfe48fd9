"""One local cloud with faults for all tests of this folder, and the oracle over everything that ran on it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.faults.faulty_cloud import LEDGER_FUNCTION, FaultyCloud, ledger_call
from tests.faults.oracle import Oracle
from tests.local.conftest import ROOT, clean_environment
from tool_executor.aws import Aws
from tool_executor.deployment import find_deployment
from tool_executor.local.faults import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.faulty_cloud import Run
    from tool_executor.execution import Execution


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


@pytest.fixture(scope="session")
def late_run(faulty_cloud: FaultyCloud) -> tuple[Run, Execution]:
    """An execution that takes 15 s, because a task waits so long for its function: it runs beside all other tests."""
    late = {"timeout_seconds": 3, "max_retries": 1}
    run = faulty_cloud.request(
        ledger_call("put_line", **late), ledger_call("add_line", **late), ledger_call("put_line", **late)
    )
    # Counting begins anew whenever a test programs faults: the first attempt is named besides.
    faulty_cloud.standing.extend(
        [
            Fault(
                kind=kind,
                request=LEDGER_FUNCTION,
                containing=(run.execution_id, call, '"attempt_log":[]'),
                seconds=seconds,
            )
            for kind, call, seconds in (
                (FaultKind.DELAY, '"call_id":"c1"', 20),
                (FaultKind.DELAY, '"call_id":"c2"', 20),
                (FaultKind.DELAY_ANSWER, '"call_id":"c3"', 16),
            )
        ]
    )
    faulty_cloud.program()
    return run, faulty_cloud.start(run)


@pytest.fixture
def cloud(faulty_cloud: FaultyCloud, late_run: tuple[Run, Execution]) -> Iterator[FaultyCloud]:  # noqa: ARG001
    """The cloud, without faults before and after."""
    faulty_cloud.program()
    before = len(faulty_cloud.runs)
    yield faulty_cloud
    for run in faulty_cloud.runs[before:]:
        run.release()
    faulty_cloud.program()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep these tests in one worker: another would start a cloud of its own."""
    for item in items:
        if "faulty_cloud" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("faults"))
