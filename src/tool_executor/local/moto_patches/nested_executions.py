"""A state that starts another execution: Step Functions' names (`StateMachineArn`) are not boto3's."""

from __future__ import annotations

import datetime as dt
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)

from tool_executor.local.moto_patches.correction import Correction

_original_parameters = StateTaskServiceSfn._normalise_parameters  # noqa: SLF001 - wrapped below


def _parameters(self: Any, parameters: dict[str, Any], *rest: Any, **named: Any) -> None:  # noqa: ANN401 - a method of moto's
    _original_parameters(self, parameters, *rest, **named)
    for name in list(parameters):
        parameters[name[:1].lower() + name[1:]] = parameters.pop(name)


def _response(_self: Any, response: Any, *_rest: Any, **_named: Any) -> None:  # noqa: ANN401 - as above
    for name in list(response):
        value = response.pop(name)
        response[name[:1].upper() + name[1:]] = value.isoformat() if isinstance(value, dt.datetime) else value


def corrections() -> list[Correction]:
    """The corrections of this module."""
    return [
        Correction(
            StateTaskServiceSfn,
            "_normalise_parameters",
            _parameters,
            "moto hands boto3 the arguments under Step Functions' names, and fails on the first",
        ),
        Correction(
            StateTaskServiceSfn,
            "_normalise_response",
            _response,
            "moto answers under boto3's names, and with dates that are no JSON",
        ),
    ]
