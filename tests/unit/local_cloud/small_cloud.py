"""The small stack on a local cloud in a process of its own, one for a whole test run: the fixture `small_cloud`."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.unit.local_cloud.small_stack import FUNCTION, MACHINE, ROLE
from tool_executor.local.stack_deploy import client_maker

ROOT = Path(__file__).resolve().parents[3]
_KEY = pytest.StashKey["SmallCloud"]()


@dataclass
class SmallCloud:
    """A running cloud and short ways to use it."""

    process: subprocess.Popen[str]
    endpoint_url: str
    run_folder: Path
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = client_maker(self.endpoint_url)(service)
        return self._clients[service]

    def invoke(self, event: Any, **options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.client("lambda").invoke(
            FunctionName=FUNCTION, Payload=json.dumps(event).encode(), **options
        )
        return {**answer, "Payload": json.loads(answer["Payload"].read())}

    def machine(self, definition: dict[str, Any]) -> str:
        created = self.client("stepfunctions").create_state_machine(
            name=f"m-{uuid.uuid4().hex[:20]}", definition=json.dumps(definition), roleArn=ROLE
        )
        arn: str = created["stateMachineArn"]
        return arn

    def start(self, machine: str, execution_input: Any, **options: Any) -> str:
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=machine, input=json.dumps(execution_input), **options
        )
        arn: str = started["executionArn"]
        return arn

    def wait(self, execution: str, seconds: float = 60) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            described: dict[str, Any] = self.client("stepfunctions").describe_execution(executionArn=execution)
            if described["status"] != "RUNNING":
                return described
            time.sleep(0.02)
        raise AssertionError(f"{execution} still runs after {seconds} s")

    def run(self, definition: dict[str, Any], execution_input: Any = None) -> dict[str, Any]:
        return self.wait(self.start(self.machine(definition), {} if execution_input is None else execution_input))

    def history(self, execution: str) -> list[dict[str, Any]]:
        pages = self.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=execution)
        return [event for page in pages for event in page["events"]]


@pytest.fixture(scope="session")
def small_cloud(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> SmallCloud:
    """One cloud for all modules that import this fixture."""
    if _KEY not in request.config.stash:
        cloud = start_small_cloud(tmp_path_factory.mktemp("small-cloud"))
        request.config.stash[_KEY] = cloud
        request.config.add_cleanup(lambda: stop(cloud))
    return request.config.stash[_KEY]


def start_small_cloud(folder: Path, runtime: str = "auto") -> SmallCloud:
    command = [sys.executable, "-m", "tests.unit.local_cloud.serve_small", str(folder), runtime]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the small cloud did not start: exit code {process.wait(10)}"
    ready = json.loads(line)
    return SmallCloud(process, ready["endpoint_url"], Path(ready["run_folder"]))


def stop(cloud: SmallCloud) -> None:
    assert cloud.process.stdin is not None
    cloud.process.stdin.close()
    cloud.process.wait(timeout=30)


def task(payload: Any = "{% $states.input %}", **fields: Any) -> dict[str, Any]:
    """A Task state that invokes the small stack's function and ends."""
    arguments = {"FunctionName": FUNCTION, "Payload": payload}
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": arguments}
    return {**state, "Output": "{% $states.result.Payload %}", "End": True, **fields}


def states(**named: dict[str, Any]) -> dict[str, Any]:
    """A JSONata machine that starts at the first state."""
    return {"QueryLanguage": "JSONata", "StartAt": next(iter(named)), "States": named}


__all__ = ["FUNCTION", "MACHINE", "SmallCloud", "small_cloud", "start_small_cloud", "states", "stop", "task"]
