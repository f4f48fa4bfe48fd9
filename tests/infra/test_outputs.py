"""What the stack tells its users."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from infra.settings import GROUPS

if TYPE_CHECKING:
    from tests.infra.assembly import Assembly


def test_the_outputs_have_the_documented_keys(assembly: Assembly) -> None:
    assert set(assembly.outputs) == {
        "StateMachineArn",
        "BulkStateMachineArn",
        "BulkChildType",
        "ExpressStateMachineArn",
        "HistoryTable",
        "HistoryShards",
        "HistoryTtlDays",
        "ToolStateTable",
        "ArtifactBucket",
        "PlannerFunction",
        "FinisherFunction",
        "Functions",
        "InventoryItemsTable",
        "InventoryStockTable",
        "InventoryDemandTable",
        *(["StateMachineAlias", "ExpressStateMachineAlias"] if assembly.stage == "prod" else []),
    }


def test_functions_maps_each_group_to_its_function(assembly: Assembly) -> None:
    assert json.loads(assembly.outputs["Functions"]) == {
        group.name: f"tool-executor-{assembly.stage}-{group.name}" for group in GROUPS
    }


def test_the_machine_is_told_by_its_arn(assembly: Assembly) -> None:
    name = f":stateMachine:tool-executor-{assembly.stage}"
    assert assembly.outputs["StateMachineArn"].endswith(name)
    assert assembly.outputs["ExpressStateMachineArn"].endswith(f"{name}-express")
