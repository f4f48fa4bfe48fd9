"""What a bulk's settings may be, and what is written down of a bulk."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tool_executor.bulk.manifest import BatchEntry, BulkManifest, RunManifest, ranges_of
from tool_executor.bulk.settings import BulkSettings
from tool_executor.bulk.spool import OutputSpool
from tool_executor.errors import InvalidRequestError


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"batch_size": 0}, "/batch_size"),
        ({"batch_size": 251}, "/batch_size"),
        ({"batch_size": 2.5}, "/batch_size"),
        ({"batch_size": True}, "/batch_size"),
        ({"max_concurrency": 10_001}, "/max_concurrency"),
        ({"calls_at_once": 41}, "/calls_at_once"),
        ({"timeout_seconds": 86_401}, "/timeout_seconds"),
        ({"tolerate": 100.5}, "/tolerate"),
        ({"tolerate": -1}, "/tolerate"),
        ({"tolerate": "all"}, "/tolerate"),
    ],
)
def test_a_setting_that_cannot_be_used_is_told(said: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InvalidRequestError) as raised:
        BulkSettings(**said).check()

    assert [problem["pointer"] for problem in raised.value.problems] == [pointer]


def test_a_batch_of_express_children_must_end_before_five_minutes_are_up() -> None:
    assert BulkSettings(timeout_seconds=300).check("STANDARD")
    with pytest.raises(InvalidRequestError):
        BulkSettings(timeout_seconds=300).check("EXPRESS")


def test_unless_more_is_asked_for_no_more_tools_run_at_once_than_a_young_account_runs() -> None:
    assert BulkSettings().max_concurrency * BulkSettings().calls_at_once == 10


def test_manifests_come_back_as_they_were_written() -> None:
    settings = BulkSettings(batch_size=7, tolerate=2.5, caller="report")
    bulk = BulkManifest(
        bulk_id="b",
        created_at="2026-11-29T10:00:00.000Z",
        source="f",
        sha256="0",
        calls=2,
        last_line=9,
        settings=settings,
    )
    run = RunManifest(
        bulk_id="b", run=2, kind="retry", created_at="2026-11-29T10:00:00.000Z", batches=1, calls=2, settings=settings
    )

    assert BulkManifest.from_json(bulk.to_json()) == bulk
    assert RunManifest.from_json(run.to_json()) == run
    assert (run.name, run.machine_input["batches"]) == ("b-2", "bulk/b/run-0002/batches.jsonl")


@given(st.sets(st.integers(1, 200), min_size=1))
def test_ranges_name_the_lines_and_no_others(lines: set[int]) -> None:
    entry = BatchEntry("x", ranges_of(sorted(lines)))

    assert list(BatchEntry.from_text(entry.to_text()).lines) == sorted(lines)
    assert entry.calls == len(lines)


def test_outputs_are_found_by_their_execution_and_what_is_none_is_passed_over() -> None:
    with OutputSpool() as spool:
        spool.fill(['{"execution_id":"b","results":[2]}', "broken", '{"other":1}', '{"execution_id":"ä","results":[]}'])

        assert spool.get("b") == {"execution_id": "b", "results": [2]}
        assert spool.get("ä") == {"execution_id": "ä", "results": []}
        assert spool.get("a") is None
