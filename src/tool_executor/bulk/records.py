"""The records of a bulk's batches: a hundred executions at a time, or one with its calls."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from tool_contract.items import from_item
from tool_contract.record import EXECUTION_CALL_ID
from tool_executor.aws import translated_errors
from tool_executor.history import History

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tool_executor.aws import Aws
    from tool_executor.bulk.manifest import BatchEntry
    from tool_executor.history import Record

#: Keys of one BatchGetItem.
_KEYS: Final = 100
_READERS: Final = 8
_FIRST_PAUSE_SECONDS: Final = 0.1
_LONGEST_PAUSE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class BatchRecords:
    """The history table, for bulks. Methods raise what translated_errors raises."""

    aws: Aws
    table: str
    sleep: Callable[[float], None] = time.sleep

    def with_own(self, batches: Iterable[BatchEntry]) -> Iterator[tuple[BatchEntry, Record | None]]:
        """Yield each batch with its execution's own record, or None where it has none."""
        left = iter(batches)
        while some := list(islice(left, _KEYS)):
            found = self._own([batch.execution_id for batch in some])
            yield from ((batch, found.get(batch.execution_id)) for batch in some)

    def with_calls(self, batches: Sequence[BatchEntry]) -> Iterator[tuple[BatchEntry, list[Record]]]:
        """Yield each batch with its calls' records, in the order of its calls."""
        history = History(self.aws, self.table)
        with ThreadPoolExecutor(_READERS) as readers:
            calls = readers.map(lambda batch: history.calls(batch.execution_id), batches)
            yield from zip(batches, calls, strict=True)

    def _own(self, execution_ids: Sequence[str]) -> dict[str, Record]:
        keys = [{"execution_id": {"S": each}, "call_id": {"S": EXECUTION_CALL_ID}} for each in execution_ids]
        asked: Any = {self.table: {"Keys": keys, "ConsistentRead": True}}
        found: dict[str, Record] = {}
        pause = _FIRST_PAUSE_SECONDS
        while asked:
            with translated_errors():
                answer = self.aws.dynamodb.batch_get_item(RequestItems=asked)
            rows = [from_item(item) for item in answer["Responses"].get(self.table, ())]
            found |= {row["execution_id"]: row for row in rows}
            asked = answer.get("UnprocessedKeys")
            if asked:
                self.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        return found
