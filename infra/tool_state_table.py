"""Idempotency, cache and circuit-breaker items, apart from the history: all pass away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from infra.keyed_table import KeyedTable

if TYPE_CHECKING:
    from infra.settings import StageSettings


class ToolStateTable(Construct):
    """The table of tool state."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: StageSettings) -> None:
        """Create the table."""
        super().__init__(scope, construct_id)
        self.table = KeyedTable(self, "Table", partition_key="id", ttl_attribute="expires_at", stage=stage)
