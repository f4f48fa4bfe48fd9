"""Bulks on a deployment: every call has one record that counts, a resume does what is missing and nothing else."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.conftest import PROBE, ROOT, clean_environment, serving
from tool_contract.record import EXECUTION_CALL_ID
from tool_executor import BulkNotFoundError, BulkReport, BulkSettings, InvalidBulkError, ToolCall, ToolExecutor
from tool_executor.aws import Aws
from tool_executor.bulk.beginning import Beginnings
from tool_executor.bulk.bulks import Bulks
from tool_executor.bulk.errors import BulkChangedError, BulkGivenUpError, BulkNotConfirmedError, BulkRunningError
from tool_executor.deployment import Deployment, find_deployment
from tool_executor.history import History

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from tool_executor.bulk.manifest import RunManifest

LEDGER = "tests/tool_groups/ledger"
QUICK = BulkSettings(batch_size=10, max_concurrency=6, calls_at_once=4, timeout_seconds=120, tolerate=100)

pytestmark = pytest.mark.xdist_group("bulk")


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


@pytest.fixture(scope="module")
def cloud() -> Iterator[BulkCloud]:
    with serving("--extra-group", PROBE, "--extra-group", LEDGER) as ready:
        aws = Aws(ready["region"], ready["endpoint_url"])
        yield BulkCloud(aws, find_deployment(aws, "dev"), clean_environment(ready), ready["pid"])


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
    while sum(written(ledger).values()) < count:
        time.sleep(0.05)


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
    rows = {line: rows for _, own_id, lines in cloud.index(bulk_id) for line, rows in _by_line(cloud, own_id, lines)}

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


def _by_line(cloud: BulkCloud, execution_id: str, lines: list[int]) -> list[tuple[int, list[dict[str, Any]]]]:
    calls = cloud.calls(execution_id)
    return [(line, [call for call in calls if call["position"] == position]) for position, line in enumerate(lines)]


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


def test_results_come_in_the_order_of_the_lines_and_are_the_records(cloud: BulkCloud, tmp_path: Path) -> None:
    calls = [{"tool_name": "echo", "input": {"text": f"t{number}"}} for number in range(25)]
    calls[7] = {"tool_name": "missing", "input": {"name": "x"}}
    calls[9] = {"tool_name": "large", "input": {"size": 30_000}}
    file, out = write(calls, tmp_path), tmp_path / "results.jsonl"
    run = cloud.command(str(file), "--yes", "--json", "--batch-size", "4")
    bulk_id = json.loads(run.stdout)["bulk_id"]
    read = cloud.command("results", bulk_id, "--out", str(out))
    lines = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    records = [
        (line, own_id, found)
        for _, own_id, numbers in cloud.index(bulk_id)
        for line, found in _by_line(cloud, own_id, numbers)
    ]

    assert (run.returncode, read.returncode) == (1, 1)
    assert [line["line"] for line in lines] == list(range(1, 26))
    assert [line["result"]["text"] for line in lines[:7]] == [f"t{number}" for number in range(7)]
    assert (lines[7]["status"], lines[7]["error_code"]) == ("failed", "NotFound")
    assert lines[9]["result"] == "x" * 30_000
    assert [(line, own_id, found[0]["call_id"], found[0]["status"]) for line, own_id, found in records] == [
        (line["line"], line["execution_id"], line["call_id"], line["status"]) for line in lines
    ]


def test_what_the_results_in_s3_lack_comes_from_the_records(cloud: BulkCloud) -> None:
    with cloud.executor() as executor:
        report = executor.execute_bulk_sync([ToolCall("echo", {"text": str(n)}) for n in range(12)], QUICK)
        from_s3 = [result.to_json() for result in executor.bulk_results_sync(report.bulk_id)]
        for key in cloud.bulks._store._keys(f"bulk/{report.bulk_id}/run-0001/results/"):
            cloud.aws.s3.delete_object(Bucket=cloud.deployment.artifact_bucket, Key=key)
        from_records = [result.to_json() for result in executor.bulk_results_sync(report.bulk_id)]

    assert report.all_succeeded
    assert [line["result"]["text"] for line in from_s3] == [str(n) for n in range(12)]
    assert from_records == from_s3


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


def test_a_batch_of_which_one_call_succeeds_has_not_failed(cloud: BulkCloud) -> None:
    mixed = [{"tool_name": "missing", "input": {"name": "x"}}, {"tool_name": "noop", "input": {}}] * 5
    with cloud.executor() as executor:
        report = executor.execute_bulk_sync(mixed, replace(QUICK, batch_size=2, tolerate=0))

    assert report.states[0].status == "SUCCEEDED"
    assert (report.counts["success"], report.counts["failed"]) == (5, 5)
    assert report.status == "partial"


def test_calls_larger_than_a_child_takes_run_too(cloud: BulkCloud, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    calls = [entry(ledger, f"t{n}", note="x" * 300_000 if n == 1 else "") for n in range(3)]
    with cloud.executor() as executor:
        report = executor.execute_bulk_sync(calls, QUICK)

    assert report.all_succeeded
    assert report.runs[0].batches == 3
    assert written(ledger) == Counter({"t0": 1, "t1": 1, "t2": 1})


def test_an_async_iterable_is_read_as_it_comes_and_its_results_too(cloud: BulkCloud) -> None:
    async def calls() -> AsyncIterator[dict[str, Any]]:
        for number in range(230):
            yield {"tool_name": "echo", "input": {"text": str(number)}}

    async def run() -> tuple[BulkReport, list[str]]:
        async with cloud.executor() as executor:
            report = await executor.execute_bulk(calls(), replace(QUICK, batch_size=100, calls_at_once=10))
            results = executor.bulk_results(report.bulk_id)
            return report, [each.result.result["text"] async for each in results if each.result]

    report, texts = asyncio.run(run())
    assert report.all_succeeded
    assert texts == [str(number) for number in range(230)]


def test_of_a_program_too_everything_is_told_before_anything_runs(cloud: BulkCloud, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    bad: list[Any] = [entry(ledger, "t"), {"tool_name": "loook", "input": {}}, "no call"]
    with cloud.executor() as executor:
        with pytest.raises(InvalidBulkError) as raised:
            executor.execute_bulk_sync(bad, QUICK)
        with pytest.raises(BulkNotConfirmedError):
            executor.execute_bulk_sync(bad[:1], QUICK, confirm=lambda prepared: prepared.estimate.dollars[1] < 0)
        with pytest.raises(BulkNotFoundError):
            executor.bulk_report_sync("bulk-20200101-0")

    assert [problem.line for problem in raised.value.problems] == [2, 3]
    assert written(ledger) == Counter()


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


def test_the_estimate_counts_the_transitions_that_the_children_and_the_run_then_take(cloud: BulkCloud) -> None:
    with cloud.executor() as executor:
        estimates: list[float] = []
        report = executor.execute_bulk_sync(
            [ToolCall("noop") for _ in range(10)],
            replace(QUICK, batch_size=4),
            confirm=lambda prepared: not estimates.append(prepared.estimate.best.state_transitions),
        )
    client, machine = cloud.aws.step_functions, cloud.bulks._machine
    parent = machine.execution_arn(report.runs[0])
    (run,) = client.list_map_runs(executionArn=parent)["mapRuns"]
    children = client.list_executions(mapRunArn=run["mapRunArn"])["executions"]
    arns = [parent, *(child["executionArn"] for child in children)]
    entered = sum(
        event["type"].endswith("StateEntered")
        for arn in arns
        for page in client.get_paginator("get_execution_history").paginate(executionArn=arn)
        for event in page["events"]
    )

    assert len(children) == 3
    # The start of each child is a transition of the parent's that no history shows.
    assert estimates == [entered + len(children)]


def test_each_batch_is_found_in_the_history_by_an_id_that_can_be_told(cloud: BulkCloud) -> None:
    with cloud.executor() as executor:
        report = executor.execute_bulk_sync([ToolCall("noop") for _ in range(4)], replace(QUICK, batch_size=2))
    history = History(cloud.aws, cloud.deployment.history_table)
    records = history.execution(f"{report.bulk_id}-1-000001")

    assert [record["call_id"] for record in records] == [EXECUTION_CALL_ID, "line-3", "line-4"]
    assert {record["correlation_id"] for record in records} == {f"{report.bulk_id}-1-000001"}
    assert "/Batches:" in records[0]["execution_arn"]


def test_one_batch_can_be_cancelled_by_itself_like_any_execution(cloud: BulkCloud, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    calls = [entry(ledger, f"t{n}", seconds=1.0) for n in range(8)]
    with cloud.executor() as executor:
        settings = replace(QUICK, batch_size=4, calls_at_once=1)
        report = executor.execute_bulk_sync(calls, settings, wait=False)
        wait_for_effects(ledger)
        cancelled = executor.cancel_sync(f"{report.bulk_id}-1-000000")
        while (now := executor.bulk_report_sync(report.bulk_id)).is_running:
            time.sleep(0.2)

    assert cancelled.stopped
    assert now.states[0].batches["aborted"] + now.states[0].batches["failed"] == 1
    assert now.counts["missing"] >= 2
    assert now.counts["success"] >= 4


def test_the_list_has_the_newest_first(cloud: BulkCloud) -> None:
    with cloud.executor() as executor:
        ids = [executor.execute_bulk_sync([ToolCall("noop")], QUICK).bulk_id for _ in range(2)]
    listed = json.loads(cloud.command("list", "--json").stdout)["bulks"]
    shown = cloud.command("list", "--limit", "1")

    assert [each["bulk_id"] for each in listed][:2] == ids[::-1]
    assert listed[0]["status"] == "succeeded"
    assert "noop" not in shown.stdout
    assert shown.returncode == 0


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
