"""Writes a plan's rows: claims the execution's id, then one PENDING row a call, each only where there is none yet."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from lambdas.runtime.artifacts import artifact_key
from tool_contract import strict_json
from tool_contract.errors import ErrorCode
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.items import from_item, to_item
from tool_contract.limits import MAX_INLINE_BYTES
from tool_contract.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_dynamodb import DynamoDBClient

    from lambdas.planner.caller_accounts import CallerAccounts
    from lambdas.planner.plan import Plan
    from lambdas.runtime.artifacts import ArtifactStore

_WRITERS = 16
#: Attributes that go to S3 where they are large; the row then holds ``<name>_ref``.
_OFFLOADED = ("input", "fallbacks")


class PlanWriter:
    """The history table, the artefact bucket and the callers' accounts, for the planner."""

    def __init__(self, table: str, client: DynamoDBClient, artifacts: ArtifactStore, accounts: CallerAccounts) -> None:
        self._table = table
        self._client = client
        self._artifacts = artifacts
        self._accounts = accounts

    def write(self, plan: Plan) -> None:
        """Write all rows of a plan; rows that stand already stay as they are.

        Raises InvalidRequestError where another execution has used the id (Step Functions lets names recur), or where
        the caller has taken all that it may.
        """
        self._claim(plan)
        with ThreadPoolExecutor(_WRITERS) as writers:
            list(writers.map(self._put_call, plan.call_rows))

    def _claim(self, plan: Plan) -> None:
        row = plan.execution_row
        standing = self._put(row) if plan.taking is None else self._accounts.claim(row, plan.taking)
        if standing is None:
            return
        if (standing.get("execution_arn"), standing.get("started_at")) != (row["execution_arn"], row["started_at"]):
            problem = Problem(
                pointer="",
                message=f"The execution id {row['execution_id']!r} was used before and its history still stands.",
                error_code=ErrorCode.EXECUTION_ID_TAKEN,
                hint="Start the execution under another name.",
            )
            raise InvalidRequestError([problem])

    def _put_call(self, row: Mapping[str, Any]) -> None:
        self._put(self._offloaded(row))

    def _offloaded(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        moved: dict[str, Any] = {}
        for name in _OFFLOADED:
            text = row[name]
            if text is not None and strict_json.byte_size(text) > MAX_INLINE_BYTES:
                ref = self._artifacts.put(artifact_key(row["execution_id"], row["call_id"], name), text)
                moved |= {name: None, f"{name}_ref": strict_json.dumps(ref.model_dump())}
        return {**row, **moved}

    def _put(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """Put a row where there is none; return the one that stands there otherwise."""
        put = partial(self._client.put_item, TableName=self._table, Item=to_item(row))
        try:
            put(
                ConditionExpression="attribute_not_exists(call_id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as error:
            return from_item(cast("dict[str, Any]", error.response.get("Item", {})))
        return None
