"""A stage that goes over gradually, on a local cloud: its executions run on versions of the functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.local.conftest import ROOT, Deployed
from tool_executor.aws import Aws
from tool_executor.deployment import find_deployment
from tool_executor.local import LocalCloud

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.xdist_group("versions")
CALL = {"tool_name": "forecast_demand", "input": {"product_code": "P001", "warehouse_code": "WH001"}}


@pytest.fixture(scope="module")
def prod() -> Iterator[Deployed]:
    with LocalCloud(ROOT, stage="prod") as cloud, pytest.MonkeyPatch.context() as environment:
        for name, value in cloud.deployment.environment.items():
            environment.setenv(name, value)
        aws = Aws(cloud.deployment.region, cloud.deployment.endpoint_url)
        yield Deployed(aws, find_deployment(aws, "prod"), {}, "prod")


def test_an_execution_invokes_the_versions_that_were_deployed_with_it(prod: Deployed) -> None:
    execution = prod.start({"calls": [CALL]})
    output = prod.finish(execution)
    scheduled = [
        json.loads(event["taskScheduledEventDetails"]["parameters"])["FunctionName"]
        for event in prod.events(execution)
        if event["type"] == "TaskScheduled"
    ]

    assert output["status"] == "succeeded"
    assert [arn.split(":function:")[1] for arn in scheduled] == [
        "tool-executor-prod-planner:1",
        "tool-executor-prod-inventory-optimizer:1",
        "tool-executor-prod-finisher:1",
    ]


def test_the_client_has_an_alias_to_start_on(prod: Deployed) -> None:
    assert prod.deployment.outputs["StateMachineAlias"]
    assert prod.aws.step_functions.describe_state_machine(stateMachineArn=prod.deployment.started_arn)["name"]
