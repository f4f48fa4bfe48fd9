"""What a tool's author uses. Writing a tool is writing a typed function.

Example::

    tools = ToolGroup("inventory-optimizer")


    @tools.tool(read_only=True, timeout_seconds=30)
    def calculate_reorder_points(warehouse_code: WarehouseCode) -> ReorderPoints:
        'Say when and how much to order of each product of a warehouse.'


    lambda_handler = tools.lambda_handler
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from lambdas.runtime import telemetry
from lambdas.runtime.gateway_event import framed, refusals
from lambdas.runtime.invocation import Invoker
from lambdas.runtime.tool import Tool, ToolDefinitionError, make_tool
from tool_contract.tool_spec import ToolAnnotations

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_contract.retry import RetryPolicy

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


class ToolGroup:
    """The tools that share one Lambda function."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._tools: dict[str, Tool] = {}

    def tool(
        self,
        *,
        read_only: bool = False,
        idempotent: bool = False,
        destructive: bool | None = None,
        open_world: bool = True,
        timeout_seconds: float | None = None,
        max_retries: int | None = None,
        retry: RetryPolicy | None = None,
        cache_ttl_seconds: int | None = None,
    ) -> Callable[[Callable[_Parameters, _Result]], Callable[_Parameters, _Result]]:
        """Make a function a tool of this group; the function itself stays as it is.

        The marks are the Model Context Protocol's; a tool that only reads is not destructive unless it says so.
        ``timeout_seconds`` bounds one attempt; it, ``max_retries`` and ``retry`` are what calls get that do not say,
        and where the tool does not say either, the stage's options hold. A tool that only reads may let its results
        be kept for ``cache_ttl_seconds``. Raises :class:`ToolDefinitionError` where the function cannot be one.
        """
        annotations = ToolAnnotations(
            read_only=read_only,
            idempotent=idempotent,
            destructive=not read_only if destructive is None else destructive,
            open_world=open_world,
        )

        def register(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
            tool = make_tool(
                function,
                group=self.name,
                annotations=annotations,
                timeout_seconds=timeout_seconds,
                max_retries=max_retries,
                retry=retry,
                cache_ttl_seconds=cache_ttl_seconds,
            )
            if tool.spec.name in self._tools:
                message = f"The group {self.name!r} has two tools named {tool.spec.name!r}."
                raise ToolDefinitionError(message)
            self._tools[tool.spec.name] = tool
            return function

        return register

    @property
    def tools(self) -> tuple[Tool, ...]:
        """The tools, in the order of their definition."""
        return tuple(self._tools.values())

    @cached_property
    def lambda_handler(self) -> Callable[[Any, Any], Any]:
        """The Lambda function's handler: checks the event, runs the tool, returns the envelope.

        AgentCore Gateway's events are taken, too.
        """
        invoker = Invoker(self._tools)

        def handle(event: Any, context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own signature
            return invoker.invoke(framed(event, context), context.aws_request_id, refusals(event, context))

        return telemetry.observed(handle)
