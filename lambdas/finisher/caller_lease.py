"""The calls of an execution that has ended are no longer open: its caller may begin others in their place."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime import aws_clients, telemetry
from lambdas.runtime.caller_account import ACCOUNT_ATTRIBUTE

if TYPE_CHECKING:
    from collections.abc import Mapping


def give_back(execution: Mapping[str, Any]) -> None:
    """Strike an execution from its caller's open ones, given its own record. Repeating it is harmless.

    What cannot be struck out now counts until some minutes past the execution's deadline, and no longer.
    """
    account = execution.get(ACCOUNT_ATTRIBUTE)
    if account is None:
        return
    client = aws_clients.tool_state()
    try:
        client.update_item(
            TableName=os.environ["TOOL_STATE_TABLE"],
            Key={"id": {"S": account}},
            UpdateExpression="REMOVE #open.#execution SET version = version + :one",
            ConditionExpression="attribute_exists(#open.#execution)",
            ExpressionAttributeNames={"#open": "open", "#execution": execution["execution_id"]},
            ExpressionAttributeValues={":one": {"N": "1"}},
        )
    except client.exceptions.ConditionalCheckFailedException:
        return  # it has been struck out before, or its time was over
    except (BotoCoreError, ClientError) as error:
        said = {"execution_id": execution["execution_id"], "account": account, "reason": str(error)}
        telemetry.logger.warning("an ended execution still counts as open for its caller", extra=said)
