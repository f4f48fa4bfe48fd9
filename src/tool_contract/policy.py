"""What a candidate is run by: the request's own word, else the tool's, else the stage's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from tool_contract.options import ToolExecutorOptions
    from tool_contract.request import FallbackRequest
    from tool_contract.retry import RetryPolicy
    from tool_contract.tool_spec import ToolSpec

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class CandidatePolicy:
    """How often and how long a candidate is tried. ``timeout_seconds`` bounds one attempt."""

    timeout_seconds: float
    max_retries: int
    retry: RetryPolicy


def policy_of(candidate: FallbackRequest, spec: ToolSpec, options: ToolExecutorOptions) -> CandidatePolicy:
    """Return the policy of a candidate. Each of the three is taken whole: delays are never mixed from two places."""
    return CandidatePolicy(
        timeout_seconds=_said(candidate.timeout_seconds, spec.timeout_seconds, options.timeout_seconds),
        max_retries=_said(candidate.max_retries, spec.max_retries, options.max_retries),
        retry=_said(candidate.retry, spec.retry, options.retry_policy),
    )


def _said(request: _Value | None, tool: _Value | None, stage: _Value) -> _Value:
    if request is not None:
        return request
    return stage if tool is None else tool
