"""A caller's idempotency key: whichever call brings it within a day, the tool's work is done once.

The tool state table holds, under the key, which call has it; how that call ended is told by its record, which is the
truth anyway. So a success costs no write of its own here, and nothing can be lost between two writes.

- No call has the key, or its call failed for good without an effect: this call takes it.
- Its call succeeded: this call gets the stored result.
- Its call is open: come back later.
- Its call may have had an effect: only a tool that may be repeated runs again.
- The key came with another input: nothing is run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime import aws_clients
from lambdas.runtime.attempt_outcome import Failed, Origin, Succeeded
from lambdas.runtime.attempt_store import HistoryUnavailable
from tool_contract import strict_json
from tool_contract.envelope import CallStatus, ResultRef
from tool_contract.errors import Effect, ErrorCode
from tool_contract.failures import Failure, failure_of
from tool_contract.items import from_item, to_item

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from tool_contract.attempt import AttemptContext
    from tool_contract.tool_spec import ToolSpec

#: How long a key is remembered.
WINDOW_SECONDS: Final = 24 * 3600


@dataclass(frozen=True, slots=True)
class Key:
    """A key, of one caller. ``input_hash`` is of the tool's name and the input that it came with."""

    text: str
    input_hash: str

    @classmethod
    def from_record(cls, record: Mapping[str, Any], input_hash: str | None = None) -> Key | None:
        """Return the key that a call's record holds, if its caller gave one.

        ``input_hash`` is that of a call whose record has none: what it refers to was not known to the planner.
        """
        text = record.get("idempotency_key")
        # Without the quotes, the key "b#c" of the caller "a" and the key "c" of the caller "a#b" would be one.
        caller = record.get("caller", "").replace("%", "%25").replace("#", "%23")
        if text is None:
            return None
        known = record.get("input_hash") or input_hash or ""
        return cls(f"{caller}#{text}", known)


@dataclass(frozen=True, slots=True)
class IdempotencyKeys:
    """The tool state table and the history, for keys."""

    state_table: str
    history_table: str
    client: DynamoDBClient | None = None

    def claim(self, key: Key, context: AttemptContext, spec: ToolSpec, now_ms: int) -> Succeeded | Failed | None:
        """Take the key for this call and return None, or return what answers the call instead of a run.

        Raises HistoryUnavailable: without knowing of the key nothing may be run.
        """
        # One more round than one call can need: what was seen may change between looking and taking.
        for _ in range(3):
            holder = self._take(key, context, now_ms, instead_of=None)
            if holder is None:
                return None
            answer = self._answer(key, holder, spec)
            if answer is not None:
                return answer
            if self._take(key, context, now_ms, instead_of=holder) is None:
                return None
        return Failed(_in_progress())

    def _answer(self, key: Key, holder: Mapping[str, Any], spec: ToolSpec) -> Succeeded | Failed | None:
        """Return what the holder's record says, or None where the key may be taken over."""
        if holder["input_hash"] != key.input_hash:
            message = "The idempotency key was used with another tool or input before; nothing was run."
            return Failed(failure_of(ErrorCode.IDEMPOTENCY_KEY_REUSED, message))
        record = self._record(holder)
        status = CallStatus(record["status"]) if record else CallStatus.FAILED
        if status is CallStatus.SUCCESS:
            return _stored_success(record)
        if not status.is_terminal:
            return Failed(_in_progress())
        if record.get("effect", Effect.NONE) == Effect.NONE or spec.annotations.repeatable:
            return None
        message = "An earlier call with this idempotency key may have had its effect; nothing was run."
        return Failed(failure_of(ErrorCode.OUTCOME_UNKNOWN, message))

    def _take(
        self, key: Key, context: AttemptContext, now_ms: int, *, instead_of: Mapping[str, Any] | None
    ) -> Mapping[str, Any] | None:
        """Write this call as the key's holder; return the holder where another one stands."""
        own = {":execution_id": {"S": context.execution_id or ""}, ":call_id": {"S": context.call_id or ""}}
        condition = (
            "attribute_not_exists(id) OR expires_at < :now OR (execution_id = :execution_id AND call_id = :call_id)"
        )
        values: dict[str, Any] = {":now": {"N": str(now_ms // 1000)}, **own}
        if instead_of is not None:
            condition += " OR (execution_id = :old_execution_id AND call_id = :old_call_id)"
            values[":old_execution_id"] = {"S": instead_of["execution_id"]}
            values[":old_call_id"] = {"S": instead_of["call_id"]}
        item = {
            "id": f"idempotency#{key.text}",
            "input_hash": key.input_hash,
            "execution_id": context.execution_id,
            "call_id": context.call_id,
            "expires_at": now_ms // 1000 + WINDOW_SECONDS,
        }
        client = self.client or aws_clients.dynamodb()
        try:
            client.put_item(
                TableName=self.state_table,
                Item=to_item(item),
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except client.exceptions.ConditionalCheckFailedException as error:
            return from_item(cast("dict[str, Any]", error.response.get("Item", {})))
        except (BotoCoreError, ClientError) as error:
            message = "The tool state table did not answer for the idempotency key."
            raise HistoryUnavailable(message) from error
        return None

    def _record(self, holder: Mapping[str, Any]) -> dict[str, Any]:
        client = self.client or aws_clients.dynamodb()
        key = {"execution_id": {"S": holder["execution_id"]}, "call_id": {"S": holder["call_id"]}}
        try:
            answer = client.get_item(TableName=self.history_table, Key=key, ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            message = "The history table did not answer for the idempotency key."
            raise HistoryUnavailable(message) from error
        return from_item(answer.get("Item", {}))


def _stored_success(record: Mapping[str, Any]) -> Succeeded:
    ref = record.get("result_ref")
    if ref is not None:
        return Succeeded("", ResultRef.model_validate(strict_json.parse(ref)), origin=Origin.REPLAY)
    return Succeeded(record["result"], origin=Origin.REPLAY)


def _in_progress() -> Failure:
    return failure_of(ErrorCode.IN_PROGRESS, "Another call with this idempotency key has not ended yet.")
