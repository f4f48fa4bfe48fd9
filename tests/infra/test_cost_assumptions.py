"""What the cost estimate supposes of a deployment is what `infra` deploys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infra.settings import GROUPS, STAGES
from tool_contract.catalog import load_catalog
from tool_executor.costs import assumptions
from tool_executor.costs.assumptions import Assumptions

if TYPE_CHECKING:
    from tests.infra.assembly import Assembly


def _memory(assembly: Assembly) -> dict[str, int]:
    functions = assembly.of_type("AWS::Lambda::Function")
    return {each["FunctionName"].split("-", 3)[3]: each["MemorySize"] for each in functions}


def _metrics_of(alarm: dict[str, Any]) -> int:
    listed = alarm.get("Metrics", [])
    if any("SELECT" in str(one.get("Expression")) for one in listed):
        return Assumptions().catalog_tools
    return sum("MetricStat" in one for one in listed) or 1


def test_the_functions_have_the_memory_that_is_supposed(assembly: Assembly) -> None:
    assert _memory(assembly) == {
        **assumptions.MEMORY_OF_GROUP_MB,
        "planner": assumptions.PLANNER_MEMORY_MB,
        "finisher": assumptions.FINISHER_MEMORY_MB,
    }


def test_as_many_metrics_have_alarms_and_dashboards_are_there_as_is_supposed(assembly: Assembly) -> None:
    supposed = Assumptions()
    looked_at = sum(map(_metrics_of, assembly.of_type("AWS::CloudWatch::Alarm")))
    assert looked_at == supposed.alarmed_metrics
    assert len(assembly.of_type("AWS::CloudWatch::Dashboard")) <= supposed.dashboards


def test_the_stage_that_is_supposed_is_prod() -> None:
    (prod,) = [stage for stage in STAGES if stage.name == "prod"]
    supposed = Assumptions()
    assert (supposed.history_days, supposed.log_days) == (prod.history_ttl_days, prod.log_retention_days)
    assert supposed.history_shards == prod.history_shards
    assert (supposed.tracing, supposed.workflow_logs) == (prod.tracing, prod.state_machine_log_level == "ALL")


def test_the_catalog_and_its_groups_are_those_that_are_supposed() -> None:
    assert Assumptions().catalog_tools == len(load_catalog().tools)
    assert [group.name for group in GROUPS if group.drives_browser] == [assumptions.BROWSER_GROUP]
