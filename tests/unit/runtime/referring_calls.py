"""Calls that refer to an earlier one, and attempts of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from lambdas.runtime.invocation import AttemptFailed
from tests.unit.runtime.sample_tools import event, invoker, pending_call
from tool_contract import strict_json

if TYPE_CHECKING:
    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock

RESULT = {"items": [{"code": "AB1"}, {"code": "CD2"}], "note": None, "count": 2}


def ref(pointer: str, call_id: str = "first") -> dict[str, Any]:
    return {"$from": call_id, "pointer": pointer}


def earlier(aws: Aws, execution_id: str, result: Any = None, **row: Any) -> None:
    """An earlier call, which has succeeded unless a row says otherwise."""
    text = strict_json.dumps(RESULT if result is None else result)
    pending_call(aws, execution_id, **{"call_id": "first", "status": "success", "attempts": 1, "result": text, **row})


def referring(aws: Aws, execution_id: str, tool_input: Any, **row: Any) -> None:
    pending_call(aws, execution_id, **{"input": strict_json.dumps(tool_input), **row})


def attempt(aws: Aws, clock: FakeClock, execution_id: str, tool: str = "reads", **more: Any) -> Any:
    clients = {name: more.pop(name) for name in ("dynamodb", "s3") if name in more}
    owner = more.pop("owner", f"request of {execution_id}")
    try:
        return invoker(aws, clock, **clients).invoke(event(tool, execution_id, **more), owner)
    except AttemptFailed as failed:
        return json.loads(str(failed))
