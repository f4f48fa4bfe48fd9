"""What preflight says beforehand is what the state machine then takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime.catalog_builder import build_catalog
from tool_contract.catalog import Catalog
from tool_contract.preflight import preflight
from tool_contract.request import check_request

if TYPE_CHECKING:
    from tests.local.conftest import Deployed

AT_ONCE = {"initial_delay_seconds": 0}
GOOD: dict[str, Any] = {"tool_name": "noop", "input": {}}
FLAKY: dict[str, Any] = {"tool_name": "flaky", "input": {"failures": 99}, "retry": AT_ONCE, "max_retries": 2}


def _said(request: dict[str, Any]) -> Any:
    catalog = Catalog.model_validate(build_catalog({"probe": "tests.tool_groups.probe.handler"}))
    return preflight(check_request(request, catalog), catalog)


def _entered(deployed: Deployed, request: dict[str, Any]) -> int:
    execution = deployed.start(request)
    deployed.finish(execution)
    return len(deployed.states_entered(execution))


@pytest.mark.parametrize("mode", ["parallel", "sequence"])
def test_the_happy_course_takes_the_transitions_that_were_said(deployed: Deployed, mode: str) -> None:
    request = {"calls": [GOOD] * 3, "mode": mode}

    assert _entered(deployed, request) == _said(request).happy.state_transitions


def test_the_worst_course_of_parallel_calls_takes_the_transitions_that_were_said(deployed: Deployed) -> None:
    request = {"calls": [FLAKY, {**FLAKY, "fallbacks": [{**FLAKY, "max_retries": 1}, {**FLAKY, "max_retries": 0}]}]}

    assert _entered(deployed, request) == _said(request).worst.state_transitions


def test_the_worst_course_of_a_sequence_takes_the_transitions_that_were_said(deployed: Deployed) -> None:
    """Its first call needs all its retries and succeeds with the last; its second one stops it."""
    first = {**FLAKY, "input": {"failures": 2}}
    request = {"calls": [first, {**FLAKY, "fallbacks": [{**FLAKY, "max_retries": 1}]}], "mode": "sequence"}

    assert _entered(deployed, request) == _said(request).worst.state_transitions
