"""Bulks that were cut short: every call has one record that counts, and a resume does what is missing."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.bulk_cloud import (
    QUICK,
    BulkCloud,
    bulk_cloud,
    entry,
    wait_for_effects,
    workers_killed_at_random,
    write,
    written,
)
from tests.waiting import until
from tool_executor.bulk.beginning import Beginnings
from tool_executor.bulk.errors import BulkChangedError, BulkGivenUpError, BulkRunningError

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.xdist_group("bulk")


@pytest.fixture(scope="module")
def cloud() -> Iterator[BulkCloud]:
    with bulk_cloud() as ready:
        yield ready


def test_of_2000_calls_with_workers_killed_at_random_each_has_one_record_and_a_resume_does_what_is_missing(
    cloud: BulkCloud, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    tools = ("look_often", "add_line")
    calls = [entry(ledger, f"t{line}", tools[line % 2], note="x" * 20) for line in range(1, 2001)]
    file = write(calls, tmp_path)
    options = ("--yes", "--json", "--batch-size", "50", "--max-concurrency", "8", "--tolerate", "100")

    with workers_killed_at_random(cloud.server_pid, ledger, each_seconds=1.5, seed=8) as killed:
        first = cloud.command(str(file), *options)
    assert len(killed) > 3, f"so few were killed: {first.stderr} {first.stdout[:2000]}"
    report = json.loads(first.stdout)
    bulk_id, counts = report["bulk_id"], report["counts"]
    before = written(ledger)
    rows = {
        line: rows for _, own_id, lines in cloud.index(bulk_id) for line, rows in cloud.calls_by_line(own_id, lines)
    }

    assert counts["total"] == 2000
    assert counts["open"] == 0
    assert len(rows) == 2000
    assert all(len(found) <= 1 for found in rows.values())
    assert sum(len(found) for found in rows.values()) >= 2000 - counts["missing"]
    assert all(found[0]["status"] not in {"pending", "running", "retrying"} for found in rows.values() if found)
    assert all(before[f"t{line}"] <= 1 for line in range(1, 2001) if tools[line % 2] == "add_line")

    second = cloud.command(str(file), "--resume", *options)
    after = written(ledger)
    missing = {line for line, found in rows.items() if not found or found[0]["attempts"] == 0}
    assert json.loads(second.stdout)["counts"]["missing"] == 0
    assert {text for text in after if after[text] != before[text]} <= {f"t{line}" for line in missing}
    assert all(after[f"t{line}"] <= 1 for line in range(1, 2001) if tools[line % 2] == "add_line")

    third = cloud.command("resume", bulk_id, "--yes", "--json")
    assert written(ledger) == after
    assert len(json.loads(third.stdout)["runs"]) == len(json.loads(second.stdout)["runs"])


def test_after_a_stop_in_the_middle_a_resume_runs_only_what_was_missing(cloud: BulkCloud, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    calls = [entry(ledger, f"t{line}", "add_line" if line % 2 else "put_line", seconds=0.4) for line in range(1, 121)]
    file = write(calls, tmp_path)
    started = cloud.command(str(file), "--yes", "--json", "--detach", "--batch-size", "10", "--max-concurrency", "4")
    bulk_id = json.loads(started.stdout)["bulk_id"]
    wait_for_effects(ledger, 25)
    with cloud.executor() as executor:
        with pytest.raises(BulkRunningError, match="is running"):
            executor.resume_bulk_sync(bulk_id)
        stopped = executor.cancel_bulk_sync(bulk_id).to_json()
    before = written(ledger)
    standing = {result.line: result for result in cloud.bulks.results(bulk_id, frozenset({"put_line"}))}

    assert stopped["status"] == "partial"
    assert stopped["counts"]["open"] == 0
    assert stopped["counts"]["missing"] > 0
    assert all(before[f"t{line}"] == 1 for line, result in standing.items() if result.success)

    resumed = cloud.command(str(file), "--resume", "--yes", "--json")
    report, after = json.loads(resumed.stdout), written(ledger)
    held = report["counts"]["held"]

    assert report["counts"]["missing"] == 0
    assert report["counts"]["success"] == 120 - held
    assert resumed.returncode == (1 if held else 0)
    assert report["runs"][1]["calls"] == stopped["counts"]["missing"]
    assert all(after[f"t{line}"] == before[f"t{line}"] for line, result in standing.items() if result.success)
    assert all(after[f"t{line}"] == 1 for line in range(1, 121, 2)), "what may change things ran once"
    executions = [cloud.calls(own_id) for run, own_id, _ in cloud.index(bulk_id) if run.run == 2]
    assert sum(len(found) for found in executions) == stopped["counts"]["missing"]


def test_retry_failed_runs_what_failed_again_under_other_ids_and_the_old_records_stay(
    cloud: BulkCloud, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    calls: list[Any] = [entry(ledger, f"t{n}", "add_line") for n in range(4)]
    calls.append(entry(ledger, "refused", "look_often", trouble="refuses_input"))
    calls.append(entry(ledger, "dead", "add_line", trouble="dies_after"))
    with cloud.executor() as executor:
        first = executor.execute_bulk_sync(calls, QUICK)
        resumed = executor.resume_bulk_sync(first.bulk_id)
        retried = executor.resume_bulk_sync(first.bulk_id, retry_failed=True)
        results = list(executor.bulk_results_sync(first.bulk_id))
    refused = [own_id for _, own_id, lines in cloud.index(first.bulk_id) if 5 in lines]

    assert (first.counts["success"], first.counts["failed"], first.counts["held"]) == (4, 1, 1)
    assert len(resumed.runs) == 1, "nothing was missing"
    assert [run.kind for run in retried.runs] == ["first", "retry"]
    assert retried.runs[1].calls == 1
    assert retried.counts == first.counts
    assert written(ledger)["dead"] == 1, "what may have had an effect is not run again"
    assert len(refused) == 2
    assert [[call["status"] for call in cloud.calls(own_id) if call["call_id"] == "line-5"] for own_id in refused] == [
        ["failed"],
        ["failed"],
    ]
    assert results[4].result is not None
    assert results[4].result.execution_id == refused[1]


def test_when_more_batches_fail_than_are_tolerated_the_rest_is_not_begun_and_a_resume_runs_it(
    cloud: BulkCloud, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    bad = [entry(ledger, f"b{n}", "look_often", trouble="refuses_input") for n in range(9)]
    good = [entry(ledger, f"g{n}") for n in range(21)]
    settings = replace(QUICK, batch_size=3, max_concurrency=1, tolerate=10)
    with cloud.executor() as executor:
        report = executor.execute_bulk_sync([*bad, *good], settings)
        resumed = executor.resume_bulk_sync(report.bulk_id, replace(settings, tolerate=100))
        results = list(executor.bulk_results_sync(report.bulk_id))
    state = report.states[0]

    assert (state.status, state.error) == ("FAILED", "TooManyBatchesFailed")
    assert "more than 10 % of its batches failed" in str(state.cause)
    assert report.counts["failed"] == 6
    assert report.counts["missing"] == 24
    assert resumed.counts == {"total": 30, "missing": 0, "open": 0, "success": 21, "failed": 9, "held": 0}
    assert [result.success for result in results] == [False] * 9 + [True] * 21


def test_a_file_that_was_changed_is_noticed_and_one_that_reads_the_same_is_not(
    cloud: BulkCloud, tmp_path: Path
) -> None:
    calls = [{"tool_name": "echo", "input": {"text": f"{tmp_path} {n}"}} for n in range(3)]
    file = write(calls, tmp_path)
    bulk_id = json.loads(cloud.command(str(file), "--yes", "--json").stdout)["bulk_id"]
    file.write_text(file.read_text("utf-8").replace("\n", " \r\n"), "utf-8")
    unchanged = cloud.command("--resume", str(file), "--yes", "--json")
    write([*calls[:2], {"tool_name": "echo", "input": {"text": "another"}}], tmp_path)
    changed = cloud.command("--resume", str(file), "--yes", "--json")
    by_id = cloud.command("resume", bulk_id, "--file", str(file), "--yes", "--json")

    assert (unchanged.returncode, json.loads(unchanged.stdout)["bulk_id"]) == (0, bulk_id)
    assert (changed.returncode, json.loads(changed.stdout)["error_code"]) == (2, BulkChangedError.code)
    assert bulk_id in json.loads(changed.stdout)["error"]
    assert json.loads(by_id.stdout)["error_code"] == BulkChangedError.code


def test_two_resumes_at_once_do_not_run_a_call_twice(cloud: BulkCloud, tmp_path: Path) -> None:
    with cloud.executor() as executor:
        report = executor.execute_bulk_sync(
            [entry(tmp_path / "ledger", f"t{n}", trouble="refuses_input") for n in range(3)], QUICK
        )
    bulks, catalog = cloud.bulks, executor.catalog_sync()
    one, other = (bulks.resumption(report.bulk_id, catalog, retry_failed=True) for _ in range(2))
    assert one is not None
    assert other is not None
    bulks.start(one, kind="retry")
    with pytest.raises(BulkRunningError, match="run 2"):
        bulks.start(other, kind="retry")


def test_a_resume_after_a_start_that_never_happened_runs_everything(
    cloud: BulkCloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = tmp_path / "ledger"
    with monkeypatch.context() as patch, cloud.executor() as executor:
        patch.setattr(Beginnings, "start", lambda _self, _run: None)
        report = executor.execute_bulk_sync([entry(ledger, f"t{n}") for n in range(4)], QUICK, wait=False)
    with cloud.executor() as executor:
        with pytest.raises(BulkRunningError, match="being uploaded"):
            executor.resume_bulk_sync(report.bulk_id)
        executor.cancel_bulk_sync(report.bulk_id)
    with pytest.raises(BulkGivenUpError):
        cloud.bulks._beginnings.start(report.runs[0])
    with cloud.executor() as executor:
        resumed = executor.resume_bulk_sync(report.bulk_id)

    assert (report.states[0].status, report.counts["missing"]) == ("NEVER_STARTED", 4)
    assert resumed.all_succeeded
    assert written(ledger) == Counter({f"t{n}": 1 for n in range(4)})


def test_one_batch_can_be_cancelled_by_itself_like_any_execution(cloud: BulkCloud, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    calls = [entry(ledger, f"t{n}", seconds=1.0) for n in range(8)]
    with cloud.executor() as executor:
        settings = replace(QUICK, batch_size=4, calls_at_once=1)
        report = executor.execute_bulk_sync(calls, settings, wait=False)
        wait_for_effects(ledger)
        cancelled = executor.cancel_sync(f"{report.bulk_id}-1-000000")
        until(lambda: not executor.bulk_report_sync(report.bulk_id).is_running, seconds=120, look_each=0.2)
        now = executor.bulk_report_sync(report.bulk_id)

    assert cancelled.stopped
    assert now.states[0].batches["aborted"] + now.states[0].batches["failed"] == 1
    assert now.counts["missing"] >= 2
    assert now.counts["success"] >= 4


def test_a_task_that_is_cancelled_cancels_its_bulk(cloud: BulkCloud, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"

    async def run() -> str:
        async with cloud.executor() as executor:
            calls = [entry(ledger, f"t{n}", seconds=1.0) for n in range(40)]
            task = asyncio.create_task(executor.execute_bulk(calls, replace(QUICK, calls_at_once=1)))
            await asyncio.to_thread(wait_for_effects, ledger)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        return cloud.bulks.listed(1)[0][0].bulk_id

    report = cloud.bulks.report(asyncio.run(run()), frozenset())
    assert report.states[0].status == "ABORTED"
    assert report.counts["open"] == 0
    assert report.counts["missing"] > 0
