"""Callers' accounts in the tool state table: an execution is claimed and counted by one transaction, or neither.

A repeated Plan finds the execution claimed and counts nothing; a planner that dies has either claimed and counted or
not. Two planners at once read the same version of the account, and one of them has to read again.

Accounts fail closed, unlike breaker and cache: what cannot be counted is not begun, and Plan fails and is repeated.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TYPE_CHECKING, Any, Final

from lambdas.planner.caller_usage import CallerUsage, Taking, admit
from lambdas.runtime.caller_account import ACCOUNT_ATTRIBUTE
from lambdas.runtime.clock import Clock, SystemClock
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.items import from_item, to_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

#: The planner has 30 s, and the calls' records are to be written after this.
_PATIENCE_MS: Final = 15_000
_FIRST_WAIT_SECONDS: Final = 0.02
_LONGEST_WAIT_SECONDS: Final = 0.5
_CONDITION: Final = "ConditionalCheckFailed"
#: Why a transaction may be cancelled and be worth another try.
_PASSING: Final = {_CONDITION, "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


class CallerAccountBusy(Exception):
    """So many executions of one caller begin at once that this one could not be counted in time."""


@dataclass(frozen=True, slots=True)
class CallerAccounts:
    """The tool state table and the history table, for accounts."""

    state_table: str
    history_table: str
    client: DynamoDBClient
    clock: Clock = field(default_factory=SystemClock)
    sleep: Callable[[float], None] = time.sleep

    def claim(self, row: Mapping[str, Any], taking: Taking) -> dict[str, Any] | None:
        """Put an execution's own record and count it, or do neither and return the record that stands there.

        Raises InvalidRequestError with every limit that the execution would pass, CallerAccountBusy, or what DynamoDB
        raises.
        """
        ends, wait = self.clock.elapsed_ms() + _PATIENCE_MS, _FIRST_WAIT_SECONDS
        while self.clock.elapsed_ms() < ends:
            usage = self._read(taking.account)
            admitted = admit(usage, taking, self.clock.now_ms())
            if isinstance(admitted, list):
                # The account may be full because of this very execution, whose first Plan was not heard of.
                standing = self._standing(row)
                if standing:
                    return standing
                raise InvalidRequestError(admitted)
            try:
                self._write(row, taking, admitted)
            except self.client.exceptions.TransactionCanceledException as error:
                in_the_way = _standing_by(error)
                if in_the_way is not None:
                    return in_the_way
            else:
                return None
            self.sleep(SystemRandom().uniform(0, wait))
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
        raise CallerAccountBusy(taking.account)

    def _read(self, account: str) -> CallerUsage:
        answer = self.client.get_item(TableName=self.state_table, Key={"id": {"S": account}}, ConsistentRead=True)
        return CallerUsage.from_row(from_item(answer.get("Item", {})))

    def _standing(self, row: Mapping[str, Any]) -> dict[str, Any]:
        key = to_item({name: row[name] for name in ("execution_id", "call_id")})
        answer = self.client.get_item(TableName=self.history_table, Key=key, ConsistentRead=True)
        return from_item(answer.get("Item", {}))

    def _write(self, row: Mapping[str, Any], taking: Taking, usage: CallerUsage) -> None:
        marked = {**row, ACCOUNT_ATTRIBUTE: taking.account} if usage.open else row
        first = "attribute_not_exists(id)"
        unchanged = {":version": {"N": str(usage.version - 1)}}
        execution: Any = {
            "TableName": self.history_table,
            "Item": to_item(marked),
            "ConditionExpression": "attribute_not_exists(call_id)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        account: Any = {
            "TableName": self.state_table,
            "Item": to_item({"id": taking.account, **usage.to_row()}),
            "ConditionExpression": first if usage.version == 1 else "version = :version",
            **({} if usage.version == 1 else {"ExpressionAttributeValues": unchanged}),
        }
        self.client.transact_write_items(TransactItems=[{"Put": execution}, {"Put": account}])


def _standing_by(error: Any) -> dict[str, Any] | None:  # noqa: ANN401 - botocore's, made at run time
    """Return the record that stands in the way; None where another try may succeed. Raises the error otherwise."""
    reasons = error.response.get("CancellationReasons", [])
    if reasons and reasons[0].get("Code") == _CONDITION:
        return from_item(reasons[0].get("Item", {}))
    if not {reason.get("Code") for reason in reasons} & _PASSING:
        raise error
    return None
