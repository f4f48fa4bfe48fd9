"""Lambda functions run for real: the deployed zip's code in warm worker processes, one per concurrent invocation."""

from __future__ import annotations

from tool_executor.local.workers.fleet import WorkerFleet
from tool_executor.local.workers.function_config import FunctionConfig
from tool_executor.local.workers.invocation import Answer, Throttled

__all__ = ["Answer", "FunctionConfig", "Throttled", "WorkerFleet"]
