"""All corrections together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tool_executor.local.moto_patches import (
    cloudformation,
    cloudwatch_metrics,
    dispatch,
    distributed_map,
    dynamodb_requests,
    dynamodb_tables,
    execution_end,
    executions,
    interpreter,
    jsonata_evaluation,
    lambda_functions,
    nested_executions,
    state_machines,
    states_data,
    step_functions_limits,
    sync_executions,
    versions,
)
from tool_executor.local.moto_patches.correction import AppliedCorrections

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.local.moto_patches.cloudwatch_metrics import MetricSource
    from tool_executor.local.moto_patches.executions import EndListener
    from tool_executor.local.moto_patches.lambda_functions import LambdaInvoker


def apply_corrections(
    invoker: LambdaInvoker, endpoint_url: str, on_execution_end: Sequence[EndListener], metrics: Sequence[MetricSource]
) -> AppliedCorrections:
    """Put every correction in force; `revert()` on what is returned takes them back."""
    state_machines.execute_machines()
    return AppliedCorrections(
        [
            *cloudformation.corrections(),
            *dispatch.corrections(),
            *distributed_map.corrections(endpoint_url),
            *dynamodb_requests.corrections(),
            *dynamodb_tables.corrections(),
            *execution_end.corrections(),
            *executions.corrections(on_execution_end),
            *sync_executions.corrections(),
            *interpreter.corrections(endpoint_url),
            *jsonata_evaluation.corrections(),
            *lambda_functions.corrections(invoker),
            *cloudwatch_metrics.corrections(metrics),
            *nested_executions.corrections(),
            *state_machines.corrections(),
            *states_data.corrections(),
            *step_functions_limits.corrections(),
            *versions.corrections(),
        ]
    )
