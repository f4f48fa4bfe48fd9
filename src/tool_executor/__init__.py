"""Runs an AI agent's tools on AWS: in parallel, with retries, deadlines, fallbacks and a history.

Example::

    from tool_executor import ToolCall, ToolExecutor

    with ToolExecutor(region="us-east-1") as executor:
        result = executor.execute_tool_sync(ToolCall("calculate_reorder_points", {"warehouse_code": "WH001"}))
    print(result.summary)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tool_contract.options import PRESETS, ToolExecutorOptions
    from tool_contract.retry import RetryPolicy
    from tool_contract.secret import Secret
    from tool_executor.bulk.errors import (
        BulkChangedError,
        BulkExpiredError,
        BulkGivenUpError,
        BulkNotConfirmedError,
        BulkNotFoundError,
        BulkRunningError,
        InvalidBulkError,
    )
    from tool_executor.bulk.report import BulkReport
    from tool_executor.bulk.results import BulkResult
    from tool_executor.bulk.settings import BulkSettings
    from tool_executor.calls import ToolCall, ToolExecutionRequest
    from tool_executor.cancellation import Cancellation
    from tool_executor.configuration import ConfigurationManager
    from tool_executor.errors import (
        CallerLimitExceededError,
        CredentialsMissingError,
        DeploymentNotFoundError,
        ExecutionFailedError,
        ExecutionIdTakenError,
        ExecutionNotFoundError,
        ExecutionNotStartedError,
        ExecutionTimeoutError,
        ExecutorClosedError,
        InvalidConfigurationError,
        InvalidRequestError,
        RegionMissingError,
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
    from tool_executor.from_call import FromCall
    from tool_executor.result import ToolExecutionResult, ToolExecutionStatus
    from tool_executor.statistics import ToolStatistics
    from tool_executor.ways import Route, Wait

#: Where each name is at home. It is imported when first asked for: a program that imports this to catch an error, or
#: runs no tool this time, does not wait for clients and models.
_HOMES = {
    "PRESETS": "tool_contract.options",
    "BulkChangedError": "tool_executor.bulk.errors",
    "BulkExpiredError": "tool_executor.bulk.errors",
    "BulkGivenUpError": "tool_executor.bulk.errors",
    "BulkNotConfirmedError": "tool_executor.bulk.errors",
    "BulkNotFoundError": "tool_executor.bulk.errors",
    "BulkReport": "tool_executor.bulk.report",
    "BulkResult": "tool_executor.bulk.results",
    "BulkRunningError": "tool_executor.bulk.errors",
    "BulkSettings": "tool_executor.bulk.settings",
    "CallerLimitExceededError": "tool_executor.errors",
    "Cancellation": "tool_executor.cancellation",
    "ConfigurationManager": "tool_executor.configuration",
    "CredentialsMissingError": "tool_executor.errors",
    "DeploymentNotFoundError": "tool_executor.errors",
    "ExecutionFailedError": "tool_executor.errors",
    "ExecutionHandle": "tool_executor.execution_handle",
    "ExecutionIdTakenError": "tool_executor.errors",
    "ExecutionNotFoundError": "tool_executor.errors",
    "ExecutionNotStartedError": "tool_executor.errors",
    "ExecutionTimeoutError": "tool_executor.errors",
    "ExecutorClosedError": "tool_executor.errors",
    "FromCall": "tool_executor.from_call",
    "InvalidBulkError": "tool_executor.bulk.errors",
    "InvalidConfigurationError": "tool_executor.errors",
    "InvalidRequestError": "tool_executor.errors",
    "RegionMissingError": "tool_executor.errors",
    "ResultCorruptError": "tool_executor.errors",
    "ResultMissingError": "tool_executor.errors",
    "ResultUnavailableError": "tool_executor.errors",
    "RetryPolicy": "tool_contract.retry",
    "Route": "tool_executor.ways",
    "Secret": "tool_contract.secret",
    "ServiceError": "tool_executor.errors",
    "ToolCall": "tool_executor.calls",
    "ToolExecutionRequest": "tool_executor.calls",
    "ToolExecutionResult": "tool_executor.result",
    "ToolExecutionStatus": "tool_executor.result",
    "ToolExecutor": "tool_executor.executor",
    "ToolExecutorError": "tool_executor.errors",
    "ToolExecutorOptions": "tool_contract.options",
    "ToolFailedError": "tool_executor.errors",
    "ToolNotFoundError": "tool_executor.errors",
    "ToolStatistics": "tool_executor.statistics",
    "Wait": "tool_executor.ways",
}

__all__ = [
    "PRESETS",
    "BulkChangedError",
    "BulkExpiredError",
    "BulkGivenUpError",
    "BulkNotConfirmedError",
    "BulkNotFoundError",
    "BulkReport",
    "BulkResult",
    "BulkRunningError",
    "BulkSettings",
    "CallerLimitExceededError",
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
    "ExecutorClosedError",
    "FromCall",
    "InvalidBulkError",
    "InvalidConfigurationError",
    "InvalidRequestError",
    "RegionMissingError",
    "ResultCorruptError",
    "ResultMissingError",
    "ResultUnavailableError",
    "RetryPolicy",
    "Route",
    "Secret",
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
    "Wait",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - a module's attribute is any value
    home = _HOMES.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value = globals()[name] = getattr(import_module(home), name)
    return value


def __dir__() -> list[str]:
    return __all__
