"""A bulk whose records may be gone is not resumed: it would be run again as a whole."""

from __future__ import annotations

import pytest

from tests.unit.bulk.bulk_lines import catalog
from tests.unit.bulk.fake_cloud import BulkCloud
from tool_executor.bulk.errors import BulkExpiredError


def ended_bulk(cloud: BulkCloud) -> str:
    run = cloud.bulks.start(cloud.prepared())
    cloud.aws.step_functions.executions[run.name] = {"status": "FAILED"}
    return run.bulk_id


@pytest.mark.parametrize(
    ("at_start", "now", "days"),
    [("30", "30", 29), ("90", "90", 89), ("30", "90", 29), ("90", "30", 29), ("2", "2", 1.8), ("30", None, 29)],
)
def test_it_can_be_resumed_until_shortly_before_its_first_record_expires(
    at_start: str, now: str | None, days: float
) -> None:
    cloud = BulkCloud(outputs={"HistoryTtlDays": at_start})
    bulk_id = ended_bulk(cloud)
    cloud.outputs = {} if now is None else {"HistoryTtlDays": now}
    cloud.clock.pass_by(days=days, minutes=-1)
    assert cloud.next_run(bulk_id) == 2
    cloud.clock.pass_by(minutes=2)

    with pytest.raises(BulkExpiredError, match="could be resumed until"):
        cloud.bulks.resumption(bulk_id, catalog())


def test_a_later_run_does_not_make_up_for_an_earlier_ones_records() -> None:
    cloud = BulkCloud(outputs={"HistoryTtlDays": "30"})
    bulk_id = ended_bulk(cloud)
    cloud.clock.pass_by(days=20)
    run = cloud.bulks.start(cloud.resumption(bulk_id), kind="resume")
    cloud.aws.step_functions.executions[run.name] = {"status": "FAILED"}
    cloud.clock.pass_by(days=10)

    with pytest.raises(BulkExpiredError):
        cloud.bulks.resumption(bulk_id, catalog())


def test_where_nobody_says_how_long_records_are_kept_a_day_is_assumed() -> None:
    cloud = BulkCloud()
    bulk_id = ended_bulk(cloud)
    cloud.clock.pass_by(minutes=60 * 21)
    assert cloud.next_run(bulk_id) == 2
    cloud.clock.pass_by(minutes=60)

    with pytest.raises(BulkExpiredError):
        cloud.bulks.resumption(bulk_id, catalog())
