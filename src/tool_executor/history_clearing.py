"""Deletes what the history holds of a correlation id."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_contract.record import EXECUTION_CALL_ID
from tool_executor.aws import translated_errors
from tool_executor.errors import ExecutionOpenError, ServiceError
from tool_executor.history import History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tool_executor.aws import Aws

#: What BatchWriteItem takes at once.
_BATCH: Final = 25
_TRIES: Final = 8


@dataclass(frozen=True, slots=True)
class Clearable:
    """The records of a correlation id: keys of executions and calls, the executions' own last."""

    correlation_id: str
    executions: tuple[str, ...]
    keys: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class HistoryClearing:
    """Deletes from the history table of one deployment."""

    aws: Aws
    table: str
    sleep: Callable[[float], None] = time.sleep

    def find(self, correlation_id: str) -> Clearable:
        """Return what there is to delete; no more than an index knows, which may be a moment behind.

        Raises ExecutionOpenError, ServiceError, CredentialsMissingError.
        """
        history = History(self.aws, self.table)
        listed = history.by_correlation(correlation_id, None)
        executions = tuple(dict.fromkeys(record["execution_id"] for record in listed))
        for execution_id in executions:
            own = history.call(execution_id, EXECUTION_CALL_ID)
            if own is not None and "open" in own:
                message = f"The execution {execution_id} of {correlation_id!r} has not ended; nothing was deleted."
                raise ExecutionOpenError(message, hint=f"Wait for it, or stop it: tool-executor cancel {execution_id}")
        keys = {(record["execution_id"], record["call_id"]) for record in listed}
        # An execution's own record names it to whoever looks it up, and keeps its id from being used again.
        return Clearable(correlation_id, executions, tuple(sorted(keys, key=lambda key: (_is_own(key), key))))

    def delete(self, found: Clearable) -> int:
        """Delete the records and return how many. Broken off and called again, it goes on. Raises as :meth:`find`."""
        for batch in _batches(found.keys):
            self._delete(batch)
        return len(found.keys)

    def _delete(self, keys: Sequence[tuple[str, str]]) -> None:
        requests: list[Any] = [
            {"DeleteRequest": {"Key": {"execution_id": {"S": execution_id}, "call_id": {"S": call_id}}}}
            for execution_id, call_id in keys
        ]
        for number in range(_TRIES):
            with translated_errors():
                answer = self.aws.dynamodb.batch_write_item(RequestItems={self.table: requests})
            requests = list(answer.get("UnprocessedItems", {}).get(self.table, []))
            if not requests:
                return
            self.sleep(min(2.0, 0.1 * 2**number))
        message = "DynamoDB did not take all of the deletes."
        raise ServiceError(message, hint="Run it again: what is deleted stays deleted.")


def _batches(keys: Sequence[tuple[str, str]]) -> Iterator[Sequence[tuple[str, str]]]:
    """Yield the keys in batches; calls and executions never share one."""
    for own in (False, True):
        part = [key for key in keys if _is_own(key) is own]
        yield from (part[start : start + _BATCH] for start in range(0, len(part), _BATCH))


def _is_own(key: tuple[str, str]) -> bool:
    return key[1] == EXECUTION_CALL_ID
