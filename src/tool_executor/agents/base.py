"""What every agent has: a way to run tools, by the executor if there is one, else by one invocation of each."""

from __future__ import annotations

import asyncio
import logging
import threading
from contextlib import suppress
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, Protocol, Self

from tool_contract.catalog import load_catalog
from tool_executor.agents.single_invocation import SingleInvocation
from tool_executor.aws import Aws, translated_errors
from tool_executor.calls import ToolExecutionRequest
from tool_executor.clock import Clock, SystemClock
from tool_executor.configuration import configuration_of
from tool_executor.deployment import stack_name
from tool_executor.errors import (
    CredentialsMissingError,
    DeploymentNotFoundError,
    ExecutionNotStartedError,
    ServiceError,
    ToolExecutorError,
    ToolNotFoundError,
)
from tool_executor.executor import ToolExecutor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_lambda import LambdaClient

    from tool_contract.catalog import Catalog
    from tool_contract.problems import Problem
    from tool_executor.calls import Call
    from tool_executor.configuration import ConfigurationManager
    from tool_executor.result import ToolExecutionResult

_log = logging.getLogger("tool_executor")

_LOOKS_AGAIN_AFTER_MS: Final = 60_000
#: Nothing was run, and nothing will be: another way harms nobody.
_NOTHING_WAS_RUN: Final = (DeploymentNotFoundError, ExecutionNotStartedError)
_ALIAS_SUFFIX: Final = "-lambda"


class Executor(Protocol):
    """What agents need of a :class:`~tool_executor.ToolExecutor`; a test may give another."""

    async def execute_tool(self, call: Call, timeout: float | None = None) -> ToolExecutionResult:  # noqa: ASYNC109
        """Run one call."""

    def execute_tool_sync(self, call: Call, timeout: float | None = None) -> ToolExecutionResult:
        """Run one call, and wait for it."""

    async def problems_of(self, call: Call) -> list[Problem]:
        """Return everything that is wrong with a call, without running it."""


