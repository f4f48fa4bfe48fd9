"""Composes the constructs and grants each what it needs of the others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from aws_cdk import CfnOutput, DefaultStackSynthesizer, Stack
from aws_cdk.aws_iam import IGrantable, PolicyStatement
from aws_cdk.aws_stepfunctions import StateMachineType

from infra.agentcore_browser import AgentCoreBrowser
from infra.artifact_bucket import ArtifactBucket
from infra.bulk import Bulk
from infra.catalog import tool_names
from infra.entrance import Entrance
from infra.function_maker import FunctionMaker, browser_names, inventory_names
from infra.history_table import HistoryTable
from infra.inventory_tables import InventoryTables
from infra.live_version import LiveVersion
from infra.operations import Operations
from infra.source_tree import CATALOG
from infra.status_rule import StatusRule
from infra.sweep import Sweep
from infra.tool_state_table import ToolStateTable
from infra.workflow import Workflow
from tool_contract.places import Places

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct

    from infra.function import StagedFunction
    from infra.settings import Deployment, GroupSettings
    from infra.staging import StagedCode

_READ_ITEMS: Final = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query")


class ToolExecutorStack(Stack):
    """Everything of one stage."""

    def __init__(self, scope: Construct, *, deployment: Deployment, code: Mapping[str, StagedCode]) -> None:
        """Compose the stack of `deployment` from the staged `code` of its functions."""
        super().__init__(
            scope,
            deployment.stack_name,
            description="Tool Executor: runs an AI agent's tools with retries, deadlines, fallbacks and a history.",
            synthesizer=DefaultStackSynthesizer(),
        )
        self._stage = deployment.stage
        self._code = code
        self._history = HistoryTable(self, "History", stage=self._stage)
        self._tool_state = ToolStateTable(self, "ToolState", stage=self._stage)
        self._artifacts = ArtifactBucket(self, "Artifacts", stage=self._stage)
        self._inventory = InventoryTables(self, "Inventory", stage=self._stage)
        self._functions = FunctionMaker(
            stack=self,
            stage=self._stage,
            code=code,
            history=self._history,
            tool_state=self._tool_state,
            artifacts=self._artifacts,
        )
        self._groups = deployment.groups
        self._callers = deployment.callers
        self._has_browser = any(group.drives_browser for group in deployment.groups)
        self._browser = self._agentcore()
        self._tools = {group.name: self._tool_group(group) for group in deployment.groups}
        self._planner = self._plan()
        self._finisher = self._finish()
        self._workflow = self._run("Workflow", StateMachineType.STANDARD)
        self._express = self._run("Express", StateMachineType.EXPRESS)
        self._bulk = self._run_bulks()
        self._status = StatusRule(
            self, "Status", state_machine=self._workflow.machine, finisher=self._finisher.function
        )
        Sweep(self, "Sweep", finisher=self._finisher.function)
        self._operations = Operations(self, "Operations", places=self._places(), stage=self._stage)
        self._live = self._go_live("Live", self._workflow)
        self._live_express = self._go_live("LiveExpress", self._express)
        self._entrances = {caller: self._entrance(caller) for caller in deployment.callers.entrances}
        self._write_outputs()

    def _tool_group(self, group: GroupSettings) -> StagedFunction:
        tools = self._functions.make(
            group.name,
            memory_mb=group.memory_mb,
            timeout_seconds=group.timeout_seconds,
            environment={
                "TOOL_GROUP": group.name,
                "CODE_VERSION": self._code[group.name].version,
                **(inventory_names(self._inventory) if group.reads_inventory else {}),
                **(browser_names(self._stage, self._browser) if group.drives_browser else {}),
                **({"SHARE_CACHE": "true"} if self._callers.share_cache else {}),
            },
            reserved_concurrency=self._stage.tool_concurrency,
        )
        # GetItem: whether the call that holds an idempotency key succeeded is told by its record, and what an input
        # refers to stands in the records of its execution.
        _allow(tools.role, ("dynamodb:GetItem", "dynamodb:UpdateItem"), self._history.table.table_arn)
        _allow(
            tools.role,
            ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"),
            self._tool_state.table.table_arn,
        )
        self._allow_artifacts(tools.role, "cache/*")
        if self._code[group.name].takes_secrets:
            kinds = ("secrets", "once", *(("secret-origins",) if group.drives_browser else ()))
            _allow(tools.role, ("ssm:GetParameter",), *map(self._secrets, kinds))
        if group.drives_browser and self._browser is not None:
            self._browser.allow_driving(tools.role)
        if group.reads_inventory:
            tables = (self._inventory.items, self._inventory.stock, self._inventory.demand)
            _allow(tools.role, _READ_ITEMS, *(table.table_arn for table in tables))
        return tools

    def _plan(self) -> StagedFunction:
        functions = {name: tools.invoked_arn for name, tools in self._tools.items()}
        planner = self._functions.make(
            "planner",
            memory_mb=1024,  # a request of 6 MB may be half a million small values
            timeout_seconds=30,
            environment={
                "TOOL_FUNCTIONS": self.to_json_string(functions),
                "STAGE_OPTIONS": json.dumps(self._stage.options.to_json()),
            },
        )
        _allow(planner.role, ("dynamodb:PutItem",), self._history.table.table_arn)
        if any(policy.counts for policy in self._callers.all):
            # GetItem: an account that is full may be so by this very execution, whose first plan was not heard of.
            _allow(planner.role, ("dynamodb:GetItem",), self._history.table.table_arn)
            _allow(planner.role, ("dynamodb:GetItem", "dynamodb:PutItem"), self._tool_state.table.table_arn)
        self._allow_artifacts(planner.role)
        return planner

    def _finish(self) -> StagedFunction:
        groups = ",".join(group.name for group in self._groups if group.drives_browser)
        environment = {**browser_names(self._stage, self._browser), "BROWSER_GROUPS": groups} if groups else {}
        finisher = self._functions.make("finisher", memory_mb=512, timeout_seconds=50, environment=environment)
        history = self._history.table.table_arn
        _allow(finisher.role, ("dynamodb:Query", "dynamodb:UpdateItem"), history)
        _allow(finisher.role, ("dynamodb:Query",), f"{history}/index/open-executions")
        self._allow_artifacts(finisher.role)
        if any(code.takes_secrets for code in self._code.values()):
            _allow(finisher.role, ("ssm:DeleteParameters",), self._secrets("once"))
        # Which circuits are open is a metric of each minute.
        _allow(finisher.role, ("dynamodb:BatchGetItem",), self._tool_state.table.table_arn)
        if any(policy.max_open_calls is not None for policy in self._callers.all):
            _allow(finisher.role, ("dynamodb:UpdateItem",), self._tool_state.table.table_arn)
        if self._has_browser:
            # Sessions that are left are found and ended by what the tools wrote down of them.
            state = ("dynamodb:GetItem", "dynamodb:UpdateItem")
            _allow(finisher.role, state, self._tool_state.table.table_arn)
            _allow(finisher.role, ("dynamodb:GetItem",), history)
        if self._browser is not None:
            self._browser.allow_ending(finisher.role)
        return finisher

    def _agentcore(self) -> AgentCoreBrowser | None:
        if not self._has_browser or self._stage.browser.provider != "agentcore":
            return None
        return AgentCoreBrowser(self, "AgentCore", stage=self._stage)

    def _run(self, construct_id: str, kind: StateMachineType) -> Workflow:
        workflow = Workflow(
            self,
            construct_id,
            stage=self._stage,
            kind=kind,
            substitutions={
                "PlannerFunctionArn": self._planner.invoked_arn,
                "FinisherFunctionArn": self._finisher.invoked_arn,
                "HistoryTableName": self._history.table.table_name,
            },
        )
        self._allow_calls(workflow.machine)
        return workflow

    def _run_bulks(self) -> Bulk:
        bucket = self._artifacts.bucket
        bulk = Bulk(self, "Bulk", stage=self._stage, workflow=self._workflow.definition, artifacts=bucket)
        self._allow_calls(bulk.machine)
        return bulk

    def _allow_calls(self, machine: IGrantable) -> None:
        invoked = (self._planner, self._finisher, *self._tools.values())
        _allow(machine, ("lambda:InvokeFunction",), *(arn for each in invoked for arn in each.invocable_arns))
        _allow(machine, ("dynamodb:UpdateItem",), self._history.table.table_arn)

    def _entrance(self, caller: str) -> Entrance:
        machine = self._workflow.machine
        started = self._live.alias_arn if self._live else machine.state_machine_arn
        name = f"Entrance-{caller}"
        return Entrance(self, name, stage=self._stage, caller=caller, workflow=machine, started_arn=started)

    def _go_live(self, construct_id: str, workflow: Workflow) -> LiveVersion | None:
        if self._stage.gradual is None:
            return None
        return LiveVersion(
            self,
            construct_id,
            machine=workflow.machine,
            settings=self._stage.gradual,
            alarms=self._operations.alarms.stopping_rollouts,
        )

    def _secrets(self, kind: str) -> str:
        name = f"tool-executor/{self._stage.name}/{kind}/*"
        return self.format_arn(service="ssm", resource="parameter", resource_name=name)

    def _allow_artifacts(self, role: IGrantable, *also_written: str) -> None:
        bucket = self._artifacts.bucket
        _allow(role, ("s3:GetObject",), bucket.arn_for_objects("*"))
        # Requests and bulks are the clients' own: who could change them would have any tool run.
        _allow(role, ("s3:PutObject",), *map(bucket.arn_for_objects, ("executions/*", *also_written)))
        # Without it S3 calls a missing object "access denied", and nobody could tell the two apart.
        _allow(role, ("s3:ListBucket",), bucket.bucket_arn)

    def _places(self) -> Places:
        machines = (self._workflow, self._express, self._bulk)
        functions = (self._planner, self._finisher, *self._tools.values())
        logs = (
            *(f"/aws/lambda/{each.physical_name}" for each in functions),
            *(each.log_group_name for each in machines),
        )
        tables = {
            "history": self._history.table,
            "tool state": self._tool_state.table,
            "items": self._inventory.items,
            "stock": self._inventory.stock,
            "demand": self._inventory.demand,
        }
        return Places(
            stage=self._stage.name,
            tools=tool_names((self._code["planner"].folder / CATALOG).read_bytes()),
            functions={each.physical_name: each.memory_mb for each in functions},
            state_machine_arn=self._workflow.machine.state_machine_arn,
            bulk_machine_arn=self._bulk.machine.state_machine_arn,
            express_arn=self._express.machine.state_machine_arn,
            tables={label: table.table_name for label, table in tables.items()},
            indexes={"history": self._history.indexes},
            dead_letter_queue=self._status.dead_letters.queue_name,
            log_groups=logs,
        )

    def _write_outputs(self) -> None:
        functions = {name: tools.function.function_name for name, tools in self._tools.items()}
        outputs = {
            "StateMachineArn": self._workflow.machine.state_machine_arn,
            **({"StateMachineAlias": self._live.alias_arn} if self._live else {}),
            "BulkStateMachineArn": self._bulk.machine.state_machine_arn,
            "BulkChildType": self._stage.bulk.child_type,
            "ExpressStateMachineArn": self._express.machine.state_machine_arn,
            **({"ExpressStateMachineAlias": self._live_express.alias_arn} if self._live_express else {}),
            "HistoryTable": self._history.table.table_name,
            "HistoryShards": str(self._stage.history_shards),
            "HistoryTtlDays": str(self._stage.history_ttl_days),
            "ToolStateTable": self._tool_state.table.table_name,
            "ArtifactBucket": self._artifacts.bucket.bucket_name,
            "PlannerFunction": self._planner.function.function_name,
            "FinisherFunction": self._finisher.function.function_name,
            "Functions": self.to_json_string(functions),
            "InventoryItemsTable": self._inventory.items.table_name,
            "InventoryStockTable": self._inventory.stock.table_name,
            "InventoryDemandTable": self._inventory.demand.table_name,
        }
        if self._entrances:
            arns = {caller: entrance.machine.state_machine_arn for caller, entrance in self._entrances.items()}
            outputs["Entrances"] = self.to_json_string(arns)
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)


def _allow(who: IGrantable, actions: tuple[str, ...], *resources: str) -> None:
    who.grant_principal.add_to_principal_policy(PolicyStatement(actions=list(actions), resources=list(resources)))
