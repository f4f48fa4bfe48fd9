"""What an operator sees of a stage: dashboard, alarms, saved queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs import Construct

from infra.alarms import Alarms
from infra.dashboard import StageDashboard
from infra.saved_queries import SavedQueries

if TYPE_CHECKING:
    from infra.settings import StageSettings
    from tool_contract.places import Places


class Operations(Construct):
    """All that looks at the other parts, and that no other part needs."""

    def __init__(self, scope: Construct, construct_id: str, *, places: Places, stage: StageSettings) -> None:
        """Create what looks at `places`."""
        super().__init__(scope, construct_id)
        self.alarms = Alarms(self, "Alarms", places=places, settings=stage.alarms)
        StageDashboard(self, "Dashboard", places=places)
        of_functions = [group for group in places.log_groups if group.startswith("/aws/lambda/")]
        (express_logs,) = [group for group in places.log_groups if group.endswith("-express")]
        SavedQueries(self, "Queries", log_groups=of_functions, express_logs=express_logs)
