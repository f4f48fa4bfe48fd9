"""A retry budget per tool, fleet-wide: what bounds the attempts when a thousand calls fail at once.

A failed attempt that would be retried takes a token; without one it is not retried. A tool's bucket holds 100 tokens,
and 10 a second come back. Successes and first attempts take none.

The item ``budget#<tool>`` holds one number: when the bucket will be full again (``full_at``, milliseconds since 1970).
A token taken moves it by the time that one token takes to come back; the bucket is empty while it lies a whole bucket
ahead. So a token is taken by one conditional update without reading first, and no two takers can get the same one.

Cost: one write for each failed attempt that would be retried, $0.625 a million on demand in us-east-1; two where the
bucket turns between full and not full. A process that was refused asks again only when a token may be there.
"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime import aws_clients
from lambdas.runtime.tool_state_outage import Outage, Pause, ToolStateUnavailable, pause_of
from tool_contract.items import from_item, to_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from tool_contract.failures import Failure

ID_PREFIX: Final = "budget#"
#: A bucket that nobody has touched for so long is full, as a missing item is; an hour for clocks and for looking at it.
_KEPT_SECONDS: Final = 3600
_SPENT: Final = "It is not tried again: the tool's retry budget is used up."


@dataclass(frozen=True, slots=True)
class BudgetPolicy:
    """How many retries of a tool may be begun at once, and how many more each second."""

    capacity: int = 100
    tokens_per_second: int = 10

    @property
    def token_ms(self) -> int:
        """Milliseconds until a token comes back."""
        return max(1, 1000 // self.tokens_per_second)

    @property
    def last_token_ms(self) -> int:
        """How far ahead, in milliseconds, the bucket's being full may lie with one token left."""
        return (self.capacity - 1) * self.token_ms


DEFAULT_POLICY: Final = BudgetPolicy()


class RetryBudget:
    """The retry budgets of a deployment's tools. Threads may share it. Where the table fails, retries go on."""

    def __init__(
        self,
        table: str,
        client: DynamoDBClient | None = None,
        *,
        policy: BudgetPolicy = DEFAULT_POLICY,
        pause: Pause | None = None,
    ) -> None:
        self._table = table
        self._given_client = client
        self._policy = policy
        self._outage = Outage("retry budget", pause)
        self._lock = threading.Lock()
        self._full_at: defaultdict[str, int] = defaultdict(int)

    @classmethod
    def from_environment(cls) -> RetryBudget | None:
        """Return the process's budgets, always the same; None without TOOL_STATE_TABLE."""
        table = os.environ.get("TOOL_STATE_TABLE")
        return _of_process(table) if table else None

    def take(self, tool_name: str, now_ms: int) -> bool:
        """Take a token for one retry; False if none is left. Never raises because of the table."""
        with self._lock:
            full_at = self._full_at[tool_name]
        # Tokens come back by time alone: until then asking once more would cost a write to be refused.
        if full_at > now_ms + self._policy.last_token_ms:
            return False
        if self._outage.lasts(now_ms):
            return True
        try:
            taken, full_at = self._take(tool_name, full_at, now_ms)
        except ToolStateUnavailable as error:
            self._outage.begin(tool_name, error, now_ms)
            return True
        with self._lock:
            self._full_at[tool_name] = full_at
        return taken

    def _take(self, tool_name: str, full_at: int, now_ms: int) -> tuple[bool, int]:
        """Return whether a token was taken, and when the bucket will be full."""
        for _ in range(3):  # another taker may turn a full bucket into one that is not, and time may turn it back
            taken, full_at = self._update(tool_name, now_ms, was_full=full_at <= now_ms)
            if taken or full_at > now_ms + self._policy.last_token_ms:
                return taken, full_at
        return True, full_at

    def _update(self, tool_name: str, now_ms: int, *, was_full: bool) -> tuple[bool, int]:
        token = self._policy.token_ms
        if was_full:
            change, condition = "SET full_at = :next", "attribute_not_exists(full_at) OR full_at <= :now"
            values = {":next": now_ms + token, ":now": now_ms}
        else:
            change, condition = "SET full_at = full_at + :token", "full_at > :now AND full_at <= :last"
            values = {":token": token, ":now": now_ms, ":last": now_ms + self._policy.last_token_ms}
        expires_at = (now_ms + self._policy.last_token_ms) // 1000 + _KEPT_SECONDS
        client = self._given_client or aws_clients.tool_state()
        try:
            answer = client.update_item(
                TableName=self._table,
                Key=to_item({"id": f"{ID_PREFIX}{tool_name}"}),
                UpdateExpression=f"{change}, expires_at = :expires_at",
                ConditionExpression=condition,
                ExpressionAttributeValues=to_item({**values, ":expires_at": expires_at}),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            return False, _full_at(error.response.get("Item"))
        except (BotoCoreError, ClientError) as error:
            raise ToolStateUnavailable(str(error)) from error
        return True, _full_at(answer.get("Attributes"))


def without_retry(failure: Failure) -> Failure:
    """Return the failure as one that nobody tries again, and says why."""
    return replace(failure, retryable=False, retry_after_seconds=None, message=f"{failure.message} {_SPENT}")


@cache
def _of_process(table: str) -> RetryBudget:
    return RetryBudget(table, pause=pause_of(table))


def _full_at(item: Any) -> int:  # noqa: ANN401 - as DynamoDB has it
    try:
        return int(from_item(item or {}).get("full_at", 0))
    except (TypeError, ValueError) as error:
        raise ToolStateUnavailable(str(error)) from error
