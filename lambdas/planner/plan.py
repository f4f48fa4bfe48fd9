"""From a checked request to what the state machine runs and what the history holds before it runs. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

from lambdas.planner.caller_usage import Taking, owner_of
from lambdas.runtime.caller_account import DEFAULT_ACCOUNT, account_of
from tool_contract import strict_json
from tool_contract.caller_policy import CallerPolicies
from tool_contract.envelope import CallStatus
from tool_contract.input_hash import input_hash
from tool_contract.options import ToolExecutorOptions
from tool_contract.plan_state import plan_state
from tool_contract.preflight import preflight
from tool_contract.record import EXECUTION_CALL_ID
from tool_contract.references import places_of
from tool_contract.request import one_time_secrets
from tool_contract.retry import draw_delays, whole_seconds
from tool_contract.shards import day_key, open_key, shard_of, tool_day
from tool_contract.timestamps import day_of, iso_from_ms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tool_contract.attempt import ExecutionRoute
    from tool_contract.catalog import Catalog
    from tool_contract.policy import CandidatePolicy
    from tool_contract.request import CallRequest, ExecutionRequest

_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class ExecutionIdentity:
    """The execution that asks for a plan. ``started_ms`` is milliseconds since 1970.

    ``arn`` is the execution's own; a client that runs the calls itself (``route``) gives a token of its own, and says
    whether it does so because the state machine did not start (``degraded``). ``trace_id`` is X-Ray's, where there is
    a trace.
    """

    execution_id: str
    arn: str
    started_ms: int
    route: ExecutionRoute = "workflow"
    degraded: bool = False
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class Deployment:
    """What the planner knows of its stage: catalog, the groups' function ARNs, how long rows live, options, callers.

    ``history_shards``: over how many shards the history's busy keys are spread.
    """

    catalog: Catalog
    functions: Mapping[str, str]
    history_ttl_days: int
    options: ToolExecutorOptions = field(default_factory=ToolExecutorOptions)
    callers: CallerPolicies = field(default_factory=CallerPolicies)
    history_shards: int = 1


@dataclass(frozen=True, slots=True)
class Plan:
    """``state`` is the output of the state Plan; ``execution_row`` and ``call_rows`` are history rows to write.

    ``taking`` is what the caller's account has to have room for; None where nothing is counted.
    """

    state: Mapping[str, Any]
    execution_row: Mapping[str, Any]
    call_rows: tuple[Mapping[str, Any], ...]
    taking: Taking | None = None


def make_plan(request: ExecutionRequest, identity: ExecutionIdentity, deployment: Deployment) -> Plan:
    """Return the plan of a checked request. Raises InvalidRequestError where it cannot fit into one execution.

    The same request of the same execution always gives the same plan, its drawn delays included: a Plan that
    Step Functions repeats continues where the first one was.
    """
    foreseen = preflight(request, deployment.catalog, deployment.options)
    foreseen.require_fit()
    names = _Names(identity, deployment, iso_from_ms(_deadline_ms(request, identity)))
    state = plan_state(request, deployment.catalog, deployment.options, names)
    common = _common_attributes(request, identity, deployment)
    rows = tuple(
        {**common, **_call_row(call, position, planned["call_id"], identity, deployment.history_shards)}
        for position, (planned, call) in enumerate(zip(state["calls"], request.calls, strict=True))
    )
    taking = _taking(request, identity, deployment.callers, foreseen.worst.attempts)
    execution_row = _execution_row(request, identity, names.deadline, deployment.history_shards)
    return Plan(state, {**common, **execution_row}, rows, taking)


def _deadline_ms(request: ExecutionRequest, identity: ExecutionIdentity) -> int:
    return identity.started_ms + round(request.timeout_seconds * 1000)


def _taking(
    request: ExecutionRequest, identity: ExecutionIdentity, callers: CallerPolicies, attempts: int
) -> Taking | None:
    policy, named = callers.policy_of(request.caller), request.caller in callers.callers
    if not policy.counts:
        return None
    return Taking(
        account=account_of(str(request.caller)) if named else DEFAULT_ACCOUNT,
        owner=owner_of(request.caller, named=named),
        policy=policy,
        execution_id=identity.execution_id,
        calls=len(request.calls),
        attempts=attempts,
        deadline_ms=_deadline_ms(request, identity),
    )


@dataclass(frozen=True, slots=True)
class _Names:
    """The execution's own names and waits, for its plan."""

    identity: ExecutionIdentity
    deployment: Deployment
    deadline: str

    @property
    def execution_id(self) -> str:
        return self.identity.execution_id

    def function_of(self, group: str) -> str:
        return self.deployment.functions[group]

    def delays_of(self, call_id: str, candidate: int, policy: CandidatePolicy) -> Sequence[float]:
        seed = f"{self.identity.arn}/{self.identity.started_ms}/{call_id}/{candidate}"
        random = Random(seed)  # noqa: S311 - jitter, no secret
        delays = draw_delays(policy.retry, policy.max_retries, random)
        # Step Functions waits whole seconds; a client waits as long as it is told.
        return delays if self.identity.route == "direct" else [whole_seconds(delay) for delay in delays]


