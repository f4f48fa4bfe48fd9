"""Who decides whether a run begins, when two would: no line is in two runs at once."""

from __future__ import annotations

import pytest

from tests.unit.bulk.bulk_lines import catalog
from tests.unit.bulk.fake_cloud import BulkCloud
from tool_executor.bulk.errors import BulkGivenUpError, BulkRunningError

NONE: frozenset[str] = frozenset()


@pytest.fixture
def cloud() -> BulkCloud:
    return BulkCloud()


def failed_bulk(cloud: BulkCloud) -> str:
    """Return a bulk whose first run has ended before it ran anything."""
    run = cloud.bulks.start(cloud.prepared())
    cloud.aws.step_functions.executions[run.name] = {"status": "FAILED"}
    return run.bulk_id


def test_a_run_that_is_being_uploaded_is_left_alone_by_a_resume(cloud: BulkCloud) -> None:
    bulk_id = failed_bulk(cloud)
    refused: list[str] = []

    def resume_too(_key: str) -> None:
        with pytest.raises(BulkRunningError) as raised:
            cloud.bulks.resumption(bulk_id, catalog())
        refused.append(raised.value.sentence)

    second = cloud.resumption(bulk_id)
    cloud.aws.s3.on_upload = resume_too
    cloud.bulks.start(second, kind="resume")

    assert refused == [f"Run 2 of the bulk {bulk_id} is being uploaded or started."] * 2
    assert cloud.started == [f"{bulk_id}-1", f"{bulk_id}-2"]


def test_of_a_slow_upload_and_a_resume_that_took_it_for_dead_only_the_resume_starts(cloud: BulkCloud) -> None:
    bulk_id = failed_bulk(cloud)

    def resume_later(_key: str) -> None:
        cloud.aws.s3.on_upload = lambda _key: None
        cloud.clock.pass_by(minutes=20)
        cloud.bulks.start(cloud.resumption(bulk_id), kind="resume")

    second = cloud.resumption(bulk_id)
    cloud.aws.s3.on_upload = resume_later
    with pytest.raises(BulkGivenUpError, match="Run 2"):
        cloud.bulks.start(second, kind="resume")

    assert cloud.started == [f"{bulk_id}-1", f"{bulk_id}-3"]


def test_a_cancel_during_an_upload_ends_it(cloud: BulkCloud) -> None:
    bulk_id = failed_bulk(cloud)
    second = cloud.resumption(bulk_id)
    cloud.aws.s3.on_upload = lambda _key: cloud.bulks.cancel(bulk_id, NONE) and None
    with pytest.raises(BulkGivenUpError):
        cloud.bulks.start(second, kind="resume")

    assert cloud.started == [f"{bulk_id}-1"]
    assert cloud.next_run(bulk_id) == 3


def test_an_upload_that_failed_need_not_be_waited_for(cloud: BulkCloud) -> None:
    bulk_id = failed_bulk(cloud)

    def fail(_key: str) -> None:
        raise KeyboardInterrupt

    second = cloud.resumption(bulk_id)
    cloud.aws.s3.on_upload = fail
    with pytest.raises(KeyboardInterrupt):
        cloud.bulks.start(second, kind="resume")

    assert cloud.next_run(bulk_id) == 3
    assert not second.folder.exists()


def test_a_run_that_is_just_being_started_is_waited_for_and_counts_as_dead_when_it_never_comes(
    cloud: BulkCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = cloud.prepared()
    with monkeypatch.context() as patch:
        patch.setattr(cloud.aws.step_functions, "start_execution", lambda **_: None)
        run = cloud.bulks.start(prepared)

    with pytest.raises(BulkRunningError):
        cloud.bulks.resumption(run.bulk_id, catalog())
    cloud.clock.pass_by(minutes=6)
    assert cloud.next_run(run.bulk_id) == 2


def test_what_was_decided_first_holds(cloud: BulkCloud) -> None:
    run = cloud.bulks.start(cloud.prepared())
    cloud.bulks._beginnings.give_up(run)

    decision = cloud.bulks._store.decision(run)
    assert decision is not None
    assert decision.outcome == "started"
