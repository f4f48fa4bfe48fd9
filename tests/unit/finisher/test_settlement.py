"""How calls end that never ended by themselves."""

from __future__ import annotations

from typing import Any

import pytest

from lambdas.finisher.settlement import Ending, settle
from tests.unit.runtime.fake_clock import START, START_MS
from tool_contract.timestamps import iso_from_ms

READ_ONLY = frozenset({"reads"})
DEADLINE_MS = START_MS + 60_000
EARLY, LATE = START_MS + 5_000, DEADLINE_MS


def _row(call_id: str, status: str, **changes: Any) -> dict[str, Any]:
    begun = {"attempt_started_at": iso_from_ms(START_MS + 2_000)} if status in {"running", "retrying"} else {}
    return {"call_id": call_id, "status": status, "tool_name": "orders", "started_at": START, **begun, **changes}


def _settled(
    rows: list[dict[str, Any]], *, mode: str = "parallel", ending: Ending = Ending.FINISHED, now_ms: int = EARLY,
    unrecorded: dict[str, Any] | None = None, left: dict[str, Any] | None = None,
) -> dict[str, dict[str, Any]]:  # fmt: skip
    settlements = settle(
        {"mode": mode, "deadline": iso_from_ms(DEADLINE_MS)}, rows, ending=ending, now_ms=now_ms,
        read_only_tools=READ_ONLY, unrecorded=unrecorded or {}, left=left or {},
    )  # fmt: skip
    return {settlement.call_id: dict(settlement.attributes) for settlement in settlements}


SKIPPED, TIMEOUT = ("skipped", "Skipped", "none"), ("timeout", "DeadlineExceeded", "none")
TIMEOUT_UNKNOWN = ("timeout", "DeadlineExceeded", "unknown")
CANCELLED, CANCELLED_UNKNOWN = ("cancelled", "Cancelled", "none"), ("cancelled", "Cancelled", "unknown")
LOST, LOST_UNKNOWN = ("failed", "ToolCrashed", "none"), ("failed", "ToolCrashed", "unknown")


@pytest.mark.parametrize(
    ("mode", "ending", "now_ms", "pending", "running"),
    [
        ("parallel", Ending.FINISHED, EARLY, LOST, LOST_UNKNOWN),
        ("parallel", Ending.FINISHED, LATE, TIMEOUT, TIMEOUT_UNKNOWN),
        ("parallel", Ending.FAILED, EARLY, LOST, LOST_UNKNOWN),
        ("parallel", Ending.FAILED, LATE, TIMEOUT, TIMEOUT_UNKNOWN),
        ("parallel", Ending.TIMED_OUT, EARLY, TIMEOUT, TIMEOUT_UNKNOWN),
        ("parallel", Ending.TIMED_OUT, LATE, TIMEOUT, TIMEOUT_UNKNOWN),
        ("parallel", Ending.CANCELLED, EARLY, CANCELLED, CANCELLED_UNKNOWN),
        ("parallel", Ending.CANCELLED, LATE, CANCELLED, CANCELLED_UNKNOWN),
        ("sequence", Ending.FINISHED, EARLY, SKIPPED, LOST_UNKNOWN),
        ("sequence", Ending.FINISHED, LATE, SKIPPED, TIMEOUT_UNKNOWN),
        ("sequence", Ending.TIMED_OUT, LATE, SKIPPED, TIMEOUT_UNKNOWN),
        ("sequence", Ending.CANCELLED, EARLY, CANCELLED, CANCELLED_UNKNOWN),
    ],
)
def test_open_calls_end_by_how_the_execution_ended(
    mode: str, ending: Ending, now_ms: int, pending: tuple[str, ...], running: tuple[str, ...]
) -> None:
    rows = [
        _row("done", "success"), _row("failed", "failed", error_code="NotFound"),
        _row("running", "running"), _row("retrying", "retrying"), _row("pending", "pending"),
    ]  # fmt: skip

    settled = _settled(rows, mode=mode, ending=ending, now_ms=now_ms)

    told = {call_id: (end["status"], end["error_code"], end["effect"]) for call_id, end in settled.items()}
    assert told == {"running": running, "retrying": running, "pending": pending}


def test_a_sequence_that_met_its_deadline_skipped_nothing() -> None:
    rows = [_row("a", "success"), _row("b", "timeout", error_code="DeadlineExceeded"), _row("c", "pending")]

    assert _settled(rows, mode="sequence", now_ms=LATE)["c"]["status"] == "timeout"


def test_a_sequence_that_a_tools_own_timeout_stopped_is_skipped() -> None:
    rows = [_row("a", "timeout", error_code="ToolTimeout"), _row("b", "pending")]

    assert _settled(rows, mode="sequence", now_ms=LATE)["b"]["status"] == "skipped"


@pytest.mark.parametrize("first", ["pending", "running", "retrying"])
def test_a_sequence_that_stopped_at_a_call_nobody_could_write_down_is_skipped_after_it(first: str) -> None:
    settled = _settled(
        [_row("a", "success"), _row("b", first), _row("c", "pending"), _row("d", "pending")], mode="sequence"
    )

    assert [settled[call_id]["status"] for call_id in ("b", "c", "d")] == ["failed", "skipped", "skipped"]


