"""Bulks on a deployment: what runs, what comes of it, and how it is found."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.bulk_cloud import QUICK, BulkCloud, bulk_cloud, entry, write, written
from tool_contract.record import EXECUTION_CALL_ID
from tool_executor import BulkNotFoundError, BulkReport, InvalidBulkError, ToolCall
from tool_executor.bulk.errors import BulkNotConfirmedError
from tool_executor.history import History

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = pytest.mark.xdist_group("bulk")


@pytest.fixture(scope="module")
def cloud() -> Iterator[BulkCloud]:
    with bulk_cloud() as ready:
        yield ready


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
        for line, found in cloud.calls_by_line(own_id, numbers)
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


def test_the_list_has_the_newest_first(cloud: BulkCloud) -> None:
    with cloud.executor() as executor:
        ids = [executor.execute_bulk_sync([ToolCall("noop")], QUICK).bulk_id for _ in range(2)]
    listed = json.loads(cloud.command("list", "--json").stdout)["bulks"]
    shown = cloud.command("list", "--limit", "1")

    assert [each["bulk_id"] for each in listed][:2] == ids[::-1]
    assert listed[0]["status"] == "succeeded"
    assert "noop" not in shown.stdout
    assert shown.returncode == 0
