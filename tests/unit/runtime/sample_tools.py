"""Tools that a test of the runtime looks through."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

from lambdas.runtime.artifacts import ArtifactStore
from lambdas.runtime.attempt_store import AttemptStore
from lambdas.runtime.current_attempt import current_attempt
from lambdas.runtime.idempotency import IdempotencyKeys
from lambdas.runtime.invocation import Invoker
from lambdas.runtime.recorded_call import Stores
from lambdas.runtime.result_cache import ResultCache
from lambdas.runtime.tool_group import ToolGroup
from tests.unit.runtime.aws import BUCKET, STATE_TABLE, TABLE, Aws
from tool_contract.errors import Effect, NotFound, RateLimited, ToolFailed, Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runtime.fake_clock import FakeClock

group: Final = ToolGroup("samples")

#: What the tools did: the ledger that records are compared with.
EFFECTS: Final[list[str]] = []
#: What `fails` raises.
RAISED: Final[dict[str, Callable[[], BaseException]]] = {
    "unavailable": lambda: Unavailable("Not now."),
    "rate limited": lambda: RateLimited("Later.", retry_after_seconds=1.2, hint="Come back."),
    "never": lambda: RateLimited("Never.", retry_after_seconds=float("inf")),
    "not found": lambda: NotFound("There is none.", pointer="/how", hint="Look."),
    "applied": lambda: ToolFailed("Too late.", effect=Effect.APPLIED),
    "long": lambda: ToolFailed('ä"\n' * 1_000),
    "bug": lambda: KeyError("secret"),
    "broken pipe": lambda: BrokenPipeError("gone"),
    "exit": lambda: SystemExit(3),
    "cancelled": asyncio.CancelledError,
    "memory": MemoryError,
}


@group.tool(read_only=True, timeout_seconds=5)
def reads(text: str = "") -> dict[str, Any]:
    """Read something."""
    EFFECTS.append(f"reads {text}")
    return {"text": text, "attempt": current_attempt().attempt, "call": current_attempt().call_id}


@group.tool(idempotent=True)
def sets(text: str = "") -> str:
    """Set something."""
    EFFECTS.append(f"sets {text}")
    return text


@group.tool()
def orders(text: str = "") -> str:
    """Order something."""
    EFFECTS.append(f"orders {text}")
    return text


@group.tool()
async def orders_slowly(text: str = "") -> str:
    """Order something, asynchronously."""
    await asyncio.sleep(0)
    return text


@group.tool()
def fails(how: str) -> None:
    """Fail."""
    error = RAISED[how]()
    raise error


@group.tool(read_only=True)
def fails_reading(how: str) -> None:
    """Fail, having changed nothing."""
    error = RAISED[how]()
    raise error


@group.tool(read_only=True)
def sleeps(seconds: float) -> None:
    """Sleep, and let no ordinary exception through."""
    try:
        time.sleep(seconds)
    except Exception:  # noqa: BLE001 - this is the point
        EFFECTS.append("caught what it must not catch")


@group.tool()
async def sleeps_unsafely(seconds: float) -> None:
    """Sleep asynchronously."""
    await asyncio.sleep(seconds)


@group.tool(read_only=True)
def writes(size: int) -> str:
    """Answer with a long text."""
    return "x" * size


@group.tool(read_only=True, cache_ttl_seconds=60)
def looks_up(text: str, size: int = 1, fail: bool = False) -> str:  # noqa: FBT001, FBT002 - an input's field
    """Look something up that changes rarely."""
    EFFECTS.append(f"looks up {text}")
    if fail:
        raise Unavailable("Not now.")
    return text * size


@group.tool(read_only=True)
def not_finite() -> dict[str, Any]:
    """Answer with what JSON cannot hold."""
    return {"a": [1.0, float("nan")]}


@group.tool(read_only=True)
def lies() -> int:
    """Answer with something else than declared."""
    return "no number"  # type: ignore[return-value]


def invoker(aws: Aws, clock: FakeClock, *, dynamodb: Any = None, s3: Any = None) -> Invoker:
    """An invoker of these tools on moto; ``dynamodb`` and ``s3`` may be clients that fail."""
    database, artifacts = dynamodb or aws.dynamodb, ArtifactStore(BUCKET, s3 or aws.s3)
    keys = IdempotencyKeys(STATE_TABLE, TABLE, database)
    cache = ResultCache(STATE_TABLE, artifacts, version="1", clock=clock, sleep=clock.sleep, client=database)
    stores = Stores(AttemptStore(TABLE, database), artifacts, keys, cache)
    return Invoker({tool.spec.name: tool for tool in group.tools}, clock, stores)


def plain_invoker(clock: FakeClock) -> Invoker:
    """An invoker of these tools without any store: it fails if it looks for one."""
    return Invoker({tool.spec.name: tool for tool in group.tools}, clock)


def pending_call(aws: Aws, execution_id: str, **changes: Any) -> None:
    """Write the row of a call as the planner does."""
    aws.put(
        **{
            "execution_id": execution_id,
            "call_id": "c1",
            "correlation_id": "k",
            "status": "pending",
            "attempts": 0,
            "position": 0,
            "started_at": "2026-11-20T09:59:59.000Z",
            "tool_name": "reads",
            "input": '{"text":"recorded"}',
            **changes,
        }
    )


def event(tool_name: str, execution_id: str | None = None, tool_input: Any = None, **context: Any) -> dict[str, Any]:
    """The event of an attempt, from the state machine unless ``route`` says otherwise."""
    given = {"route": "workflow", "execution_id": execution_id, "call_id": "c1", "correlation_id": "k", **context}
    return {"tool_name": tool_name, "context": given} | ({} if tool_input is None else {"input": tool_input})
