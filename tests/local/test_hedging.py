"""Hedging, as a program asks for it: by one option of its executor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tool_contract.record import attempt_log_of
from tool_executor import ToolCall, ToolExecutor

if TYPE_CHECKING:
    from tests.local.conftest import Deployed

USUAL = {"seconds": 0.02}
#: In its first attempt; the second takes the usual time.
LATE = {"seconds": 18}


def test_a_straggler_is_overtaken_once_the_tool_is_known_and_every_call_has_one_record(deployed: Deployed) -> None:
    with ToolExecutor(aws=deployed.aws, deployment=deployed.deployment, route="direct", hedge=True) as executor:
        usual = executor.execute_tools_sync([ToolCall("straggle", USUAL) for _ in range(60)])
        late = executor.execute_tools_sync([ToolCall("straggle", LATE), ToolCall("noop")])

    spent = sum(result.metadata.get("hedges", 0) for result in usual)
    assert spent <= 3, "a twentieth of the attempts"
    assert [result.status.value for result in late] == ["success"] * 2
    assert (late[0].result["attempt"], late[0].attempts, late[0].metadata["hedges"]) == (2, 2, 1)
    records = deployed.history.calls(str(late[0].execution_id))
    assert [(record["status"], record["attempts"]) for record in records] == [("success", 2), ("success", 1)]
    assert [entry.decision for entry in attempt_log_of(records[0])] == ["overtaken", "done"]


def test_without_the_option_a_straggler_is_waited_for(deployed: Deployed) -> None:
    with ToolExecutor(aws=deployed.aws, deployment=deployed.deployment, route="direct") as executor:
        executor.execute_tools_sync([ToolCall("straggle", USUAL) for _ in range(40)])
        late = executor.execute_tool_sync(ToolCall("straggle", {"seconds": 3}))
    assert (late.result["attempt"], late.attempts) == (1, 1)