def test_a_failure_that_could_not_be_written_down_is_told_as_it_was() -> None:
    failure = {"call_id": "a", "status": "timeout", "error_code": "ToolTimeout", "error": "Too slow."}
    rows = [_row("a", "running"), _row("b", "running"), _row("c", "pending")]

    for now_ms in (EARLY, LATE):
        settled = _settled(rows, unrecorded={"a": failure}, now_ms=now_ms)
        assert (settled["a"]["status"], settled["a"]["error_code"], settled["a"]["error"]) == (
            "timeout", "ToolTimeout", "Too slow.",
        )  # fmt: skip
        assert settled["b"]["error_code"] != "ToolTimeout"


@pytest.mark.parametrize(
    ("row", "effect"),
    [
        (_row("a", "running", tool_name="reads"), "none"),
        (_row("a", "running", tool_name="orders"), "unknown"),
        (_row("a", "pending", tool_name="orders"), "none"),
        (_row("a", "running", tool_name="a tool that the catalog has lost"), "unknown"),
    ],
)
def test_only_what_has_begun_and_may_write_has_an_unknown_effect(row: dict[str, Any], effect: str) -> None:
    assert _settled([row])["a"]["effect"] == effect


def test_a_settled_call_has_all_that_an_envelope_needs() -> None:
    settled = _settled([_row("a", "running"), _row("b", "pending")], ending=Ending.CANCELLED)

    assert settled["a"] == {
        "status": "cancelled", "error_code": "Cancelled", "error": "The execution was stopped before the call ended.",
        "effect": "unknown", "retryable": False, "fallback_used": False, "finished_at": iso_from_ms(EARLY),
        "execution_time_ms": 3_000,
    }  # fmt: skip
    assert settled["b"]["execution_time_ms"] == 0


def test_a_call_that_has_ended_is_not_touched() -> None:
    rows = [
        _row(status, status, error_code="NotFound")
        for status in ("success", "failed", "timeout", "skipped", "cancelled")
    ]

    for ending in Ending:
        assert _settled(rows, ending=ending, now_ms=LATE) == {}


def test_an_effect_that_an_earlier_attempt_left_unknown_stays_unknown_though_a_reading_fallback_runs() -> None:
    earlier = (
        '[{"attempt":1,"tool_name":"orders","started_at":"' + START + '","duration_ms":5,"decision":"fallback",'
        '"error_code":"ToolCrashed","error":"gone","effect":"unknown"}]'
    )
    row = _row("c1", "retrying", tool_name="reads", attempts=2, attempt_log=earlier, fallback_used=True)

    (settled,) = _settled([row], ending=Ending.CANCELLED).values()

    assert (settled["effect"], settled["fallback_used"]) == ("unknown", True)
    assert settled["execution_time_ms"] == EARLY - START_MS


def test_a_call_that_was_never_begun_is_not_said_to_have_had_an_effect() -> None:
    (settled,) = _settled([_row("c1", "pending")]).values()

    assert (settled["effect"], settled["execution_time_ms"]) == ("none", 0)
    assert "not begun" in settled["error"]


@pytest.mark.parametrize("effect", ["none", "unknown"])
def test_a_function_that_answered_and_made_no_record_is_told_as_the_workflow_saw_it(effect: str) -> None:
    bad = {"status": "failed", "error_code": "BadToolResponse", "error": "Strange.", "effect": effect, "attempts": 1}

    for row in (_row("a", "pending"), _row("a", "running", attempts=1, tool_name="reads")):
        (settled,) = _settled([row], unrecorded={"a": bad}).values()
        assert (settled["error_code"], settled["effect"], settled["attempts"]) == ("BadToolResponse", effect, 1)


@pytest.mark.parametrize("ending", list(Ending))
def test_what_a_sequence_left_behind_without_a_record_was_not_skipped(ending: Ending) -> None:
    """The function of ``a`` answered without a record, the sequence went on, and stopped at ``b``."""
    rows = [_row("a", "pending"), _row("b", "failed", attempts=1, error_code="NotFound"), _row("c", "pending")]

    settled = _settled(rows, mode="sequence", ending=ending)

    assert (settled["a"]["error_code"], settled["a"]["effect"], settled["a"]["attempts"]) == (
        "BadToolResponse", "unknown", 1,
    )  # fmt: skip
    assert settled["c"]["status"] in {"skipped", "cancelled"}


def test_a_call_of_a_sequence_is_not_taken_for_begun_because_one_after_it_was_ended_first() -> None:
    rows = [_row("a", "pending", attempts=0), _row("b", "cancelled", attempts=0, error_code="Cancelled")]

    assert _settled(rows, mode="sequence", ending=Ending.CANCELLED)["a"]["effect"] == "none"


def test_a_success_that_was_left_outweighs_what_the_workflow_knows() -> None:
    failure = {"status": "timeout", "error_code": "ToolTimeout", "error": "Too slow."}

    settled = _settled([_row("a", "running")], unrecorded={"a": failure}, left={"a": {"result": "1"}})

    assert settled["a"] == {"status": "success", "result": "1"}
