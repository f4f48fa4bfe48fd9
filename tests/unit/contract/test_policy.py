"""The request's word, else the tool's, else the stage's: for timeout, retries and delays, each by itself."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from tests.unit.contract.small_catalog import CATALOG
from tool_contract.options import ToolExecutorOptions
from tool_contract.policy import CandidatePolicy, policy_of
from tool_contract.request import FallbackRequest
from tool_contract.retry import RetryPolicy

_OF_REQUEST: dict[str, Any] = {"timeout_seconds": 1.0, "max_retries": 0, "retry": RetryPolicy(jitter=0.1)}
_OF_TOOL: dict[str, Any] = {"timeout_seconds": 2.0, "max_retries": 0, "retry": RetryPolicy(jitter=0.2)}
_STAGE = ToolExecutorOptions(max_retries=4, timeout_per_tool_ms=3_500, initial_retry_delay_ms=50)
_OF_STAGE: dict[str, Any] = {
    "timeout_seconds": 3.5, "max_retries": 4, "retry": RetryPolicy(initial_delay_seconds=0.05)
}  # fmt: skip


def _policy(of_request: dict[str, Any], of_tool: dict[str, Any]) -> CandidatePolicy:
    nothing = dict.fromkeys(_OF_TOOL)
    spec = CATALOG.by_name["look_up"].model_copy(update={**nothing, **of_tool})
    return policy_of(FallbackRequest(tool_name="look_up", input={}, **of_request), spec, _STAGE)


@pytest.mark.parametrize(("request_says", "tool_says"), list(product([True, False], repeat=2)))
@pytest.mark.parametrize("name", list(_OF_REQUEST))
def test_the_first_that_says_something_decides_even_where_it_says_none(
    name: str, *, request_says: bool, tool_says: bool
) -> None:
    policy = _policy(
        {name: _OF_REQUEST[name]} if request_says else {},
        {name: _OF_TOOL[name]} if tool_says else {},
    )

    deciding = _OF_REQUEST if request_says else _OF_TOOL if tool_says else _OF_STAGE
    assert getattr(policy, name) == deciding[name]
    for other in set(_OF_STAGE) - {name}:
        assert getattr(policy, other) == _OF_STAGE[other]


def test_delays_are_never_mixed_from_two_places() -> None:
    policy = _policy({"retry": RetryPolicy(initial_delay_seconds=2)}, _OF_TOOL)

    assert policy.retry == RetryPolicy(initial_delay_seconds=2, max_delay_seconds=10, jitter=0.25)
