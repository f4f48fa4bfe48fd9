"""What the tests of this folder need beyond the cloud with faults itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.faulty_cloud import LEDGER_FUNCTION, FaultyCloud, ledger_call
from tool_executor.local.faults import Fault, FaultKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.faults.faulty_cloud import Run
    from tool_executor.execution import Execution


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
