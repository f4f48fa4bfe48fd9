"""A warm process serves one call after another: none sees anything of those before it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.test_workflow_behaviour import call
from tool_contract.breaker_item import Circuit
from tool_executor.breakers import Breakers

if TYPE_CHECKING:
    from tests.local.conftest import Deployed

ENDS = ("return", "raise", "hang")


def in_one_process(deployed: Deployed) -> list[dict[str, Any]]:
    """The envelopes of calls that leave traces, each followed by one that looks for them."""
    ending = [
        call("leave_traces", {"how": how}, max_retries=0, timeout_seconds=1 if how == "hang" else 30) for how in ENDS
    ]
    calls = [each for one in ending for each in (one, call("find_traces"))]
    # It fails on purpose, in as many rounds as it takes.
    breakers = Breakers(deployed.aws, deployed.deployment.tool_state_table)
    breakers.set("leave_traces", Circuit.FORCED_CLOSED, time.time_ns() // 1_000_000)
    for _ in range(5):
        envelopes: list[dict[str, Any]] = deployed.run({"calls": calls, "max_concurrency": 1})["results"]
        processes = {envelope["result"]["pid"] for envelope in envelopes if envelope["success"]}
        if len(processes) == 1:
            return envelopes
    pytest.fail("no round of calls was served by one process")


def test_a_call_finds_nothing_of_the_calls_before_it_however_they_ended(deployed: Deployed) -> None:
    envelopes = in_one_process(deployed)
    failed = [envelope["error_code"] for envelope in envelopes if not envelope["success"]]
    assert failed == ["ToolFailed", "ToolTimeout"]
    first, *others = found = [envelope["result"] for envelope in envelopes if envelope["success"]]
    assert [one["call_ids"] for one in found] == [["c1"], ["c2"], ["c4"], ["c6"]]
    assert "left_behind" in first["log_keys"]
    assert [name for one in others for name in one["log_keys"] if name == "left_behind"] == []
    assert {one["alarm_seconds"] for one in found} == {0}
