"""Deletes an execution's one-time secrets when it ends: nobody can use them after that."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime import aws_clients
from lambdas.runtime.telemetry import logger
from tool_contract import strict_json
from tool_contract.secret import is_one_time, parameter_name

if TYPE_CHECKING:
    from collections.abc import Mapping

#: DeleteParameters takes ten.
_AT_ONCE: Final = 10


def delete_one_time_secrets(execution: Mapping[str, Any]) -> None:
    """Delete the secrets that an execution's record names; those that are gone already are no error.

    A deletion that fails is logged and keeps no execution open.
    """
    names = [name for name in strict_json.parse(execution.get("one_time_secrets") or "[]") if is_one_time(name)]
    parameters = [parameter_name(os.environ.get("STAGE", "dev"), name) for name in names]
    try:
        for start in range(0, len(parameters), _AT_ONCE):
            aws_clients.ssm().delete_parameters(Names=parameters[start : start + _AT_ONCE])
    except (BotoCoreError, ClientError):
        told = {"execution_id": execution["execution_id"], "one_time_secrets": len(parameters)}
        logger.exception("one-time secrets could not all be deleted", extra=told)
