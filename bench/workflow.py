"""How long do calls of a tool that does nothing take through the state machine, and how does that grow?

Runs on a warm local cloud: Step Functions' interpreter, Lambda's runtime client and DynamoDB are this machine's, so
the figures compare with each other and say nothing about AWS. Every size is run several times in turn; medians count.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tool_executor.aws import Aws
from tool_executor.deployment import Deployment
from tool_executor.execution import Runner
from tool_executor.local import LocalCloud

if TYPE_CHECKING:
    from tool_executor.execution import Execution

ROOT = Path(__file__).resolve().parent.parent
PROBE = "tests/tool_groups/probe"
CONCURRENCY = 10
SIZES = (25, 100, 250)


@dataclass(frozen=True, slots=True)
class Figure:
    """Medians over the rounds. ``transitions`` counts the states entered in one execution's history."""

    calls: int
    concurrency: int
    seconds: float
    ms_per_call: float
    transitions: int


def main() -> None:
    """Run the benchmark and print its figures."""
    options = _options()
    with LocalCloud(ROOT, extra_groups=(PROBE,), sample_data=False) as cloud:
        aws = Aws(cloud.deployment.region, cloud.deployment.endpoint_url)
        runner = Runner(aws, Deployment.from_outputs(cloud.deployment.outputs))
        _run(runner, CONCURRENCY * 4)
        rounds = [[_run(runner, size) for size in SIZES] for _ in range(options.rounds)]
        figures = [
            _figure(runner, size, list(runs)) for size, runs in zip(SIZES, zip(*rounds, strict=True), strict=True)
        ]
    if options.json:
        print(json.dumps({"machine": platform.platform(), "figures": [asdict(figure) for figure in figures]}))
        return
    print(f"No-op calls through the state machine, warm local cloud, concurrency {CONCURRENCY}, {platform.platform()}")
    print(f"{'calls':>6} {'total s':>9} {'ms a call':>10} {'transitions':>12}")
    for figure in figures:
        print(f"{figure.calls:>6} {figure.seconds:>9.2f} {figure.ms_per_call:>10.1f} {figure.transitions:>12}")
    print(f"ms a call at {SIZES[-1]} over that at {SIZES[0]}: {figures[-1].ms_per_call / figures[0].ms_per_call:.2f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each size is run")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser.parse_args()


def _run(runner: Runner, calls: int) -> tuple[float, Execution]:
    request = {"calls": [{"tool_name": "noop", "input": {}}] * calls, "max_concurrency": CONCURRENCY}
    execution = runner.start(request)
    while _description(runner, execution)["status"] == "RUNNING":
        time.sleep(0.02)
    described = _description(runner, execution)
    if runner.output(execution)["status"] != "succeeded":
        raise SystemExit(f"Not all of {calls} calls succeeded: {runner.output(execution)}")
    return (described["stopDate"] - described["startDate"]).total_seconds(), execution


def _description(runner: Runner, execution: Execution) -> Any:  # noqa: ANN401 - a stubbed TypedDict
    return runner.aws.step_functions.describe_execution(executionArn=execution.arn)


def _figure(runner: Runner, calls: int, runs: list[tuple[float, Execution]]) -> Figure:
    seconds = statistics.median(run[0] for run in runs)
    pages = runner.aws.step_functions.get_paginator("get_execution_history").paginate(executionArn=runs[-1][1].arn)
    entered = sum(event["type"].endswith("StateEntered") for page in pages for event in page["events"])
    return Figure(calls, CONCURRENCY, round(seconds, 3), round(seconds / calls * 1000, 2), entered)


if __name__ == "__main__":
    main()
