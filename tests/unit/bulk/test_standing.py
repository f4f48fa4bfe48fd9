"""Which record of a line counts over all runs, and what a resume runs."""

from __future__ import annotations

from typing import Any

import pytest

from tool_executor.bulk.manifest import BatchEntry
from tool_executor.bulk.standing import Standing, Verdict, verdict_of

REPEATABLE = frozenset({"look", "put"})


def record(status: str, effect: str = "none", attempts: int = 1, tool: str = "add", **more: Any) -> dict[str, Any]:
    return {"status": status, "effect": effect, "attempts": attempts, "tool_name": tool, **more}


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (record("success"), Verdict.SUCCESS),
        (record("running"), Verdict.OPEN),
        (record("pending", attempts=0), Verdict.OPEN),
        (record("failed"), Verdict.FAILED),
        (record("timeout"), Verdict.FAILED),
        (record("failed", "unknown"), Verdict.HELD),
        (record("failed", "applied"), Verdict.HELD),
        (record("failed", "unknown", tool="put"), Verdict.FAILED),
        (record("cancelled", attempts=0), Verdict.MISSING),
        (record("skipped", attempts=0), Verdict.MISSING),
        (record("timeout", attempts=0), Verdict.MISSING),
        (record("failed", attempts=0), Verdict.MISSING),
        (record("cancelled"), Verdict.MISSING),
        (record("cancelled", "unknown"), Verdict.HELD),
        (record("cancelled", "unknown", tool="put"), Verdict.MISSING),
    ],
)
def test_a_record_says_whether_its_call_is_done_missing_or_must_not_be_run_again(
    told: dict[str, Any], expected: Verdict
) -> None:
    assert verdict_of(told, REPEATABLE) is expected


def test_calls_without_a_record_are_missing() -> None:
    standing = Standing(5)
    standing.take_batch(1, BatchEntry("x", ((1, 2), (4, 2))), [record("success", position=2)], REPEATABLE)

    assert list(standing.of(Verdict.MISSING)) == [1, 2, 5]
    assert list(standing.of(Verdict.SUCCESS)) == [4]
    assert list(standing.lines) == [1, 2, 4, 5]
    assert standing.counts == {"total": 4, "missing": 3, "open": 0, "success": 1, "failed": 0, "held": 0}


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [
        (Verdict.FAILED, Verdict.SUCCESS, (Verdict.SUCCESS, 2)),
        (Verdict.FAILED, Verdict.FAILED, (Verdict.FAILED, 2)),
        (Verdict.FAILED, Verdict.MISSING, (Verdict.FAILED, 1)),
        (Verdict.MISSING, Verdict.SUCCESS, (Verdict.SUCCESS, 2)),
        (Verdict.MISSING, Verdict.MISSING, (Verdict.MISSING, 2)),
        (Verdict.FAILED, Verdict.HELD, (Verdict.HELD, 2)),
    ],
)
def test_a_later_run_counts_unless_it_did_not_run_the_call(
    first: Verdict, second: Verdict, counts: tuple[Verdict, int]
) -> None:
    standing = Standing(1)
    standing.take(1, 1, first)
    standing.take(2, 1, second)

    assert (standing.verdict(1), standing.run(1)) == counts
