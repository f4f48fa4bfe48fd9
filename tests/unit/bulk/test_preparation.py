"""A prepared run: what would be uploaded, what it holds in memory, what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.bulk.bulk_lines import batches, catalog, echo, jsonl, preparation, prepare, read
from tool_contract.limits import MAX_REQUEST_BYTES, MAX_STATE_BYTES
from tool_contract.preflight import preflight
from tool_contract.request import check_request
from tool_executor.bulk.errors import SHOWN_PROBLEMS, InvalidBulkError
from tool_executor.bulk.manifest import BatchEntry
from tool_executor.bulk.source import Line
from tool_executor.errors import InvalidRequestError

TEXTS = st.lists(st.integers(0, 20_000), min_size=1, max_size=25)


@settings(max_examples=25, deadline=None)
@given(TEXTS, st.integers(1, 9))
def test_each_call_is_in_one_batch_that_the_planner_takes(sizes: list[int], batch_size: int) -> None:
    calls = [echo("x" * size, call_id=f"c{number}") for number, size in enumerate(sizes)]
    prepared = prepare(calls, batch_size=batch_size)
    written = batches(prepared)
    index = [BatchEntry.from_text(line) for line in prepared.index.read_text("utf-8").splitlines()]
    prepared.discard()

    assert [call for batch in written for call in batch["request"]["calls"]] == calls
    assert [line for entry in index for line in entry.lines] == list(range(1, len(calls) + 1))
    assert [entry.execution_id for entry in index] == [batch["execution_id"] for batch in written]
    for batch in written:
        assert len(batch["request"]["calls"]) <= batch_size
        assert len(json.dumps(batch, separators=(",", ":"), ensure_ascii=False).encode()) <= MAX_STATE_BYTES
        preflight(check_request(batch["request"], catalog()), catalog()).require_fit()


def test_ids_are_told_by_the_bulk_the_run_and_the_batchs_number() -> None:
    prepared = prepare([echo()] * 5, batch_size=2)

    assert [batch["execution_id"] for batch in batches(prepared)] == [f"bulk-x-1-00000{n}" for n in range(3)]
    prepared.discard()


def test_the_largest_batches_of_the_heaviest_calls_still_fit_into_an_execution() -> None:
    heavy = echo(max_retries=10, fallbacks=[{"tool_name": "echo", "input": {}, "max_retries": 10}] * 5)
    prepared = prepare([heavy] * 300, batch_size=250)
    sizes = [len(batch["request"]["calls"]) for batch in batches(prepared)]

    assert sum(sizes) == 300
    assert max(sizes) < 250
    for batch in batches(prepared):
        preflight(check_request(batch["request"], catalog()), catalog()).require_fit()
    prepared.discard()


def test_a_call_larger_than_a_child_takes_rides_in_s3_by_itself() -> None:
    large = echo("x" * (MAX_REQUEST_BYTES + 1))
    prepared = prepare([echo("a"), large, echo("b")])
    first, by_reference, last = batches(prepared)
    (sha256,) = prepared.large

    assert by_reference["request"]["request_ref"]["key"] == f"requests/{sha256}"
    assert by_reference["request"]["request_ref"]["bucket"] == "artifacts"
    assert json.loads((prepared.folder / sha256).read_bytes())["calls"][0]["input"] == large["input"]
    assert [batch["request"]["calls"][0]["input"]["text"] for batch in (first, last)] == ["a", "b"]
    prepared.discard()


def test_all_problems_of_all_lines_are_told_and_nothing_is_left_behind() -> None:
    own = preparation()
    for line in read(jsonl([echo(), {"tool_name": "nope", "input": {}}]) + b"{\n" + jsonl([echo(max_retries=99)])):
        own.add(line)
    with pytest.raises(InvalidBulkError) as raised, own:
        own.prepared()
    told = raised.value.to_json()

    assert [(each["line"], each["pointer"]) for each in told["details"]] == [
        (2, "/tool_name"),
        (3, ""),
        (4, "/max_retries"),
    ]
    assert "3 problems in 4 lines" in raised.value.sentence
    assert "line 2: /tool_name" in str(raised.value.details)
    assert not own._folder.exists()


def test_of_many_problems_the_first_are_shown_and_all_are_counted() -> None:
    with pytest.raises(InvalidBulkError) as raised:
        prepare([{"tool_name": "nope", "input": {}}] * 500)

    assert raised.value.count == 500
    assert len(str(raised.value.details).splitlines()) == SHOWN_PROBLEMS + 1
    assert str(raised.value.details).endswith("and 480 more")
    assert len(raised.value.problems) == 100


def test_a_bulk_without_calls_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="1 problem"):
        prepare([])


def test_the_content_is_what_calls_say_and_not_how_the_file_writes_it() -> None:
    def sha(text: bytes) -> str:
        with preparation() as own:
            for line in read(text):
                own.add(line)
            prepared = own.prepared()
        prepared.discard()
        return prepared.sha256

    calls = [echo("a"), echo("b")]
    spaced = b"".join(json.dumps(call, indent=None, separators=(" , ", " : ")).encode() + b"\r\n" for call in calls)

    assert sha(jsonl(calls)) == sha(spaced)
    assert sha(jsonl(calls)) != sha(jsonl(calls[::-1]))
    assert sha(jsonl(calls)) != sha(jsonl([echo("a"), echo("c")]))


def test_the_estimate_counts_transitions_exactly_when_all_goes_well() -> None:
    prepared = prepare([echo()] * 7, batch_size=3)
    prepared.discard()

    # A child: Plan, RunCalls, Finish, JudgeBatch, BatchEnded and one a call; the run: RunBatches, and each start.
    assert prepared.estimate.best.state_transitions == 3 * 5 + 7 + 1 + 3
    best, worst = prepared.estimate.dollars
    assert 0 < best < worst


def test_express_batches_are_paid_by_request_and_duration_and_only_the_run_by_transition() -> None:
    prepared = prepare([echo()] * 7, batch_size=3, express=True)
    prepared.discard()

    best, worst = prepared.estimate.best, prepared.estimate.worst
    assert (best.state_transitions, worst.state_transitions) == (1 + 3, 1 + 3)
    assert best.express_requests == worst.express_requests == 3
    assert 0 < best.express_gb_hours < worst.express_gb_hours


def test_of_very_many_batches_the_estimate_goes_by_some_and_comes_to_the_same() -> None:
    prepared = prepare([echo()] * 460, batch_size=1)
    prepared.discard()

    assert prepared.estimate.batches == 460
    assert prepared.estimate.best.state_transitions == pytest.approx(460 * 7 + 1, rel=0.01)


def test_discarding_removes_the_files(tmp_path: Path) -> None:
    prepared = prepare([echo()])
    assert prepared.batches.is_file()
    prepared.discard()
    assert not prepared.folder.exists()
    assert tmp_path.exists()


def test_a_line_keeps_its_number_where_others_are_left_out() -> None:
    with preparation(run=2) as own:
        for number in (3, 4, 9):
            own.add(Line(number, echo(call_id=f"line-{number}")))
        prepared = own.prepared()
    (entry,) = [BatchEntry.from_text(line) for line in prepared.index.read_text("utf-8").splitlines()]
    prepared.discard()

    assert entry.ranges == ((3, 2), (9, 1))
    assert (list(entry.lines), entry.calls) == ([3, 4, 9], 3)