def _common_attributes(
    request: ExecutionRequest, identity: ExecutionIdentity, deployment: Deployment
) -> dict[str, Any]:
    return {
        "execution_id": identity.execution_id,
        "correlation_id": request.correlation_id or identity.execution_id,
        "caller": request.caller,
        "degraded": identity.degraded or None,
        "started_at": iso_from_ms(identity.started_ms),
        "expires_at": identity.started_ms // 1000 + deployment.history_ttl_days * _DAY_SECONDS,
    }


def _execution_row(
    request: ExecutionRequest, identity: ExecutionIdentity, deadline: str, shards: int
) -> dict[str, Any]:
    secrets, shard = one_time_secrets(request), shard_of(identity.execution_id, shards)
    return {
        "call_id": EXECUTION_CALL_ID,
        "status": CallStatus.RUNNING,
        "mode": request.mode,
        "calls": len(request.calls),
        "deadline": deadline,
        "day": day_key(day_of(iso_from_ms(identity.started_ms)), shard),
        "open": open_key(shard),
        "execution_arn": identity.arn,
        "route": identity.route,
        "trace_id": identity.trace_id,
        **({"one_time_secrets": strict_json.dumps(secrets)} if secrets else {}),
    }


def _idempotency(call: CallRequest) -> dict[str, Any]:
    if call.idempotency_key is None:
        return {}
    key = {"idempotency_key": call.idempotency_key}
    if any(True for candidate in call.candidates for _ in places_of(candidate.input)):
        return key  # what the call means is known when the results are that it refers to
    return {**key, "input_hash": input_hash(call.tool_name, call.input)}


def _call_row(
    call: CallRequest, position: int, call_id: str, identity: ExecutionIdentity, shards: int
) -> dict[str, Any]:
    # Calls of one execution take different shards: they begin and end at the same time.
    shard = shard_of(f"{identity.execution_id}/{call_id}", shards)
    fallbacks = [{"tool_name": fallback.tool_name, "input": fallback.input} for fallback in call.fallbacks]
    return {
        "call_id": call_id,
        "position": position,
        "status": CallStatus.PENDING,
        "tool_name": call.tool_name,
        "tool_day": tool_day(call.tool_name, day_of(iso_from_ms(identity.started_ms)), shard),
        "attempts": 0,
        "input": strict_json.dumps(call.input),
        "fallbacks": strict_json.dumps(fallbacks) if fallbacks else None,
        "metadata": strict_json.dumps(call.metadata) if call.metadata else None,
        "use_cache": None if call.use_cache else False,
        **_idempotency(call),
        "reasoning": call.reasoning,
    }
