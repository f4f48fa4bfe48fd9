"""Results of read-only tools, kept for as long as the tool allows: equal calls at once are run once.

An item of the tool state table stands for a caller, a tool, its version and an input. Whoever finds none leaves a
lease there and runs the tool; whoever finds a lease waits for the result, and takes over when the lease runs out. Only
successes are kept. The cache fails open: where its store does not answer, tools run.
"""

from __future__ import annotations

import hashlib
import math
import os
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime import aws_clients, telemetry
from lambdas.runtime.attempt_outcome import Origin, Succeeded
from lambdas.runtime.clock import Clock, SystemClock
from lambdas.runtime.tool_state_outage import Outage
from tool_contract import strict_json
from tool_contract.envelope import ResultRef
from tool_contract.errors import ToolError
from tool_contract.items import from_item, to_item
from tool_contract.limits import MAX_INLINE_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from lambdas.runtime.artifacts import ArtifactStore
    from tool_contract.tool_spec import ToolSpec

_FIRST_WAIT_SECONDS: Final = 0.05
_LONGEST_WAIT_SECONDS: Final = 0.5
#: A waiter that finds this little time left runs the tool itself rather than time out.
_RESERVE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to fill an entry, for the attempt that found it empty."""

    entry_id: str
    owner: str
    ttl_seconds: int

    @property
    def tool_name(self) -> str:
        """The tool whose result the entry holds."""
        return self.entry_id.split("#")[1]


@dataclass(frozen=True, slots=True)
class ResultCache:
    """The tool state table and the artefact bucket, for the cache.

    ``shared``: callers have each other's results. Otherwise ``caller`` has its own, and so has who names none.
    """

    table: str
    artifacts: ArtifactStore
    caller: str = ""
    shared: bool = field(default_factory=lambda: os.environ.get("SHARE_CACHE") == "true")
    version: str = field(default_factory=lambda: os.environ.get("CODE_VERSION", ""))
    clock: Clock = field(default_factory=SystemClock)
    sleep: Callable[[float], None] = time.sleep
    client: DynamoDBClient | None = None
    outage: Outage = field(default_factory=lambda: Outage("result cache"))

    def of(self, caller: str | None) -> ResultCache:
        """Return the cache as a caller sees it."""
        return replace(self, caller=caller) if caller and not self.shared else self

    def look_up(
        self, spec: ToolSpec, value: object, owner: str, seconds: float, *, patience_seconds: float | None = None
    ) -> Succeeded | Lease | None:
        """Return the kept result, or a lease to fill the entry; None where the cache is of no use for this run.

        Waits for another run of the same call as long as ``seconds``, the run's own limit, leaves room for, or
        ``patience_seconds`` where they are given.
        """
        if spec.cache_ttl_seconds is None or self.outage.lasts(self.clock.now_ms()):
            return None
        lease = Lease(self.entry_id(spec, value), owner, spec.cache_ttl_seconds)
        try:
            return self._await(lease, seconds, seconds if patience_seconds is None else patience_seconds)
        except (BotoCoreError, ClientError) as error:
            self.outage.begin(spec.name, error, self.clock.now_ms())
            return None

    def keep(self, lease: Lease, outcome: Succeeded) -> None:
        """Fill the entry that ``lease`` is for, unless somebody else has taken it over."""
        if self.outage.lasts(self.clock.now_ms()):
            return
        stored = outcome
        try:
            if outcome.result_ref is None and strict_json.byte_size(outcome.result_json) > MAX_INLINE_BYTES:
                key = f"cache/{lease.entry_id.removeprefix('cache#')}.json"
                stored = Succeeded(outcome.result_json, self.artifacts.put(key, outcome.result_json))
            expires_at = self.clock.now_ms() // 1000 + lease.ttl_seconds
            self._write(lease, {"expires_at": expires_at, **_kept(stored)}, "#owner = :owner")
        except (BotoCoreError, ClientError) as error:
            self.outage.begin(lease.tool_name, error, self.clock.now_ms())
        except ToolError:
            telemetry.logger.exception("the result could not be kept", extra={"entry": lease.entry_id})

    def release(self, lease: Lease) -> None:
        """Give the lease back after a run that failed: the next call need not wait for it."""
        if self.outage.lasts(self.clock.now_ms()):
            return
        client = self.client or aws_clients.tool_state()
        try:
            client.delete_item(
                TableName=self.table,
                Key={"id": {"S": lease.entry_id}},
                ConditionExpression="#owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": {"S": lease.owner}},
            )
        except client.exceptions.ConditionalCheckFailedException:
            return  # somebody has taken over; the entry is theirs
        except (BotoCoreError, ClientError) as error:
            self.outage.begin(lease.tool_name, error, self.clock.now_ms())

    def entry_id(self, spec: ToolSpec, value: object) -> str:
        """Return the key of an entry: caller, tool, the version of its code, and the input in its one JSON text."""
        text = strict_json.canonical([self.caller, spec.name, self.version, spec.input_schema, value])
        return f"cache#{spec.name}#{hashlib.sha256(text.encode()).hexdigest()}"

    def _await(self, lease: Lease, seconds: float, patience_seconds: float) -> Succeeded | Lease:
        end, wait = self.clock.elapsed_ms() + (patience_seconds - _RESERVE_SECONDS) * 1000, _FIRST_WAIT_SECONDS
        while True:
            kept = self._read(lease.entry_id)
            if kept is not None and "owner" not in kept:
                return _restored(kept)
            if kept is None and self._leased(lease, seconds):
                return lease
            if self.clock.elapsed_ms() + wait * 1000 > end:
                return lease  # not ours, so that keep and release change nothing; but there is no time to wait
            self.sleep(wait)
            wait = min(wait * 1.5, _LONGEST_WAIT_SECONDS)

    def _leased(self, lease: Lease, seconds: float) -> bool:
        expires_at = self.clock.now_ms() // 1000 + math.ceil(seconds) + 1
        return self._write(lease, {"expires_at": expires_at, "owner": lease.owner}, "attribute_not_exists(id)")

    def _read(self, entry_id: str) -> dict[str, Any] | None:
        client = self.client or aws_clients.tool_state()
        answer = client.get_item(TableName=self.table, Key={"id": {"S": entry_id}}, ConsistentRead=True)
        item = from_item(answer.get("Item", {}))
        # DynamoDB deletes what has expired hours later; until then it must be seen as gone.
        return item if item and item["expires_at"] > self.clock.now_ms() // 1000 else None

    def _write(self, lease: Lease, attributes: Mapping[str, Any], condition: str) -> bool:
        client = self.client or aws_clients.tool_state()
        values: dict[str, Any] = {":now": {"N": str(self.clock.now_ms() // 1000)}}
        names = {}
        if ":owner" in condition:
            names, values[":owner"] = {"#owner": "owner"}, {"S": lease.owner}
        options: dict[str, Any] = {"ExpressionAttributeNames": names} if names else {}
        try:
            client.put_item(
                TableName=self.table,
                Item=to_item({"id": lease.entry_id, **attributes}),
                ConditionExpression=f"{condition} OR expires_at <= :now",
                ExpressionAttributeValues=values,
                **options,
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def _kept(outcome: Succeeded) -> dict[str, Any]:
    if outcome.result_ref is not None:
        return {"result_ref": strict_json.dumps(outcome.result_ref.model_dump())}
    return {"result": outcome.result_json}


def _restored(item: Mapping[str, Any]) -> Succeeded:
    if "result_ref" in item:
        ref = ResultRef.model_validate(strict_json.parse(item["result_ref"]))
        return Succeeded("", ref, origin=Origin.CACHE)
    return Succeeded(item["result"], origin=Origin.CACHE)
