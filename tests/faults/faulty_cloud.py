"""A local cloud whose faults a test programs, and short ways to run the ledger's tools on it."""

from __future__ import annotations

import json
import time
import urllib.request
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from tests.waiting import until
from tool_contract.breaker_item import Circuit
from tool_executor.breakers import Breakers
from tool_executor.direct.lambda_http import LambdaHttp
from tool_executor.engine import Engine
from tool_executor.execution import Execution, Runner
from tool_executor.history import History
from tool_executor.history_statistics import Window
from tool_executor.local.faults import Fault, FaultKind
from tool_executor.local.http_faults import FAULTS_PATH
from tool_executor.metrics.deployment_metrics import DeploymentMetrics
from tool_executor.ways import Route, Wait

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment
    from tool_executor.history import Record

#: Tools of the ledger whose breakers are held closed: all but `look_guarded`.
LEDGER_TOOLS = ("look", "look_rarely", "look_often", "put_line", "add_line")
LEDGER_FUNCTION = "lambda.*-ledger"
PLANNER = "lambda.*-planner"
FINISHER = "lambda.*-finisher"
#: Texts that occur in one kind of write alone.
ATTEMPT_BEGINS = "attempt_started_at = :now"
ATTEMPT_SUCCEEDS = "= :success"
FAILURE_IS_RECORDED = "if_not_exists(finished_at"
FINISHER_ENDS_CALL = ":new_effect"


@dataclass(frozen=True)
class Run:
    """A request of the ledger's tools under an id of its own. `ledger` is the file that they write."""

    execution_id: str
    ledger: Path
    request: dict[str, Any]

    @property
    def release_file(self) -> Path:
        """What calls with `waits` wait for, and delays with `until_file` of this name."""
        return self.ledger.with_suffix(".go")

    def release(self) -> None:
        """Let everything that waits go on."""
        self.release_file.touch()

    def lines(self, call_id: str) -> int:
        """How often a call had its effect."""
        return self.ledger.read_text("utf-8").split("\n").count(call_id) if self.ledger.exists() else 0


@dataclass(frozen=True)
class FaultyCloud:
    """The cloud."""

    aws: Aws
    deployment: Deployment
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    standing: list[Fault] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    @property
    def history(self) -> History:
        return History.of(self.aws, self.deployment)

    def engine(self, route: str = "auto", wait: str = "poll") -> Engine:
        """What runs requests under ids of the test's choice, as ToolExecutor does."""
        http, threads = LambdaHttp(self.aws), ThreadPoolExecutor(16)
        return Engine(self.aws, self.deployment, Route(route), http, threads, wait_by=Wait(wait))

    def request(self, *calls: dict[str, Any], **fields: Any) -> Run:
        """A request of calls made by `ledger_call`; each writes its call_id into the run's ledger.

        A line with `waits` stays in its tool after the effect until `Run.release`, the end of the test at the latest.
        """
        execution_id = f"fault-{uuid.uuid4().hex[:12]}"
        ledger = self.folder / execution_id
        run = Run(execution_id, ledger, {**fields, "calls": []})
        for number, call in enumerate(calls, start=1):
            line = {"file": str(ledger), "text": f"c{number}", **call["input"]["line"]}
            if line.pop("waits", False):
                line["until_file"] = str(run.release_file)
            run.request["calls"].append({**call, "call_id": f"c{number}", "input": {"line": line}})
        self.runs.append(run)
        return run

    def start(self, run: Run) -> Execution:
        return Runner(self.aws, self.deployment).start(run.request, run.execution_id)

    def output(self, execution: Execution) -> dict[str, Any]:
        """Wait for an execution's end and return its output."""
        runner = Runner(self.aws, self.deployment)
        self.until(lambda: runner.describe(execution)["status"] != "RUNNING", 60)
        return runner.output(execution)

    def outcome(self, run: Run) -> dict[str, Any]:
        return self.output(self.start(run))

    def counts(self, tool: str) -> dict[str, int]:
        """The metrics of a tool so far, by name; counts alone."""
        now = datetime.now(UTC)
        window = Window(now - timedelta(hours=3), now + timedelta(minutes=1))
        figures = DeploymentMetrics(self.aws, "dev").read(window, tool).by_tool.get(tool)
        return {metric.value: figures.count(metric) for metric in figures.sums} if figures else {}

    def calls(self, run: Run) -> list[Record]:
        return self.history.calls(run.execution_id)

    def program(self, *faults: Fault) -> None:
        """Replace all faults but the standing ones, which come after these."""
        body = json.dumps([fault.to_json() for fault in (*faults, *self.standing)]).encode()
        self._faults("PUT", body)

    def add_faults(self, *faults: Fault) -> None:
        """Add faults behind those that are programmed, whose counting goes on."""
        self._faults("POST", json.dumps([fault.to_json() for fault in faults]).encode())

    def report_of(self, text: str) -> dict[str, Any]:
        """As `report`, of the faults and invocations that name a text, e.g. an execution's id."""
        return self._faults("GET", None, text)

    def forget(self, text: str) -> None:
        """Remove the faults and the invocations that name a text."""
        self._faults("DELETE", None, text)

    def report(self) -> dict[str, Any]:
        """How often each fault struck, and every invocation."""
        return self._faults("GET", None)

    def invocations(self, function: str, *containing: str) -> list[dict[str, Any]]:
        """The invocations of a function (the end of its name) whose events hold certain texts."""
        return [
            seen
            for seen in self.report()["invocations"]
            if seen["function"].endswith(function) and all(text in seen["payload"] for text in containing)
        ]

    def close_circuits(self) -> None:
        """Keep the tools' breakers closed: tools that fail on purpose are what a breaker is for."""
        breakers = Breakers(self.aws, self.deployment.tool_state_table)
        for tool_name in LEDGER_TOOLS:
            breakers.set(tool_name, Circuit.FORCED_CLOSED, time.time_ns() // 1_000_000)

    def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        until(condition, seconds)

    def until_answered(self, run: Run, count: int) -> None:
        """Wait until so many invocations of the ledger's function have ended."""
        self.until(
            lambda: sum(seen["answer"] is not None for seen in self.invocations("-ledger", run.execution_id)) == count
        )

    def _faults(self, method: str, body: bytes | None, naming: str = "") -> Any:
        url = f"{self.aws.endpoint_url}{FAULTS_PATH}?{urlencode({'naming': naming})}"
        with urllib.request.urlopen(urllib.request.Request(url, body, method=method)) as answer:  # noqa: S310
            return json.load(answer)


def ledger_call(tool_name: str, **fields: Any) -> dict[str, Any]:
    """A call; fields of the tool's input by `line`, all others of the call."""
    return {"tool_name": tool_name, "input": {"line": fields.pop("line", {})}, **fields}


def lambda_fault(kind: FaultKind, run: Run, *containing: str, request: str = LEDGER_FUNCTION, **fields: Any) -> Fault:
    """A fault of a function's invocations for one execution."""
    return Fault(kind=kind, request=request, containing=(run.execution_id, *containing), **fields)


def store_fault(kind: FaultKind, run: Run, operation: str, *containing: str, **fields: Any) -> Fault:
    """A fault of the requests for one execution to DynamoDB (`dynamodb.UpdateItem`) or S3 (`s3.PUT`)."""
    return Fault(kind=kind, request=operation, containing=(run.execution_id, *containing), **fields)
