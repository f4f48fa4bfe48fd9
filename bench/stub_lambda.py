"""A stand-in for Lambda's Invoke that answers after 20 ms: what is measured against it is the client alone.

Run as ``python -m bench.stub_lambda``; it prints its port. The planner's plan is made by the contract's own function.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from tool_contract.catalog import Catalog
from tool_contract.options import ToolExecutorOptions
from tool_contract.plan_state import plan_state
from tool_contract.request import check_request
from tool_contract.timestamps import iso_from_ms, ms_from_iso
from tool_contract.tool_spec import ToolAnnotations, ToolSpec

if TYPE_CHECKING:
    from tool_contract.policy import CandidatePolicy

TOOL_SECONDS: Final = 0.02
CATALOG: Final = Catalog(
    tools=(
        ToolSpec(
            name="stub",
            group="stub",
            description="Wait for 20 ms.",
            input_schema={"type": "object", "properties": {}, "additionalProperties": False},
            output_schema={},
            annotations=ToolAnnotations(read_only=True),
        ),
    )
)
_plans: dict[str, dict[str, Any]] = {}


class _Names:
    def __init__(self, execution: dict[str, Any], timeout_seconds: float) -> None:
        self.execution_id = execution["name"]
        self.deadline = iso_from_ms(ms_from_iso(execution["started_at"]) + round(timeout_seconds * 1000))

    def function_of(self, group: str) -> str:
        return f"bench-{group}"

    def delays_of(self, _call_id: str, _candidate: int, policy: CandidatePolicy) -> list[float]:
        return [1.0] * policy.max_retries


async def _invoke(request: web.Request) -> web.Response:
    name, event = request.match_info["name"], await request.json()
    if name.endswith("planner"):
        checked = check_request(event["request"], CATALOG)
        names = _Names(event["execution"], checked.timeout_seconds)
        plan = plan_state(checked, CATALOG, ToolExecutorOptions(), names)
        _plans[plan["execution_id"]] = plan
        return _answer(plan)
    if name.endswith("finisher"):
        plan = _plans.pop(event["execution_id"])
        return _answer({"results": [_envelope(call["call_id"]) for call in plan["calls"]]})
    await asyncio.sleep(TOOL_SECONDS)
    return _answer(_envelope(event.get("context", {}).get("call_id")))


def _envelope(call_id: str | None) -> dict[str, Any]:
    return {
        "success": True, "call_id": call_id, "tool_name": "stub", "status": "success", "result": None,
        "execution_time_ms": 20.0, "attempts": 1, "metadata": {},
    }  # fmt: skip


def _answer(value: object) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), content_type="application/json")


async def _serve() -> None:
    app = web.Application(client_max_size=8_000_000)
    app.router.add_post("/2015-03-31/functions/{name}/invocations", _invoke)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve())
