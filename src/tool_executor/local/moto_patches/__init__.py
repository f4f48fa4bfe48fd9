"""What moto is corrected in, one subject a module. Imports moto: import it when a local cloud starts, not before."""

from __future__ import annotations

from tool_executor.local.moto_patches.apply import apply_corrections
from tool_executor.local.moto_patches.faulty_invoker import FaultyInvoker
from tool_executor.local.moto_patches.lambda_functions import InvokeRefused, LambdaInvoker

__all__ = ["FaultyInvoker", "InvokeRefused", "LambdaInvoker", "apply_corrections"]
