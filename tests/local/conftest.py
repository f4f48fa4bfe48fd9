"""The deployment that behaviour tests run against: a local cloud of their own, or a stage on AWS by a switch.

``TOOL_EXECUTOR_TEST_STAGE=dev pytest tests/local`` runs the same tests against that stage on AWS, which must have been
deployed with ``-c extra_groups=tests/tool_groups/probe,tests/tool_groups/vault``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.config import Config

from tool_executor.aws import Aws
from tool_executor.deployment import Deployment, find_deployment
from tool_executor.execution import Runner
from tool_executor.history import History

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_executor.execution import Execution

ROOT = Path(__file__).resolve().parents[2]
PROBE = "tests/tool_groups/probe"
VAULT = "tests/tool_groups/vault"


@dataclass(frozen=True)
class Deployed:
    """A deployment with the tools of the tests, and short ways to use it.

    ``server_pid`` is the local cloud's, on AWS there is none.
    """

    aws: Aws
    deployment: Deployment
    environment: dict[str, str]
    stage: str = "dev"
    server_pid: int | None = None

    @property
    def history(self) -> History:
        return History.of(self.aws, self.deployment)

    def start(self, request: Any, name: str | None = None) -> Execution:
        return Runner(self.aws, self.deployment).start(request, name)

    def finish(self, execution: Execution) -> dict[str, Any]:
        runner = Runner(self.aws, self.deployment)
        for _ in runner.follow(execution):
            pass
        return runner.output(execution)

    def run(self, request: Any) -> dict[str, Any]:
        return self.finish(self.start(request))

    def events(self, execution: Execution) -> list[Any]:
        """The execution's history; moto puts all of it together for each page, which takes a slow machine its time."""
        patient = self.aws._session.client(
            "stepfunctions", config=Config(read_timeout=120), endpoint_url=self.aws.endpoint_url
        )
        pages = patient.get_paginator("get_execution_history").paginate(
            executionArn=execution.arn, PaginationConfig={"PageSize": 1000}
        )
        return [event for page in pages for event in page["events"]]

    def states_entered(self, execution: Execution) -> list[str]:
        entered = [event for event in self.events(execution) if event["type"].endswith("StateEntered")]
        return [event["stateEnteredEventDetails"]["name"] for event in entered]


@pytest.fixture(scope="session")
def deployed() -> Iterator[Deployed]:
    stage = os.environ.get("TOOL_EXECUTOR_TEST_STAGE")
    if stage is not None:
        aws = Aws()
        yield Deployed(aws, find_deployment(aws, stage), dict(os.environ), stage)
        return
    with serving("--extra-group", PROBE, "--extra-group", VAULT) as ready:
        aws = Aws(ready["region"], ready["endpoint_url"])
        environment = clean_environment(ready)
        yield Deployed(aws, find_deployment(aws, "dev"), environment, server_pid=ready["pid"])


@pytest.fixture(autouse=True)
def _closed_circuits(request: pytest.FixtureRequest) -> None:
    """Close what the tests before have opened: tools that fail on purpose are what a breaker is for."""
    if "deployed" in request.fixturenames:
        deployed: Deployed = request.getfixturevalue("deployed")
        for tool_name in ("flaky", "hang", "hang_unsafely", "crash", "raise_error"):
            deployed.aws.dynamodb.delete_item(
                TableName=deployed.deployment.tool_state_table, Key={"id": {"S": f"breaker#{tool_name}"}}
            )


@contextmanager
def serving(*options: str) -> Iterator[dict[str, Any]]:
    """Serve a local cloud by the command line, as a user would, and yield the line that says it is ready."""
    command = [sys.executable, "-W", "ignore", "-m", "tool_executor.cli.main", "local", "up", "--json", *options]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"the local cloud did not start: exit code {process.wait(10)}"
            yield {**json.loads(line), "pid": process.pid}
        finally:
            process.terminate()
            process.wait(timeout=30)


def clean_environment(ready: dict[str, Any]) -> dict[str, str]:
    """Return what a program needs to talk to the local cloud, with nothing of the developer's own AWS settings."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **own,
        "AWS_ENDPOINT_URL": ready["endpoint_url"],
        "AWS_REGION": ready["region"],
        "AWS_DEFAULT_REGION": ready["region"],
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups, whichever of the two was loaded first
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one deployment in one worker: every further one would start a cloud of its own."""
    for item in items:
        if "deployed" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("deployed"))
