"""An executor's tools for Strands agents: ``Agent(model=..., tools=tools_for_strands(executor))``."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Unpack

from tool_executor.frameworks.errors import missing
from tool_executor.frameworks.gathering import GATHER_SECONDS, Gatherer, GatheringExecutor
from tool_executor.model_apis.model_call import ModelCall
from tool_executor.model_apis.plain_schema import plain_schema
from tool_executor.model_apis.result_text import result_text

try:
    from strands.types.tools import AgentTool, ToolResult, ToolSpec, ToolUse
except ModuleNotFoundError as error:
    if error.name is None or error.name.split(".")[0] != "strands":
        raise
    raise missing("strands-agents", "strands") from None

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Collection, Mapping

    from tool_contract.tool_spec import ToolSpec as CatalogEntry
    from tool_executor.model_apis.toolset import ToolsetOptions
    from tool_executor.result import ToolExecutionResult

#: Strands' name for one answer of the model and what follows from it.
_CYCLE: Final = "event_loop_cycle_id"
#: How often a call looks whether its agent was cancelled.
_LOOKS_EVERY_SECONDS: Final = 0.1


class ExecutorAgentTool(AgentTool):
    """One tool of an executor. A failure is a result with the status ``error``; its text is what the model reads.

    Where the agent is cancelled, so is the execution.
    """

    def __init__(self, spec: CatalogEntry, gatherer: Gatherer, offered: Collection[str]) -> None:
        super().__init__()
        self._name = spec.name
        self._told = _spec(spec, gatherer.toolset.secrets)
        self._gatherer = gatherer
        self._offered = offered

    @property
    def tool_name(self) -> str:
        """The tool's name."""
        return self._name

    @property
    def tool_spec(self) -> ToolSpec:
        """The tool's specification, as Strands has it."""
        return self._told

    @property
    def tool_type(self) -> str:
        """The kind of tool."""
        return "tool_executor"

    async def stream(
        self,
        tool_use: ToolUse,
        invocation_state: dict[str, Any],
        **_kwargs: Any,  # noqa: ANN401 - as Strands has it
    ) -> AsyncGenerator[ToolResult, None]:
        """Run the tool and yield its result."""
        call = ModelCall.of_value(tool_use["toolUseId"], tool_use["name"], tool_use["input"])
        key, expected = _turn_of(invocation_state, self._offered)
        running = asyncio.ensure_future(self._gatherer.result(call, key, expected))
        try:
            result = await _unless_cancelled(running, invocation_state.get("agent"))
        finally:
            running.cancel()
        yield _told(call, result, self._gatherer.toolset.max_result_characters)


def tools_for_strands(
    executor: GatheringExecutor, *, gather_seconds: float = GATHER_SECONDS, **options: Unpack[ToolsetOptions]
) -> list[ExecutorAgentTool]:
    """Return an executor's tools for a Strands agent.

    Args:
        executor: a :class:`~tool_executor.ToolExecutor`. It is asked for the catalog at once.
        gather_seconds: how long the first call of a turn waits for its others at most, 0 to 1. A turn's calls are one
            execution; as the agent knows how many there are, nothing is waited for that will not come.
        options: which tools, and how their calls are run: see :class:`~tool_executor.model_apis.toolset.Toolset`.

    Raises InvalidRequestError (ToolNotFoundError) where tools cannot be offered, and what the executor raises.
    """
    gatherer = Gatherer.of(executor, gather_seconds, options)
    offered = gatherer.offered()
    return [ExecutorAgentTool(spec, gatherer, frozenset(offered.by_name)) for spec in offered.tools]


def _spec(entry: CatalogEntry, secret_names: Collection[str]) -> ToolSpec:
    marks, schema = entry.annotations, plain_schema(entry.input_schema, secret_names)
    return {
        "name": entry.name,
        "description": entry.description,
        "inputSchema": {"json": {"properties": {}, "required": [], **schema}},
        "annotations": {
            "readOnlyHint": marks.read_only,
            "idempotentHint": marks.idempotent,
            "destructiveHint": marks.destructive,
            "openWorldHint": marks.open_world,
        },
    }


async def _unless_cancelled(
    running: asyncio.Future[ToolExecutionResult],
    agent: Any,  # noqa: ANN401 - an agent of any kind
) -> ToolExecutionResult | None:
    """Wait for a result; None if the agent was cancelled meanwhile."""
    signal = getattr(agent, "cancel_signal", None)
    while signal is not None and not running.done():
        if signal.is_set():
            return None
        await asyncio.wait({running}, timeout=_LOOKS_EVERY_SECONDS)
    return await running


def _told(call: ModelCall, result: ToolExecutionResult | None, most: int) -> ToolResult:
    if result is None:
        text = "The agent was cancelled, and the call with it."
        return {"toolUseId": call.id, "status": "error", "content": [{"text": text}]}
    status: Any = "success" if result.success else "error"
    return {"toolUseId": call.id, "status": status, "content": [{"text": result_text(result, most)}]}


def _turn_of(state: Mapping[str, Any], offered: Collection[str]) -> tuple[str | None, int | None]:
    """Return what the calls of a turn have in common, and how many of them are this executor's."""
    cycle, messages = state.get(_CYCLE), getattr(state.get("agent"), "messages", None)
    if cycle is None or not messages:
        return None, None
    used = [block["toolUse"]["name"] for block in messages[-1]["content"] if "toolUse" in block]
    return str(cycle), sum(name in offered for name in used) or None
