"""The bulk machine's own expressions, in both engines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.fake_clock import START_MS
from tool_executor.bulk.manifest import RunManifest
from tool_executor.bulk.settings import BulkSettings

if TYPE_CHECKING:
    from tests.unit.workflow.engines import Engines

DEFINITION: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[3] / "infra" / "bulk.asl.json").read_text("utf-8")
)
MAP: dict[str, Any] = DEFINITION["States"]["RunBatches"]
INNER: dict[str, Any] = MAP["ItemProcessor"]["States"]
RUN = RunManifest(
    bulk_id="bulk-1",
    run=2,
    kind="resume",
    created_at="2026-11-29T10:00:00.000Z",
    batches=3,
    calls=9,
    settings=BulkSettings(max_concurrency=7, tolerate=2.5),
)


def evaluated(engines: Engines, template: Any, **states: Any) -> Any:
    return engines.evaluate(template, states, START_MS)


def test_what_the_client_sends_is_what_the_machine_reads(engines: Engines) -> None:
    reader, writer = MAP["ItemReader"]["Arguments"]["Key"], MAP["ResultWriter"]["Arguments"]["Prefix"]

    assert evaluated(engines, reader, input=RUN.machine_input) == "bulk/bulk-1/run-0002/batches.jsonl"
    assert evaluated(engines, writer, input=RUN.machine_input) == "bulk/bulk-1/run-0002/results"
    assert evaluated(engines, MAP["MaxConcurrency"], input=RUN.machine_input) == 7
    assert evaluated(engines, MAP["ToleratedFailurePercentage"], input=RUN.machine_input) == 2.5


def test_the_bulks_output_says_where_the_results_are(engines: Engines) -> None:
    result = {"ResultWriterDetails": {"Bucket": "b", "Key": "k/manifest.json"}}

    assert evaluated(engines, MAP["Output"], input=RUN.machine_input, result=result) == {
        "bulk_id": "bulk-1",
        "run": 2,
        "results": "k/manifest.json",
    }


@pytest.mark.parametrize(("success", "failed"), [(0, True), (1, False), (50, False)])
def test_a_batch_has_failed_if_none_of_its_calls_succeeded(engines: Engines, success: int, *, failed: bool) -> None:
    condition = INNER["JudgeBatch"]["Choices"][0]["Condition"]

    assert evaluated(engines, condition, input={"counts": {"total": 50, "success": success}}) is failed


def test_a_failed_batch_names_itself(engines: Engines) -> None:
    cause = evaluated(engines, INNER["BatchFailed"]["Cause"], input={"execution_id": "bulk-1-2-000001"})

    assert "bulk-1-2-000001" in cause


@pytest.mark.parametrize(
    ("number", "error", "said"),
    [
        (0, {"Error": "States.ExceedToleratedFailureThreshold", "Cause": "x"}, "more than 2.5 % of its batches failed"),
        (1, {"Error": "States.ItemReaderFailed", "Cause": "no such key"}, "States.ItemReaderFailed: no such key"),
        (1, {"Error": "States.ItemReaderFailed"}, "States.ItemReaderFailed: "),
    ],
)
def test_a_bulk_that_fails_says_why_in_a_sentence(
    engines: Engines, number: int, error: dict[str, str], said: str
) -> None:
    output = evaluated(engines, MAP["Catch"][number]["Output"], input=RUN.machine_input, errorOutput=error)

    assert "bulk-1" in output["cause"]
    assert said in output["cause"]
