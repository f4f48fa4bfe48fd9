"""Executions in the history, planned as the planner does and run as the test says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lambdas.finisher.finish import Finisher
from lambdas.finisher.history import History
from lambdas.runtime.artifacts import ArtifactStore, artifact_key
from tests.unit.planner.planning import SET_LEVEL, plan_of
from tests.unit.runtime.aws import BUCKET, TABLE, Aws
from tool_contract import strict_json
from tool_contract.envelope import ResultRef

if TYPE_CHECKING:
    from tests.unit.runtime.fake_clock import FakeClock


def finisher(aws: Aws, clock: FakeClock, *, dynamodb: Any = None, s3: Any = None) -> Finisher:
    history = History(TABLE, dynamodb or aws.dynamodb)
    return Finisher(history, ArtifactStore(BUCKET, s3 or aws.s3), frozenset({"look_up"}), clock=clock)


def planned(aws: Aws, execution_id: str, *outcomes: dict[str, Any], **request: Any) -> None:
    """Write an execution of one call per outcome; an outcome is what has become of the call's row."""
    plan = plan_of(*[SET_LEVEL] * len(outcomes), execution_id=execution_id, **{"timeout_seconds": 60, **request})
    aws.put(**plan.execution_row)
    for row, outcome in zip(plan.call_rows, outcomes, strict=True):
        aws.put(**{**row, **outcome})


def success(result: object = 1) -> dict[str, Any]:
    return {"status": "success", "attempts": 1, "result": strict_json.dumps(result), "execution_time_ms": 5}


def large_success(aws: Aws, execution_id: str, call_id: str, size: int) -> dict[str, Any]:
    text = strict_json.dumps("x" * (size - 2))
    ref = ArtifactStore(BUCKET, aws.s3).put(artifact_key(execution_id, call_id, "result-1"), text)
    return {"status": "success", "attempts": 1, "result_ref": strict_json.dumps(ref.model_dump())}


def failure(status: str = "failed", code: str = "NotFound", error: str = "There is none.") -> dict[str, Any]:
    return {"status": status, "error_code": code, "error": error, "effect": "none", "attempts": 1}


PENDING: dict[str, Any] = {}
RUNNING: dict[str, Any] = {"status": "running", "attempts": 1, "attempt_started_at": "2026-11-20T10:00:01.000Z"}


def resolved(aws: Aws, result: dict[str, Any]) -> Any:
    """The result of a success, wherever it lies, its hash checked."""
    if "result" in result:
        return result["result"]
    return strict_json.parse(ArtifactStore(BUCKET, aws.s3).get(ResultRef.model_validate(result["result_ref"])))
