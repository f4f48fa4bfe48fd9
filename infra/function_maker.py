"""Makes the stack's functions: what all of them are told, and what some are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.function import StagedFunction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import Stack

    from infra.agentcore_browser import AgentCoreBrowser
    from infra.artifact_bucket import ArtifactBucket
    from infra.history_table import HistoryTable
    from infra.inventory_tables import InventoryTables
    from infra.settings import StageSettings
    from infra.staging import StagedCode
    from infra.tool_state_table import ToolStateTable


@dataclass(frozen=True, kw_only=True)
class FunctionMaker:
    """Makes the functions of one stack, in whose places their code finds its data."""

    stack: Stack
    stage: StageSettings
    code: Mapping[str, StagedCode]
    history: HistoryTable
    tool_state: ToolStateTable
    artifacts: ArtifactBucket

    def make(
        self,
        name: str,
        *,
        memory_mb: int,
        timeout_seconds: int,
        environment: Mapping[str, str],
        reserved_concurrency: int | None = None,
    ) -> StagedFunction:
        """Create the function `name`; `environment` is told besides what every function is."""
        return StagedFunction(
            self.stack,
            _construct_id(name),
            name=name,
            code=self.code[name],
            stage=self.stage,
            memory_mb=memory_mb,
            timeout_seconds=timeout_seconds,
            environment={**self._told_to_all(name), **environment},
            reserved_concurrency=reserved_concurrency,
            snap_start=name in self.stage.snap_start,
        )

    def _told_to_all(self, name: str) -> dict[str, str]:
        return {
            "HISTORY_TABLE": self.history.table.table_name,
            "TOOL_STATE_TABLE": self.tool_state.table.table_name,
            "ARTIFACT_BUCKET": self.artifacts.bucket.bucket_name,
            "STAGE": self.stage.name,
            "HISTORY_TTL_DAYS": str(self.stage.history_ttl_days),
            "HISTORY_SHARDS": str(self.stage.history_shards),
            "POWERTOOLS_LOG_LEVEL": "INFO" if self.stage.options.enable_detailed_logging else "WARNING",
            "POWERTOOLS_SERVICE_NAME": name,
            "POWERTOOLS_TRACE_DISABLED": "false" if self.stage.tracing else "true",
        }


def inventory_names(tables: InventoryTables) -> dict[str, str]:
    """Return what a function that reads the inventory is told."""
    return {
        "INVENTORY_ITEMS_TABLE": tables.items.table_name,
        "INVENTORY_STOCK_TABLE": tables.stock.table_name,
        "INVENTORY_DEMAND_TABLE": tables.demand.table_name,
    }


def browser_names(stage: StageSettings, browser: AgentCoreBrowser | None) -> dict[str, str]:
    """Return what a function that drives browsers, or ends them, is told."""
    settings = stage.browser
    return {
        "BROWSER_PROVIDER": settings.provider,
        "BROWSER_RULES": settings.rules.to_json(),
        "BROWSER_SESSION_SECONDS": str(settings.session_seconds),
        **({"BROWSER_IDENTIFIER": browser.identifier} if browser else {}),
        **({"BROWSER_CDP_URL": settings.cdp_url} if settings.provider == "cdp" else {}),
    }


def _construct_id(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))