class BaseAgent:
    """Runs tools and answers with the contract's envelope as a dict.

    A success is ``{"success": True, "result": ..., "execution_time_ms": ..., "attempts": ...}``, a tool's failure
    ``{"success": False, "error": ..., "status": ..., ...}``. Raised is only what keeps a tool from being run at all:
    InvalidRequestError (ToolNotFoundError if just the name is wrong), CredentialsMissingError, ServiceError.

    Args:
        tool_executor: what runs the tools. None makes one when it is first needed, if there is a deployment; where
            none is found, it is looked for again a minute later.
        region: AWS's region; None finds it as boto3 does. With ``AWS_ENDPOINT_URL`` set it is the local cloud's.
        config: where options come from; None reads the environment and ``tool-executor.toml``. Of an executor that is
            given, its own configuration holds, but for ``agents.tool_timeout_seconds`` and ``agents.tool_max_retries``
            of a ``config`` that is given, too.
        aws: what to call AWS with, in place of ``region``.

    Without an executor, or where an execution definitely cannot be started (no deployment, no planner), the tool's
    function is invoked by its name, once: no retries, no record in the history, and ``metadata`` says ``degraded``.

    A subclass names its function by ``function_name``, in the catalog's words (``inventory-optimizer-lambda``), or
    overrides :meth:`execute_tool`::

        class MyAgent(BaseAgent):
            def execute_tool(self, tool_name, tool_input):
                if self.tool_executor:
                    return self.execute_tool_async(
                        tool_name=tool_name, function_name=LAMBDA_FUNCTION_NAME, input_data=tool_input
                    )
                return self.invoke_directly(tool_name, LAMBDA_FUNCTION_NAME, tool_input)
    """

    #: The function of the agent's tools by the catalog's name for it; None leaves it to the catalog.
    function_name: ClassVar[str | None] = None

    def __init__(
        self,
        tool_executor: Executor | None = None,
        region: str | None = None,
        config: ConfigurationManager | None = None,
        *,
        aws: Aws | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.configuration: Final = configuration_of(config).with_values({"region": region})
        fields = {} if config is None else self.configuration.call_fields()
        self._timeout_seconds: float | None = fields.get("timeout_seconds")
        self._max_retries: int | None = fields.get("max_retries")
        self._given_aws = aws
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._executor = tool_executor
        self._own_executor: ToolExecutor | None = None
        self._looks_again_ms = self._clock.elapsed_ms()

    @property
    def tool_executor(self) -> Executor | None:
        """What runs the tools; None while there is no deployment to be found. The first look may call AWS."""
        with self._lock:
            if self._executor is None and self._clock.elapsed_ms() >= self._looks_again_ms:
                self._executor = self._own_executor = self._found()
            return self._executor

    @tool_executor.setter
    def tool_executor(self, executor: Executor | None) -> None:
        with self._lock:
            self._executor = executor

    def use_unless_given(self, executor: Executor) -> None:
        """Use an executor if the agent has none yet: the orchestrator's way to hand its own out."""
        with self._lock:
            self._executor = executor if self._executor is None else self._executor

    @cached_property
    def lambda_client(self) -> LambdaClient:
        """boto3's client of Lambda, for direct invocations. It repeats none by itself: the first may have run."""
        with translated_errors():
            return self._aws.functions

    def execute_tool(self, tool_name: str, tool_input: dict[str, Any]) -> dict[str, Any]:
        """Run a tool and return its envelope as a dict. Raises as the class says."""
        return self.execute_tool_async(tool_name, self.function_name, tool_input)

    def execute_tool_async(
        self,
        tool_name: str,
        function_name: str | None = None,
        input_data: Mapping[str, Any] | None = None,
        *,
        timeout_seconds: float | None = None,
        max_retries: int | None = None,
    ) -> dict[str, Any]:
        """Run a tool by the asynchronous executor, wait for it, and return its envelope as a dict.

        The name is the framework's: the call is the executor's, with its retries and its deadline, and this method
        blocks until it has ended. The coroutine is :meth:`aexecute_tool`.
        """
        request = self._request(tool_name, function_name, input_data, timeout_seconds, max_retries)
        executor = self.tool_executor
        if executor is not None:
            try:
                return executor.execute_tool_sync(request).to_json()
            except _NOTHING_WAS_RUN as error:
                _tell(request, error)
        return self._invoked(request)

    async def aexecute_tool(
        self, tool_name: str, tool_input: Mapping[str, Any] | None = None, *, correlation_id: str | None = None
    ) -> dict[str, Any]:
        """Run a tool and return its envelope as a dict, without blocking the loop. Raises as the class says.

        Where this task is cancelled, so is the execution. A subclass's own :meth:`execute_tool` is what is run here,
        too, in a thread: it then decides about the correlation id, and cannot be cancelled.
        """
        if type(self).execute_tool is not BaseAgent.execute_tool:
            return await asyncio.to_thread(self.execute_tool, tool_name, dict(tool_input or {}))
        request = self._request(tool_name, self.function_name, tool_input, correlation_id=correlation_id)
        executor = await asyncio.to_thread(lambda: self.tool_executor)
        if executor is not None:
            try:
                return (await executor.execute_tool(request)).to_json()
            except _NOTHING_WAS_RUN as error:
                _tell(request, error)
        return await asyncio.to_thread(self._invoked, request)

    async def problems_of(self, tool_name: str, tool_input: Mapping[str, Any] | None = None) -> list[Problem]:
        """Return what is wrong with a call as far as that can be known without running it.

        JSON pointers are into the call: ``/tool_name``, ``/function_name``, ``/input/...``. Without an executor
        nothing is known. Raises ServiceError, CredentialsMissingError, DeploymentNotFoundError.
        """
        executor = await asyncio.to_thread(lambda: self.tool_executor)
        if executor is None:
            return []
        return await executor.problems_of(self._request(tool_name, self.function_name, tool_input))

    def invoke_directly(
        self, tool_name: str, function_name: str | None = None, tool_input: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Invoke a tool's function once, without the executor, and return its envelope, marked ``degraded``."""
        return self._invoked(self._request(tool_name, function_name, tool_input))

    def deployed_name(self, function_name: str) -> str:
        """Return the Lambda function that the catalog's name for one means here; any other name is its own."""
        if not function_name.endswith(_ALIAS_SUFFIX):
            return function_name
        group = function_name.removesuffix(_ALIAS_SUFFIX)
        functions, stage = self._deployed()
        return functions.get(group, f"{stack_name(stage)}-{group}")

    def close(self) -> None:
        """Close the executor if the agent made it itself; the agent may be used again."""
        if self._own_executor is not None:
            self._own_executor.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _request(
        self,
        tool_name: str,
        function_name: str | None,
        tool_input: Mapping[str, Any] | None,
        timeout_seconds: float | None = None,
        max_retries: int | None = None,
        correlation_id: str | None = None,
    ) -> ToolExecutionRequest:
        return ToolExecutionRequest(
            tool_name=tool_name,
            function_name=function_name,
            input_data={} if tool_input is None else tool_input,
            timeout_seconds=self._timeout_seconds if timeout_seconds is None else timeout_seconds,
            max_retries=self._max_retries if max_retries is None else max_retries,
            correlation_id=correlation_id,
        )

    def _invoked(self, request: ToolExecutionRequest) -> dict[str, Any]:
        alias = request.function_name or self.function_name or _function_of(request.tool_name)
        invocation = SingleInvocation(self.lambda_client, self._aws, self._clock)
        return invocation.run(
            self.deployed_name(alias), request.tool_name, request.input_data, request.timeout_seconds
        ).to_json()

    def _found(self) -> ToolExecutor | None:
        executor = ToolExecutor(config=self.configuration, aws=self._given_aws)
        try:
            _ = executor.deployment
        except (CredentialsMissingError, DeploymentNotFoundError, ServiceError) as error:
            _log.warning("tools are invoked directly, once each: %s", error.sentence)
            self._looks_again_ms = self._clock.elapsed_ms() + _LOOKS_AGAIN_AFTER_MS
            return None
        return executor

    @cached_property
    def _aws(self) -> Aws:
        if self._given_aws is not None:
            return self._given_aws
        executor = self._executor
        return executor.aws if isinstance(executor, ToolExecutor) else Aws.from_environment(self.configuration.region)

    def _deployed(self) -> tuple[Mapping[str, str], str]:
        """Return the deployed functions by group, as far as they are known, and the stage."""
        executor = self._executor
        if not isinstance(executor, ToolExecutor):
            return {}, self.configuration.stage
        with suppress(ToolExecutorError):
            return executor.deployment.functions, executor.configuration.stage
        return {}, executor.configuration.stage


def _tell(request: ToolExecutionRequest, error: ToolExecutorError) -> None:
    _log.warning("%s is invoked directly, once: %s", request.tool_name, error.sentence)


def _function_of(tool_name: str) -> str:
    """Return the catalog's name for the function of a tool. Raises ToolNotFoundError if the tool is none of its."""
    spec = _shipped_catalog().by_name.get(tool_name)
    if spec is None:
        problem = _shipped_catalog().unknown_tool(tool_name)
        raise ToolNotFoundError(problem.message, [problem.as_detail()], hint="Name its function by function_name.")
    return spec.function_name


@cache
def _shipped_catalog() -> Catalog:
    return load_catalog()
