"""A state that starts another execution: Step Functions' names (`StateMachineArn`) are not boto3's."""

from __future__ import annotations

import datetime as dt
from typing import Any

from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service_sfn import (
    StateTaskServiceSfn,
)

from tool_executor.local.moto_patches.correction import Correction

_original_eval = StateTaskServiceSfn._eval_service_task  # noqa: SLF001 - wrapped below


def _eval_service_task(
    self: Any,  # noqa: ANN401 - a method of moto's
    env: Any,  # noqa: ANN401 - as above
    resource_runtime_part: Any,  # noqa: ANN401 - as above
    normalised_parameters: dict[str, Any],
    state_credentials: Any,  # noqa: ANN401 - as above
) -> None:
    arguments = {name[:1].lower() + name[1:]: value for name, value in normalised_parameters.items()}
    _original_eval(self, env, resource_runtime_part, arguments, state_credentials)
    env.stack.append({name[:1].upper() + name[1:]: _plain(value) for name, value in env.stack.pop().items()})


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, dt.datetime) else value


def corrections() -> list[Correction]:
    """The corrections of this module."""
    return [
        Correction(
            StateTaskServiceSfn,
            "_eval_service_task",
            _eval_service_task,
            "moto gives boto3 and the state each other's names, and dates that are no JSON",
        )
    ]
