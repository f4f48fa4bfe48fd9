"""Ends an execution's own row and counts its calls, in one transaction: each execution is counted once, or not yet.

What is counted is added to totals of the hour in which the execution began (`tool_contract.hourly_totals`), one item a
tool. Which shard takes it is drawn anew with each try: the row that ends in the same transaction sees to it that an
execution counts once, so that nobody need know in which shard.

A transaction holds 100 items. An execution of more tools than that is counted in parts, each with a mark in its row of
how far it has come; whoever goes on after a finisher that died goes on from there.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime import telemetry
from lambdas.runtime.clock import Clock, SystemClock
from tool_contract.envelope import CallStatus
from tool_contract.hourly_totals import SINCE_KEY, expiry_of, first_whole_hour, hour_of, totals_key
from tool_contract.items import from_item, to_attribute, to_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from tool_contract.call_totals import CallTotals

#: The execution's own row is the hundredth.
_TOOLS_A_TRANSACTION: Final = 99
#: The finisher has 50 s, and its caller waits.
_PATIENCE_MS: Final = 5_000
_FIRST_WAIT_SECONDS: Final = 0.01
_LONGEST_WAIT_SECONDS: Final = 0.5
_RANDOM: Final = SystemRandom()
_CONDITION: Final = "ConditionalCheckFailed"
_PASSING: Final = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_THROTTLED: Final = {"ThrottlingException", "ProvisionedThroughputExceededException", "TransactionInProgressException"}
_OPEN: Final = {":pending": CallStatus.PENDING, ":running": CallStatus.RUNNING, ":retrying": CallStatus.RETRYING}
_IS_OPEN: Final = "attribute_exists(#open) AND #status IN (:pending, :running, :retrying)"


class TotalsBusy(Exception):
    """So many executions end at once that this one could not be counted in time. It is still open."""


@dataclass(frozen=True, slots=True)
class CountedEnd:
    """The history table, for ends of executions. Totals are spread over ``shards``."""

    table: str
    client: DynamoDBClient
    shards: int = 1
    tools_a_transaction: int = _TOOLS_A_TRANSACTION
    clock: Clock = field(default_factory=SystemClock)
    sleep: Callable[[float], None] = time.sleep

    def end(
        self, execution: Mapping[str, Any], attributes: Mapping[str, Any], totals: Mapping[str, CallTotals]
    ) -> bool:
        """End an execution's row, count ``totals`` by tool, and say whether it was this call that did.

        Raises TotalsBusy, or what DynamoDB raises; then nothing has been ended.
        """
        end = _End(self, execution, attributes, tuple(sorted(totals.items())), int(execution.get("counted_parts", 0)))
        ends, wait = self.clock.elapsed_ms() + _PATIENCE_MS, _FIRST_WAIT_SECONDS
        while self.clock.elapsed_ms() < ends:
            came = end.step()
            if came is not None:
                return came
            if end.was_busy:
                self.sleep(_RANDOM.uniform(0, wait))
                wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
        raise TotalsBusy(execution["execution_id"])

    def begin_counting(self) -> bool:
        """Write down from which hour on all is counted, unless that is known; False where it could not be."""
        try:
            self.client.update_item(
                TableName=self.table,
                Key=to_item(SINCE_KEY),
                UpdateExpression="SET since = if_not_exists(since, :hour)",
                ExpressionAttributeValues=to_item({":hour": first_whole_hour(self.clock.now_ms())}),
            )
        except (BotoCoreError, ClientError):
            telemetry.logger.exception("it could not be written down from when executions are counted")
            return False
        return True


@dataclass(slots=True)
class _End:
    """The end of one execution, transaction by transaction; ``done`` parts of its tools are counted."""

    of: CountedEnd
    execution: Mapping[str, Any]
    attributes: Mapping[str, Any]
    totals: Sequence[tuple[str, CallTotals]]
    done: int
    was_busy: bool = False
    #: What is repeated after a lost acknowledgement fails on itself: it knows its own write by this.
    closed_by: str = field(default_factory=lambda: uuid.uuid4().hex)

    def step(self) -> bool | None:
        """Write the next part; return whether this ended the row, None if there is more to do or to try again."""
        size, self.was_busy = self.of.tools_a_transaction, False
        part, left = self.totals[self.done * size :][:size], self.totals[(self.done + 1) * size :]
        own = self._own_part() if left else self._own_end()
        parts: list[Any] = [{"Update": self._counted(tool, totals)} for tool, totals in part]
        try:
            self.of.client.transact_write_items(TransactItems=[{"Update": own}, *parts])
        except self.of.client.exceptions.TransactionCanceledException as error:
            return self._cancelled(error)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _THROTTLED:
                raise
            self.was_busy = True
            return None
        self.done += 1
        return None if left else True

    def _cancelled(self, error: Any) -> bool | None:  # noqa: ANN401 - botocore's, made at run time
        """Return False or True where the row has been ended, and by whom; None where another try may succeed."""
        reasons = error.response.get("CancellationReasons", [])
        if reasons and reasons[0].get("Code") == _CONDITION:
            standing = from_item(reasons[0].get("Item", {}))
            if "open" not in standing:
                return bool(standing.get("closed_by") == self.closed_by)
            self.done = int(standing.get("counted_parts", 0))
            return None
        if not {reason.get("Code") for reason in reasons} & _PASSING:
            raise error
        self.was_busy = True
        return None

    def _own_part(self) -> Any:  # noqa: ANN401 - a transaction's part
        return self._own("SET counted_parts = :next", {":next": self.done + 1}, {})

    def _own_end(self) -> Any:  # noqa: ANN401 - as above
        attributes = {**self.attributes, "closed_by": self.closed_by}
        assignments = ", ".join(f"#{name} = :new_{name}" for name in attributes)
        values = {f":new_{name}": value for name, value in attributes.items()}
        return self._own(f"SET {assignments} REMOVE #open", values, {f"#{name}": name for name in attributes})

    def _own(self, update: str, values: Mapping[str, Any], names: Mapping[str, str]) -> Any:  # noqa: ANN401 - as above
        come_so_far = {":done": self.done} if self.done else {}
        so_far = "counted_parts = :done" if self.done else "attribute_not_exists(counted_parts)"
        given = {**values, **come_so_far, **_OPEN}
        return {
            "TableName": self.of.table,
            "Key": to_item({name: self.execution[name] for name in ("execution_id", "call_id")}),
            "UpdateExpression": update,
            "ConditionExpression": f"{_IS_OPEN} AND {so_far}",
            "ExpressionAttributeNames": {"#open": "open", "#status": "status", **names},
            "ExpressionAttributeValues": {name: to_attribute(value) for name, value in given.items()},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }

    def _counted(self, tool: str, totals: CallTotals) -> Any:  # noqa: ANN401 - as above
        hour = hour_of(self.execution["started_at"])
        shard = _RANDOM.randrange(self.of.shards)
        names = {f"#f{number}": name for number, name in enumerate(totals.figures)}
        added = ", ".join(f"#f{number} :f{number}" for number in range(len(names)))
        values = {f":f{number}": value for number, value in enumerate(totals.figures.values())}
        return {
            "TableName": self.of.table,
            "Key": to_item(totals_key(tool, hour, shard)),
            "UpdateExpression": f"SET expires_at = :expires_at ADD {added}",
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": to_item({":expires_at": expiry_of(hour), **values}),
        }
