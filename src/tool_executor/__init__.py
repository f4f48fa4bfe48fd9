"""Runs an AI agent's tools on AWS: in parallel, with retries, deadlines, fallbacks and a history.

Example::

    from tool_executor import ToolCall, ToolExecutor

    with ToolExecutor(region="us-east-1") as executor:
        result = executor.execute_tool_sync(ToolCall("calculate_reorder_points", {"warehouse_code": "WH001"}))
    print(result.summary)
"""

from tool_contract.options import PRESETS, ToolExecutorOptions
from tool_contract.retry import RetryPolicy
from tool_executor.calls import ToolCall, ToolExecutionRequest
from tool_executor.cancellation import Cancellation
from tool_executor.configuration import ConfigurationManager
from tool_executor.engine import Route
from tool_executor.errors import (
    CredentialsMissingError,
    DeploymentNotFoundError,
    ExecutionFailedError,
    ExecutionIdTakenError,
    ExecutionNotFoundError,
    ExecutionNotStartedError,
    ExecutionTimeoutError,
    InvalidConfigurationError,
    InvalidRequestError,
    ResultCorruptError,
    ResultMissingError,
    ResultUnavailableError,
    ServiceError,
    ToolExecutorError,
    ToolFailedError,
    ToolNotFoundError,
)
from tool_executor.execution_handle import ExecutionHandle
from tool_executor.executor import ToolExecutor
from tool_executor.result import ToolExecutionResult, ToolExecutionStatus
from tool_executor.statistics import ToolStatistics

__all__ = [
    "PRESETS",
    "Cancellation",
    "ConfigurationManager",
    "CredentialsMissingError",
    "DeploymentNotFoundError",
    "ExecutionFailedError",
    "ExecutionHandle",
    "ExecutionIdTakenError",
    "ExecutionNotFoundError",
    "ExecutionNotStartedError",
    "ExecutionTimeoutError",
    "InvalidConfigurationError",
    "InvalidRequestError",
    "ResultCorruptError",
    "ResultMissingError",
    "ResultUnavailableError",
    "RetryPolicy",
    "Route",
    "ServiceError",
    "ToolCall",
    "ToolExecutionRequest",
    "ToolExecutionResult",
    "ToolExecutionStatus",
    "ToolExecutor",
    "ToolExecutorError",
    "ToolExecutorOptions",
    "ToolFailedError",
    "ToolNotFoundError",
    "ToolStatistics",
]
