"""The state Plan: checks the whole request before anything runs, and writes down what is about to run."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any, Final

from lambdas.planner.caller_accounts import CallerAccounts
from lambdas.planner.plan import Deployment, ExecutionIdentity, make_plan
from lambdas.planner.plan_writer import PlanWriter
from lambdas.planner.request_source import resolved_request
from lambdas.runtime import aws_clients, tracing
from lambdas.runtime.artifacts import ArtifactStore
from lambdas.runtime.telemetry import about, logger, observed
from tool_contract import strict_json
from tool_contract.caller_policy import CallerPolicies, caller_problems
from tool_contract.catalog import load_catalog
from tool_contract.express import is_express, timeout_problems, with_timeout
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.options import ToolExecutorOptions
from tool_contract.request import ExecutionRequest, check_request
from tool_contract.timestamps import ms_from_iso

#: In the zip the stage's own; in the project one that limits nobody. An environment holds 4 KB only.
CALLERS: Final = Path(__file__).with_name("callers.json")


class InvalidRequest(Exception):
    """Carries every problem of a request out of the function, as JSON text."""


@cache
def _deployment() -> Deployment:
    return Deployment(
        catalog=load_catalog(),
        functions=strict_json.parse(os.environ["TOOL_FUNCTIONS"]),
        history_ttl_days=int(os.environ["HISTORY_TTL_DAYS"]),
        options=ToolExecutorOptions.from_json(strict_json.parse(os.environ.get("STAGE_OPTIONS", "{}"))),
        callers=CallerPolicies.from_json(CALLERS.read_bytes()),
        history_shards=int(os.environ.get("HISTORY_SHARDS", "1")),
    )


@cache
def _artifacts() -> ArtifactStore:
    return ArtifactStore(os.environ["ARTIFACT_BUCKET"])


@cache
def _writer() -> PlanWriter:
    history, client = os.environ["HISTORY_TABLE"], aws_clients.dynamodb()
    return PlanWriter(history, client, _artifacts(), CallerAccounts(os.environ["TOOL_STATE_TABLE"], history, client))


def plan(event: Any, _context: Any) -> dict[str, Any]:  # noqa: ANN401 - Lambda's own signature
    """Answer the state Plan, or a client that runs the calls itself. Raises :class:`InvalidRequest`.

    ``{"catalog": true}`` is answered with the deployment's catalog.
    """
    if event.get("catalog"):
        return _deployment().catalog.to_json()
    execution = event["execution"]
    identity = ExecutionIdentity(
        execution["name"],
        execution["arn"],
        ms_from_iso(execution["started_at"]),
        event.get("route") or ("express" if is_express(execution["arn"]) else "workflow"),
        event.get("degraded", False),
        tracing.trace_id(),
    )
    with about(execution_id=identity.execution_id):
        return _planned(event, identity)


def _planned(event: dict[str, Any], identity: ExecutionIdentity) -> dict[str, Any]:
    try:
        given = resolved_request(event.get("request"), os.environ["ARTIFACT_BUCKET"], _artifacts())
        request = _checked(given, _deployment(), identity)
        planned = make_plan(request, identity, _deployment())
        _writer().write(planned)
    except InvalidRequestError as error:
        logger.info("request refused", extra={"problems": len(error.problems)})
        raise InvalidRequest(strict_json.dumps(error.to_json())) from None
    with about(correlation_id=planned.state["correlation_id"]):
        logger.info("planned", extra={"calls": len(planned.call_rows)})
    return dict(planned.state)


def _checked(given: object, deployment: Deployment, identity: ExecutionIdentity) -> ExecutionRequest:
    """Return the request if it can be run and its caller may. Raises InvalidRequestError with every problem."""
    refused = list(caller_problems(given, deployment.callers, deployment.catalog))
    if identity.route == "express":
        given = with_timeout(given)
        refused = timeout_problems(given) + refused
    try:
        request = check_request(given, deployment.catalog)
    except InvalidRequestError as error:
        raise InvalidRequestError(error.problems + refused) from None
    if refused:
        raise InvalidRequestError(refused)
    return request


lambda_handler = observed(plan)
