"""When a run has ended: not before its batches have."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.bulk.bulk_lines import catalog
from tests.unit.bulk.fake_cloud import BulkCloud
from tool_executor.bulk.errors import BulkRunningError

NONE: frozenset[str] = frozenset()


def map_run(status: str, **counts: int) -> dict[str, Any]:
    return {"status": status, "itemCounts": {"pending": 0, "running": 0, "total": 9, **counts}}


@pytest.fixture
def cloud() -> BulkCloud:
    return BulkCloud(outputs={"HistoryTtlDays": "30"})


def failed_bulk(cloud: BulkCloud) -> str:
    run = cloud.bulks.start(cloud.prepared())
    cloud.aws.step_functions.executions[run.name] = {"status": "FAILED"}
    return run.bulk_id


@pytest.mark.parametrize("still", [map_run("FAILED", running=1), map_run("RUNNING", pending=1)])
def test_a_run_that_failed_is_running_while_batches_of_it_are(cloud: BulkCloud, still: dict[str, Any]) -> None:
    bulk_id = failed_bulk(cloud)
    cloud.aws.step_functions.map_run = still
    with pytest.raises(BulkRunningError, match="is running"):
        cloud.bulks.resumption(bulk_id, catalog())

    assert cloud.bulks.report(bulk_id, NONE).status == "running"


def test_batches_that_an_ended_run_did_not_begin_do_not_hold_a_resume_up(cloud: BulkCloud) -> None:
    bulk_id = failed_bulk(cloud)
    cloud.aws.step_functions.map_run = map_run("FAILED", pending=7)

    assert cloud.next_run(bulk_id) == 2


@pytest.mark.parametrize("stopped_as", ["RUNNING", "ABORTED"])
def test_a_cancel_that_does_not_see_the_end_says_so(cloud: BulkCloud, stopped_as: str) -> None:
    run = cloud.bulks.start(cloud.prepared())
    cloud.aws.step_functions.stopped_as = stopped_as
    cloud.aws.step_functions.map_run = map_run("ABORTED", running=1)
    with pytest.raises(BulkRunningError, match="has not ended yet"):
        cloud.bulks.cancel(run.bulk_id, NONE)


def test_a_cancel_waits_for_a_start_that_is_under_way_and_stops_it(
    cloud: BulkCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine, looks = cloud.aws.step_functions, 0
    start, describe = machine.start_execution, machine.describe_execution
    prepared = cloud.prepared()
    with monkeypatch.context() as patch:
        patch.setattr(machine, "start_execution", lambda **_: None)
        run = cloud.bulks.start(prepared)

    def started_at_the_third_look(**told: Any) -> Any:
        nonlocal looks
        looks += 1
        if looks == 3:
            start(name=run.name)
        return describe(**told)

    monkeypatch.setattr(machine, "describe_execution", started_at_the_third_look)
    report = cloud.bulks.cancel(run.bulk_id, NONE)

    assert report.states[0].status == "ABORTED"
