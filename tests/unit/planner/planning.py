"""Requests, and the plans that they become."""

from __future__ import annotations

from typing import Any, Final

from lambdas.planner.plan import Deployment, ExecutionIdentity, Plan, make_plan
from tests.unit.contract.small_catalog import CATALOG
from tests.unit.runtime.fake_clock import START_MS
from tool_contract.request import check_request

#: As long as a stack named tool-executor-prod makes them.
FUNCTIONS: Final = {
    "stock-desk": "arn:aws:lambda:eu-central-1:123456789012:function:tool-executor-prod-inventory-optimizer",
    "orders": "arn:aws:lambda:eu-central-1:123456789012:function:tool-executor-prod-orders",
}
DEPLOYMENT: Final = Deployment(CATALOG, FUNCTIONS, history_ttl_days=30)
LOOK_UP: Final[dict[str, Any]] = {"tool_name": "look_up", "input": {"code": "AB123"}}
SET_LEVEL: Final[dict[str, Any]] = {"tool_name": "set_level", "input": {"code": "x", "level": 1}}
PLACE_ORDER: Final[dict[str, Any]] = {"tool_name": "place_order", "input": {"code": "x", "amount": 1}}


def identity(execution_id: str = "e1", *, started_ms: int = START_MS) -> ExecutionIdentity:
    arn = f"arn:aws:states:eu-central-1:123456789012:execution:tool-executor-prod:{execution_id}"
    return ExecutionIdentity(execution_id, arn, started_ms)


def plan_of(*calls: dict[str, Any], execution_id: str = "e1", started_ms: int = START_MS, **request: Any) -> Plan:
    checked = check_request({"calls": list(calls), **request}, CATALOG)
    return make_plan(checked, identity(execution_id, started_ms=started_ms), DEPLOYMENT)
