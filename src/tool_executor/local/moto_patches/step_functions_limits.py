"""Step Functions' limits and rules for values, where moto is laxer.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html and .../concepts-error-handling.html
"""

from __future__ import annotations

import json
from typing import Any, Final

from moto.stepfunctions.parser.api import HistoryEventType, TaskFailedEventDetails
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_equals_decl import ErrorEqualsDecl
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.common.timeouts.timeout import TimeoutSecondsJSONata
from moto.stepfunctions.parser.asl.component.state import state
from moto.stepfunctions.parser.asl.component.state.choice.comparison.comparison import ConditionStringJSONata
from moto.stepfunctions.parser.asl.component.state.exec.state_map.max_concurrency import MaxConcurrencyJSONata
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils, state_task_lambda
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_lambda import (
    StateTaskServiceLambda,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task import StateTask
from moto.stepfunctions.parser.asl.component.state.fail.cause_decl import Cause
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.seconds import SecondsJSONata

from tool_executor.local.aws_json import STATE_LIMIT_BYTES, NotJson, compact, parse_json, utf8_bytes
from tool_executor.local.moto_patches.correction import Correction
from tool_executor.local.moto_patches.jsonata_evaluation import event_details, query_error

_CAUSE_LIMIT: Final = 32_768
_MOST_SECONDS: Final = 99_999_999
_NOT_CAUGHT_BY_ALL: Final = frozenset({"States.DataLimitExceeded", "States.Runtime"})


def data_limit_exceeded(env: Any, what: str) -> FailureEventException:  # noqa: ANN401 - moto's Environment
    """The terminal error for more than 256 KiB in a state."""
    kind = StatesErrorNameType.StatesStatesDataLimitExceeded
    cause = f"{what} has a size exceeding the maximum number of bytes service limit."
    return FailureEventException(
        FailureEvent(
            env=env,
            error_name=StatesErrorName(typ=kind),
            event_type=HistoryEventType.TaskFailed,
            event_details=event_details(
                taskFailedEventDetails=TaskFailedEventDetails(error=kind.to_name(), cause=cause)
            ),
        )
    )


def _is_within_size_quota(value: Any) -> bool:  # noqa: ANN401 - a function of moto's
    return utf8_bytes(compact(value)) <= STATE_LIMIT_BYTES


def _error_equals(self: Any, env: Any) -> None:  # noqa: ANN401 - a method of moto's
    error_name = env.stack.pop()
    raised = None if error_name is None else error_name.error_name
    listed = {error_name.error_name for error_name in self.error_names}
    matches = raised in listed
    if "States.ALL" in listed:
        matches = raised not in _NOT_CAUGHT_BY_ALL
    elif "States.TaskFailed" in listed:
        matches = matches or raised not in {*_NOT_CAUGHT_BY_ALL, "States.Timeout"}
    env.stack.append(matches)


def _whole(component: Any, env: Any, field: str, least: int) -> int:  # noqa: ANN401 - moto's components
    component.string_jsonata.eval(env=env)
    value = env.stack.pop()
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MOST_SECONDS:
        expression = component.string_jsonata.literal_value
        raise query_error(
            env,
            f"The JSONata expression '{expression}' specified for the field '{field}' returned an unexpected result. "
            f"Expected an integer from {least} to {_MOST_SECONDS}, but was: {json.dumps(value)}",
        )
    return value


def _condition(self: Any, env: Any) -> None:  # noqa: ANN401 - a method of moto's
    self.string_jsonata.eval(env=env)
    value = env.stack[-1]
    if not isinstance(value, bool):
        expression = self.string_jsonata.literal_value
        raise query_error(
            env,
            f"The JSONata expression '{expression}' specified for the field 'Condition' returned an unexpected result "
            f"type. Expected 'boolean', but was: {json.dumps(value)[:200]}",
        )


def _cause(self: Any, env: Any) -> None:  # noqa: ANN401 - a method of moto's
    self.string_expression.eval(env=env)
    if not isinstance(env.stack[-1], str):
        expression = self.string_expression.literal_value
        raise query_error(
            env,
            f"The JSONata expression '{expression}' specified for the field 'Cause' returned an unexpected result type."
            " Expected 'string'.",
        )


_original_eval_parameters = StateTask._eval_parameters  # noqa: SLF001 - wrapped below


def _eval_parameters(self: Any, env: Any) -> dict[str, Any]:  # noqa: ANN401 - a method of moto's
    parameters: dict[str, Any] = _original_eval_parameters(self, env)
    if utf8_bytes(parameters) > STATE_LIMIT_BYTES:
        raise data_limit_exceeded(env, f"The input of the Task '{self.name}'")
    return parameters


_original_lambda_from_error = StateTaskServiceLambda._from_error  # noqa: SLF001 - wrapped below


def _lambda_from_error(self: Any, env: Any, ex: Exception) -> FailureEvent:  # noqa: ANN401 - a method of moto's
    if not isinstance(ex, lambda_eval_utils.LambdaFunctionErrorException):
        failure: FailureEvent = _original_lambda_from_error(self, env=env, ex=ex)
        return failure
    try:
        payload = parse_json(ex.payload)
    except NotJson:
        payload = None
    error = payload.get("errorType") if isinstance(payload, dict) else None
    # Longer causes are cut, so that what was JSON is none any more.
    return _task_failed(self, env, error or "Lambda.Unknown", ex.payload[:_CAUSE_LIMIT])


def _task_failed(task: Any, env: Any, error: str, cause: str) -> FailureEvent:  # noqa: ANN401 - moto's components
    details = TaskFailedEventDetails(
        error=error,
        cause=cause,
        resource=task._get_sfn_resource(),  # noqa: SLF001 - moto has no other way
        resourceType=task._get_sfn_resource_type(),  # noqa: SLF001 - as above
    )
    return FailureEvent(
        env=env,
        error_name=CustomErrorName(error),
        event_type=HistoryEventType.TaskFailed,
        event_details=event_details(taskFailedEventDetails=details),
    )


def corrections() -> list[Correction]:
    """The corrections of this module."""
    size = "the limit is 262,144 bytes of UTF-8, that many included; moto counts ASCII escapes and spaces"
    whole = "AWS takes whole seconds within limits; moto rounds"
    return [
        *(
            Correction(module, "is_within_size_quota", _is_within_size_quota, size)
            for module in (state, state_task_service, state_task_lambda)
        ),
        Correction(StateTask, "_eval_parameters", _eval_parameters, "a Task's own input has the same limit"),
        Correction(
            ErrorEqualsDecl, "_eval_body", _error_equals, "States.ALL catches neither DataLimitExceeded nor Runtime"
        ),
        Correction(SecondsJSONata, "_get_wait_seconds", lambda self, env: _whole(self, env, "Seconds", 0), whole),
        Correction(
            TimeoutSecondsJSONata, "_eval_seconds", lambda self, env: _whole(self, env, "TimeoutSeconds", 1), whole
        ),
        Correction(
            MaxConcurrencyJSONata,
            "_eval_max_concurrency",
            lambda self, env: _whole(self, env, "MaxConcurrency", 0),
            whole,
        ),
        Correction(ConditionStringJSONata, "_eval_body", _condition, "a Condition that is no boolean is a query error"),
        Correction(Cause, "_eval_body", _cause, "a Cause must be a string"),
        Correction(StateTaskServiceLambda, "_from_error", _lambda_from_error, "a cause holds 32,768 characters"),
    ]
