"""Calls for which the execution's deadline leaves hardly any time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.faulty_cloud import ledger_call

if TYPE_CHECKING:
    from tests.faults.faulty_cloud import FaultyCloud
    from tests.faults.oracle import Oracle


def test_with_under_two_seconds_left_nothing_is_begun_that_may_have_an_effect(
    cloud: FaultyCloud, oracle: Oracle
) -> None:
    for _ in range(5):
        run = cloud.request(ledger_call("add_line"), ledger_call("put_line"), timeout_seconds=2)
        calls = oracle.judge(run, cloud.outcome(run))
        assert [(call["effect"], call["attempts"], run.lines(call["call_id"])) for call in calls] == [
            ("none", 0, 0)
        ] * 2
        codes = {call["error_code"] for call in calls}
        if codes == {"DeadlineTooClose"}:
            return
        # A process had to be started, or the machine stalled, and the deadline itself came first.
        assert codes <= {"DeadlineTooClose", "DeadlineExceeded"}
    pytest.fail("the deadline came first five times")
