"""The record of a call as an attempt sees it: taken at the start, ended at the end, both by conditional writes.

The attempt's number fences: numbers rise over all candidates of a call, and a late attempt of an older number
changes nothing. The same number from another owner (a redelivered event) takes over only where repeating is harmless.

A hedge takes the call, and leaves the attempt with the number before its own the right to end it: ``hedge_attempt`` is
the hedge's number, for as long as no later attempt has begun. Whichever of the two writes its success first has ended
the call.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime import aws_clients
from tool_contract import strict_json
from tool_contract.envelope import OPEN_STATUSES, CallStatus
from tool_contract.errors import ErrorCode, ToolError
from tool_contract.items import from_item, to_attribute
from tool_contract.record import failure_metadata
from tool_contract.timestamps import iso_from_ms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from tool_contract.attempt import AttemptContext
    from tool_contract.tool_spec import ToolSpec

_ITS_OWN_OR_ITS_HEDGES = "(attempts = :attempt OR hedge_attempt = :hedge)"
_OPEN = {":pending": CallStatus.PENDING, ":running": CallStatus.RUNNING, ":retrying": CallStatus.RETRYING}
_BEGINNING = (
    "SET #status = :status, tool_name = :tool_name, attempts = :attempt, #owner = :owner,"
    " attempt_started_at = :now, fallback_used = :fallback_used"
)
_BEGINNING_REPEATABLE = "#status IN (:pending, :running, :retrying) AND (attempts < :attempt OR attempts = :attempt)"
# A conditional write that the SDK retries after a lost acknowledgement fails on itself: own writes pass.
_BEGINNING_ONCE = (
    "#status IN (:pending, :running, :retrying) AND (attempts < :attempt OR (attempts = :attempt AND #owner = :owner))"
)
# A hedge that began twice would write its own owner down as that of the attempt beside it: its own write is recognised
# in the row that stands.
_BEGINNING_OF_A_HEDGE = "#status IN (:pending, :running, :retrying) AND attempts < :attempt"


class HistoryUnavailable(ToolError):
    """DynamoDB did not answer: without its record an attempt is not begun."""

    code = ErrorCode.HISTORY_UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Started:
    """The attempt owns the call. ``record`` is the row as it now stands.

    ``redelivered``: it is not the first to come under its number.
    """

    record: Mapping[str, Any]
    redelivered: bool = False


@dataclass(frozen=True, slots=True)
class Stands:
    """The call has ended, or belongs to another attempt. ``record`` is the row; nothing was changed."""

    record: Mapping[str, Any]

    @property
    def succeeded(self) -> bool:
        """Whether what stands is a success: then its result is the answer to this attempt too."""
        return self.record.get("status") == CallStatus.SUCCESS

    def is_open_at(self, attempt: int) -> bool:
        """Whether the call has not ended and belongs to another owner of the same attempt's number."""
        return self.record.get("status") in OPEN_STATUSES and self.record.get("attempts") == attempt


