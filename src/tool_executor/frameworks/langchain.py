"""An executor's tools as LangChain's: for ``bind_tools``, agents, and LangGraph's ToolNode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, Unpack

from pydantic import PrivateAttr

from tool_executor.frameworks.errors import missing
from tool_executor.frameworks.gathering import GATHER_SECONDS, Gatherer, GatheringExecutor
from tool_executor.model_apis.model_call import ModelCall
from tool_executor.model_apis.plain_schema import plain_schema
from tool_executor.model_apis.result_text import result_text

try:
    from langchain_core.runnables import RunnableConfig  # noqa: TC002 - LangChain reads a tool's annotations
    from langchain_core.runnables.config import ensure_config
    from langchain_core.tools import BaseTool, ToolException
except ModuleNotFoundError as error:
    if error.name is None or not error.name.startswith("langchain_core"):
        raise
    raise missing("langchain-core", "langchain") from None

if TYPE_CHECKING:
    from collections.abc import Hashable

    from tool_contract.tool_spec import ToolSpec
    from tool_executor.model_apis.toolset import ToolsetOptions
    from tool_executor.result import ToolExecutionResult

#: Where LangGraph says which checkpoints a step goes on from: all calls of one step have the same.
_CHECKPOINTS: Final = "checkpoint_map"
_CALL_ID: Final = "tool_executor_call_id"


class ExecutorToolException(ToolException):
    """A tool has failed. Its text is what the model reads; ``envelope`` is the contract's, as a dict."""

    def __init__(self, text: str, envelope: dict[str, Any]) -> None:
        super().__init__(text)
        self.envelope = envelope


class ExecutorTool(BaseTool):
    """One tool of an executor.

    Its answer is JSON text, its artefact the envelope. A failure is an :class:`ExecutorToolException`, which LangChain
    makes a ToolMessage of, with the status ``error``, unless ``handle_tool_error`` is set to False.
    """

    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    handle_tool_error: Any = True

    _gatherer: Gatherer = PrivateAttr()

    def invoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002, ANN401
        """Run the tool, as LangChain has it."""
        return super().invoke(input, _with_call_id(input, config), **kwargs)

    async def ainvoke(self, input: Any, config: RunnableConfig | None = None, **kwargs: Any) -> Any:  # noqa: A002, ANN401
        """Run the tool, as LangChain has it."""
        return await super().ainvoke(input, _with_call_id(input, config), **kwargs)

    def _run(self, /, *, langchain_config: RunnableConfig, **tool_input: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401
        call = self._call(tool_input, langchain_config)
        return self._told(self._gatherer.result_sync(call, _turn_of(langchain_config)))

    async def _arun(self, /, *, langchain_config: RunnableConfig, **tool_input: Any) -> tuple[str, dict[str, Any]]:  # noqa: ANN401
        call = self._call(tool_input, langchain_config)
        return self._told(await self._gatherer.result(call, _turn_of(langchain_config)))

    def _call(self, tool_input: dict[str, Any], config: RunnableConfig) -> ModelCall:
        return ModelCall(config.get("configurable", {}).get(_CALL_ID) or "", self.name, tool_input)

    def _told(self, result: ToolExecutionResult) -> tuple[str, dict[str, Any]]:
        text = result_text(result, self._gatherer.toolset.max_result_characters)
        if result.is_failure:
            _fail(text, result.to_json())
        return text, result.to_json()


def tools_for_langchain(
    executor: GatheringExecutor, *, gather_seconds: float = GATHER_SECONDS, **options: Unpack[ToolsetOptions]
) -> list[ExecutorTool]:
    """Return an executor's tools for LangChain and LangGraph.

    Args:
        executor: a :class:`~tool_executor.ToolExecutor`. It is asked for the catalog at once.
        gather_seconds: how long the first call of a step of a graph waits for its others, 0 to 1. All that come are
            one execution. Calls outside of a graph are run one by one.
        options: which tools, and how their calls are run: see :class:`~tool_executor.model_apis.toolset.Toolset`.

    Raises InvalidRequestError (ToolNotFoundError) where tools cannot be offered, and what the executor raises.
    """
    gatherer = Gatherer.of(executor, gather_seconds, options)
    return [_tool(spec, gatherer) for spec in gatherer.offered().tools]


def _tool(spec: ToolSpec, gatherer: Gatherer) -> ExecutorTool:
    schema = {"properties": {}, **plain_schema(spec.input_schema, gatherer.toolset.secrets)}
    tool = ExecutorTool(name=spec.name, description=spec.description, args_schema=schema)
    tool._gatherer = gatherer  # noqa: SLF001 - of this module
    return tool


def _with_call_id(given: Any, config: RunnableConfig | None) -> RunnableConfig:  # noqa: ANN401 - as LangChain has it
    """Return the configuration with the id of the model's tool call, which a tool is not told otherwise."""
    whole = ensure_config(config)
    if not isinstance(given, dict) or given.get("type") != "tool_call":
        return whole
    return {**whole, "configurable": {**whole.get("configurable", {}), _CALL_ID: given.get("id")}}


def _turn_of(config: RunnableConfig) -> Hashable | None:
    """Return what the calls of one step of one run of a graph have in common; None outside of a graph."""
    checkpoints = config.get("configurable", {}).get(_CHECKPOINTS)
    return tuple(sorted(checkpoints.items())) if checkpoints else None


def _fail(text: str, envelope: dict[str, Any]) -> NoReturn:
    raise ExecutorToolException(text, envelope)
