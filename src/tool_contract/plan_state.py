"""What the state Plan hands to the states after it: calls, candidates and their policies. No input is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from tool_contract.call_ids import call_ids
from tool_contract.policy import policy_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_contract.catalog import Catalog
    from tool_contract.options import ToolExecutorOptions
    from tool_contract.policy import CandidatePolicy
    from tool_contract.request import CallRequest, ExecutionRequest, FallbackRequest


class PlanNames(Protocol):
    """What only the planner knows of a plan; preflight puts the longest there is in its place."""

    @property
    def execution_id(self) -> str:
        """The execution's name."""

    @property
    def deadline(self) -> str:
        """When the execution has to be over, as ISO 8601."""

    def function_of(self, group: str) -> str:
        """Return the ARN of a tool group's function."""

    def delays_of(self, call_id: str, candidate: int, policy: CandidatePolicy) -> Sequence[float]:
        """Return the seconds to wait before each retry of a call's candidate."""


def plan_state(
    request: ExecutionRequest, catalog: Catalog, options: ToolExecutorOptions, names: PlanNames
) -> dict[str, Any]:
    """Return the output of the state Plan for a checked request."""
    concurrency = request.max_concurrency or options.max_concurrent_tools
    return {
        "execution_id": names.execution_id,
        "correlation_id": request.correlation_id or names.execution_id,
        "mode": request.mode,
        "deadline": names.deadline,
        "max_concurrency": 1 if request.mode == "sequence" else concurrency,
        "calls": [
            _call(call_id, call, catalog, options, names)
            for call_id, call in zip(call_ids([call.call_id for call in request.calls]), request.calls, strict=True)
        ],
    }


def _call(
    call_id: str, call: CallRequest, catalog: Catalog, options: ToolExecutorOptions, names: PlanNames
) -> dict[str, Any]:
    def candidate_state(number: int, candidate: FallbackRequest) -> dict[str, Any]:
        spec = catalog.by_name[candidate.tool_name]
        policy = policy_of(candidate, spec, options)
        return {
            "tool_name": spec.name,
            "function": names.function_of(spec.group),
            "timeout_seconds": policy.timeout_seconds,
            "read_only": spec.annotations.read_only,
            "repeatable": spec.annotations.repeatable,
            "delays": names.delays_of(call_id, number, policy),
        }

    return {
        "call_id": call_id,
        "candidates": [candidate_state(number, candidate) for number, candidate in enumerate(call.candidates)],
    }
