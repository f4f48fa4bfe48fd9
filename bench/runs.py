"""A warm local cloud with the probe's tools, and executions timed on it."""

from __future__ import annotations

import argparse
import json
import platform
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tool_executor.aws import Aws
from tool_executor.deployment import Deployment
from tool_executor.execution import Runner
from tool_executor.local import LocalCloud

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_executor.execution import Execution

ROOT: Final = Path(__file__).resolve().parent.parent
PROBE: Final = "tests/tool_groups/probe"


@contextmanager
def probe_cloud() -> Iterator[Runner]:
    """Yield a runner of executions on a local cloud of its own."""
    with LocalCloud(ROOT, extra_groups=(PROBE,), sample_data=False) as cloud:
        aws = Aws(cloud.deployment.region, cloud.deployment.endpoint_url)
        yield Runner(aws, Deployment.from_outputs(cloud.deployment.outputs))


def run(runner: Runner, request: dict[str, Any], status: str = "succeeded") -> tuple[float, Execution]:
    """Run a request to its end and return its seconds, as Step Functions counts them."""
    execution = runner.start(request)
    while _description(runner, execution)["status"] == "RUNNING":
        time.sleep(0.02)
    described = _description(runner, execution)
    output = runner.output(execution)
    if output["status"] != status:
        raise SystemExit(f"The execution {output['status']}, not {status}: {output['counts']}")
    return (described["stopDate"] - described["startDate"]).total_seconds(), execution


def transitions(runner: Runner, execution: Execution) -> int:
    """Count the states entered, in the execution's history."""
    pages = runner.aws.step_functions.get_paginator("get_execution_history").paginate(executionArn=execution.arn)
    return sum(event["type"].endswith("StateEntered") for page in pages for event in page["events"])


def options(description: str | None, rounds: int = 5) -> argparse.Namespace:
    """Read the command line of a benchmark."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--rounds", type=int, default=rounds, help="how often each measurement is made")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def print_json(figures: dict[str, Any]) -> None:
    """Print figures for machines, with the machine that they are of."""
    print(json.dumps({"machine": platform.platform(), **figures}))


def _description(runner: Runner, execution: Execution) -> Any:  # noqa: ANN401 - a stubbed TypedDict
    return runner.aws.step_functions.describe_execution(executionArn=execution.arn)
