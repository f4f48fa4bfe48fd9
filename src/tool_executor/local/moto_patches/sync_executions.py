"""StartSyncExecution, which moto lacks; and what Express state machines refuse."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any, Final

from moto.core.exceptions import AWSError
from moto.core.responses import ActionResult
from moto.stepfunctions.exceptions import ValidationException
from moto.stepfunctions.models import StepFunctionBackend
from moto.stepfunctions.parser.asl.parse.asl_parser import ASLParserException
from moto.stepfunctions.parser.asl.static_analyser.express_static_analyser import ExpressStaticAnalyser
from moto.stepfunctions.parser.models import StepFunctionsParserBackend
from moto.stepfunctions.responses import StepFunctionResponse

from tool_executor.local.aws_json import compact
from tool_executor.local.express_billing import BILLED_MEMORY_MB, billed_ms
from tool_executor.local.moto_patches import express
from tool_executor.local.moto_patches.correction import Correction
from tool_executor.local.moto_patches.execution_end import EXPRESS
from tool_executor.local.moto_patches.executions import check_start

_TRACE_HEADER_LIMIT: Final = 256
_INCLUDED: Final = ("ALL_DATA", "METADATA_ONLY")


class _InvalidDefinition(AWSError):
    TYPE = "InvalidDefinition"


class _TypeNotSupported(AWSError):
    TYPE = "StateMachineTypeNotSupported"

    def __init__(self) -> None:
        super().__init__("This operation is not supported by this type of state machine")


def _start_sync_execution(self: Any) -> ActionResult:  # noqa: ANN401 - a method of moto's
    arn, name = self._get_param("stateMachineArn"), self._get_param("name")
    text = self._get_param("input", if_none="{}")
    trace_header, included = self._get_param("traceHeader"), self._get_param("includedData", if_none=_INCLUDED[0])
    name = str(uuid.uuid4()) if name is None else name
    check_start(name, text)
    _check("traceHeader", trace_header, trace_header is None or _is_trace_header(trace_header))
    _check("includedData", included, included in _INCLUDED)
    machine = self.stepfunction_backend.describe_state_machine(arn)
    if machine.type != EXPRESS:
        raise _TypeNotSupported
    execution = express.ran(machine, name, text, trace_header)
    return ActionResult(_told(execution, with_data=included == _INCLUDED[0]))


def _check(field: str, value: object, holds: bool) -> None:  # noqa: FBT001 - what is checked
    if not holds:
        raise ValidationException(
            f"1 validation error detected: Value '{value}' at '{field}' failed to satisfy constraint"
        )


def _is_trace_header(value: str) -> bool:
    return value.isascii() and len(value) <= _TRACE_HEADER_LIMIT


def _told(execution: Any, *, with_data: bool) -> dict[str, Any]:  # noqa: ANN401 - moto's SyncExecution
    told = {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "startDate": execution.start_date,
        "stopDate": execution.stop_date,
        "status": execution.sync_execution_status.value,
        "error": execution.error,
        "cause": execution.cause,
        "traceHeader": execution.trace_header,
        "billingDetails": {
            "billedMemoryUsedInMB": BILLED_MEMORY_MB,
            "billedDurationInMilliseconds": billed_ms(execution.start_date, execution.stop_date),
        },
    }
    if with_data:
        told |= {"input": execution.execution_input, "inputDetails": {"included": True}}
        if told["status"] == "SUCCEEDED":
            told |= {"output": compact(execution.output), "outputDetails": {"included": True}}
    return {key: value for key, value in told.items() if value is not None}


_original_create = StepFunctionsParserBackend.create_state_machine


def _create_state_machine(self: Any, *args: Any, **named: Any) -> Any:  # noqa: ANN401 - a method of moto's
    if named.get("sm_type") == EXPRESS:
        _check_express(named["definition"] if "definition" in named else args[1])
    return _original_create(self, *args, **named)


def _check_express(definition: str) -> None:
    """Refuse what an Express state machine does not have: activities, callbacks, `.sync`, a Distributed Map."""
    try:
        ExpressStaticAnalyser().analyse(definition)
    except (ValueError, ASLParserException) as error:
        raise _InvalidDefinition(str(error)) from error
    if any(each.get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED" for each in _objects(json.loads(definition))):
        raise _InvalidDefinition(
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: "
            "Express state machine does not support Map state with Mode DISTRIBUTED'"
        )


def _objects(value: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON is any value
    if isinstance(value, dict):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _objects(item)


def _refusing(name: str) -> Any:  # noqa: ANN401 - a method of moto's
    original = vars(StepFunctionResponse)[name]

    def refusing(self: Any) -> Any:  # noqa: ANN401 - a method of moto's
        express.refuse(self._get_param("executionArn"))
        return original(self)

    return refusing


_original_list = StepFunctionBackend.list_executions


def _list_executions(self: Any, state_machine_arn: str, **named: Any) -> Any:  # noqa: ANN401 - a method of moto's
    if self.describe_state_machine(state_machine_arn).type == EXPRESS:
        raise _TypeNotSupported
    return _original_list(self, state_machine_arn, **named)


def corrections() -> list[Correction]:
    """The corrections of this module."""
    kept = "Step Functions keeps no execution of an Express state machine"
    return [
        Correction(
            StepFunctionResponse, "start_sync_execution", _start_sync_execution, "moto does not have it", adds=True
        ),
        Correction(
            StepFunctionsParserBackend,
            "create_state_machine",
            _create_state_machine,
            "Express has no activities, callbacks, .sync and Distributed Map",
        ),
        Correction(StepFunctionBackend, "list_executions", _list_executions, kept),
        *(
            Correction(StepFunctionResponse, name, _refusing(name), kept)
            for name in ("get_execution_history", "describe_state_machine_for_execution", "list_map_runs")
        ),
    ]