class AttemptStore:
    """The history table, for attempts."""

    def __init__(self, table: str, client: DynamoDBClient | None = None) -> None:
        self._table = table
        self._given_client = client

    def begin(self, context: AttemptContext, spec: ToolSpec, *, owner: str, now_ms: int) -> Started | Stands:
        """Take the call for this attempt of a tool. Raises :class:`HistoryUnavailable`."""
        # Whoever finds the row open must know what may have run: which tool, a fallback's too, and what ran before.
        logged = {":log": strict_json.dumps([entry.to_json() for entry in context.attempt_log])}
        values = {
            ":status": CallStatus.RUNNING if context.attempt == 1 else CallStatus.RETRYING,
            ":attempt": context.attempt,
            ":owner": owner,
            ":now": iso_from_ms(now_ms),
            ":tool_name": spec.name,
            ":fallback_used": context.candidate > 0,
            **(logged if context.attempt_log else {}),
            **({":hedges": context.hedge.count, ":none": ""} if context.hedge else {}),
        }
        before = self._write(
            context,
            f"{_BEGINNING}{', attempt_log = :log' if context.attempt_log else ''}{_beside(context)}",
            _beginning_condition(context, spec),
            {**values, **_OPEN},
            returned="ALL_OLD",
        )
        if isinstance(before, Started):
            return _started(before.record, values)
        is_own = before.is_open_at(context.attempt) and before.record.get("owner") == owner
        return Started(before.record) if context.hedge and is_own else before

    def succeed(
        self, context: AttemptContext, spec: ToolSpec, *, owner: str, outcome: Mapping[str, Any]
    ) -> Started | Stands:
        """End the call as a success, with the attributes of ``outcome``. Raises :class:`HistoryUnavailable`."""
        values = {f":{name}": value for name, value in outcome.items()}
        assignments = ", ".join(f"#{name} = :{name}" for name in outcome)
        own = "#owner = :owner AND #status IN (:running, :retrying, :success)"
        # Where the same event may run twice, the first result is as good as the one of who took over.
        anybodys = f"(({own}) OR #status IN (:running, :retrying))"
        reads = spec.annotations.read_only
        return self._write(
            context,
            f"SET #status = :success, #owner = :owner, {assignments}",
            f"{_ITS_OWN_OR_ITS_HEDGES if reads else 'attempts = :attempt'}"
            f" AND {anybodys if spec.annotations.repeatable else own}",
            {
                ":success": CallStatus.SUCCESS,
                ":attempt": context.attempt,
                ":owner": owner,
                ":running": CallStatus.RUNNING,
                ":retrying": CallStatus.RETRYING,
                **({":hedge": context.attempt + 1} if reads else {}),
                **values,
            },
            {f"#{name}": name for name in outcome},
        )

    def tell(self, context: AttemptContext, *, owner: str, metadata: Mapping[str, Any]) -> None:
        """Write down what the tool told of this attempt's failure, if the call is still this attempt's.

        Raises :class:`HistoryUnavailable`.
        """
        self._write(
            context,
            "SET failure_metadata = :metadata",
            "attempts = :attempt AND #owner = :owner AND #status IN (:pending, :running, :retrying)",
            {
                ":metadata": failure_metadata(context.attempt, metadata),
                ":attempt": context.attempt,
                ":owner": owner,
                **_OPEN,
            },
        )

    def keep_input(self, context: AttemptContext, *, owner: str, outcome: Mapping[str, Any]) -> Started | Stands:
        """Write down what the attempt runs on, if the call is still its own, or has its hedge beside it.

        Raises :class:`HistoryUnavailable`.
        """
        removed = [name for name, value in outcome.items() if value is None]
        kept = {name: value for name, value in outcome.items() if value is not None}
        assignments = ", ".join(f"{name} = :{name}" for name in kept)
        own = "attempts = :attempt AND #owner = :owner"
        beside_its_hedge = "hedge_attempt = :hedge AND hedged_owner = :owner"
        return self._write(
            context,
            f"SET {assignments} REMOVE {', '.join(removed)}",
            f"(({own}) OR ({beside_its_hedge})) AND #status IN (:pending, :running, :retrying)",
            {
                ":attempt": context.attempt,
                ":hedge": context.attempt + 1,
                ":owner": owner,
                **_OPEN,
                **{f":{name}": kept[name] for name in kept},
            },
        )

    def read(self, execution_id: str, call_id: str) -> dict[str, Any]:
        """Return the record of another call of the execution, empty if there is none.

        Raises :class:`HistoryUnavailable`.
        """
        client = self._given_client or aws_clients.dynamodb()
        key = {"execution_id": {"S": execution_id}, "call_id": {"S": call_id}}
        try:
            answer = client.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            unanswered = "The history table did not answer for the result of an earlier call."
            raise HistoryUnavailable(unanswered) from error
        return from_item(answer.get("Item", {}))

    def _write(
        self,
        context: AttemptContext,
        update: str,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
        returned: Literal["ALL_NEW", "ALL_OLD"] = "ALL_NEW",
    ) -> Started | Stands:
        client = self._given_client or aws_clients.dynamodb()
        try:
            answer = client.update_item(
                TableName=self._table,
                Key={"execution_id": {"S": context.execution_id or ""}, "call_id": {"S": context.call_id or ""}},
                UpdateExpression=update,
                ConditionExpression=f"attribute_exists(call_id) AND {condition}",
                ExpressionAttributeNames={"#status": "status", "#owner": "owner", **(names or {})},
                ExpressionAttributeValues={name: to_attribute(value) for name, value in values.items()},
                ReturnValues=returned,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            standing = cast("dict[str, Any]", error.response.get("Item", {}))
            return Stands(from_item(standing))
        except (BotoCoreError, ClientError) as error:
            message = "The history table did not take the attempt's record."
            raise HistoryUnavailable(message) from error
        return Started(from_item(answer["Attributes"]))


def _beginning_condition(context: AttemptContext, spec: ToolSpec) -> str:
    if context.hedge:
        return _BEGINNING_OF_A_HEDGE
    return _BEGINNING_REPEATABLE if spec.annotations.repeatable else _BEGINNING_ONCE


def _beside(context: AttemptContext) -> str:
    """Return what a hedge's start writes down of the attempt that it runs beside; any later start ends that."""
    if context.hedge:
        return ", hedge_attempt = :attempt, hedges = :hedges, hedged_owner = if_not_exists(#owner, :none)"
    return " REMOVE hedge_attempt, hedged_owner" if context.attempt > 1 else ""


def _started(before: Mapping[str, Any], values: Mapping[str, Any]) -> Started:
    """Return what an attempt took; only the row before it tells whether the same attempt had come already."""
    record = {
        **before,
        "status": values[":status"],
        "tool_name": values[":tool_name"],
        "attempts": values[":attempt"],
        "owner": values[":owner"],
        "attempt_started_at": values[":now"],
        "fallback_used": values[":fallback_used"],
        **({"attempt_log": values[":log"]} if ":log" in values else {}),
        **({"hedges": values[":hedges"]} if ":hedges" in values else {}),
    }
    came_before = before.get("attempts") == values[":attempt"] and before.get("owner") != values[":owner"]
    return Started(record, redelivered=came_before)
