"""Runs one scenario on a cloud and gathers what there is to see of it."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from tests.faults.chaos.scenario import Action, ActionKind, PlannedRun, Scenario, named_run
from tests.faults.oracle_rules import Evidence, Violation
from tool_contract.record import EXECUTION_CALL_ID
from tool_executor.cancellation import Canceller
from tool_executor.errors import ExecutionIdTakenError, ExecutionNotFoundError, ServiceError
from tool_executor.execution import Execution, Runner
from tool_executor.local.faults import FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.faulty_cloud import FaultyCloud, Run
    from tests.faults.oracle import Oracle

_LOOKS_EVERY_SECONDS: Final = 0.4
_SWEEPS_EVERY_SECONDS: Final = 5
#: How long a whole scenario may take before it is said to hang: the longest deadline, its margin, the minute's sweep,
#: and what faults may hold.
_PATIENCE_SECONDS: Final = 200
_REPEATS: Final = {FaultKind.REPEAT, FaultKind.REPEAT_AT_ONCE}


class Hangs(Exception):
    """Something that must come to an end has not."""


@dataclass(frozen=True)
class Seen:
    """What there is to see of one execution besides the oracle's evidence. Times are milliseconds since 1970."""

    planned: PlannedRun
    evidence: Evidence
    described: dict[str, Any]
    history: list[dict[str, Any]]
    faults: list[dict[str, Any]]
    planner_invocations: int
    said: tuple[Violation, ...] = ()

    @property
    def status(self) -> str:
        """How the state machine's execution ended."""
        return str(self.described["status"])

    def struck(self, request: str) -> list[dict[str, Any]]:
        """The faults of a kind of request that befell one."""
        return [fault for fault in self.faults if fault["struck"] and fault["request"].startswith(request)]


@dataclass
class ScenarioRunner:
    """Runs a scenario once."""

    cloud: FaultyCloud
    oracle: Oracle
    scenario: Scenario
    nonce: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    _said: list[Violation] = field(default_factory=list)

    def run(self) -> list[Seen]:
        """Start the executions, wait until nothing of them moves any more, and return what they left. Raises Hangs."""
        end = time.monotonic() + _PATIENCE_SECONDS
        with ThreadPoolExecutor(len(self.scenario.runs)) as threads:
            jobs = [threads.submit(self._run_one, number, end) for number in range(len(self.scenario.runs))]
            ended = [job.result() for job in jobs]
        return [self._seen(planned, run, execution) for planned, (run, execution) in zip(self.scenario.runs, ended)]  # noqa: B905

    def forget(self) -> None:
        """Remove the scenario's faults and invocations from the cloud."""
        self.cloud.forget(self._id(0)[:-1])

    def _id(self, number: int) -> str:
        return f"chaos-{self.scenario.seed}-{self.nonce}-{number}"

    def _run_one(self, number: int, end: float) -> tuple[Run, Execution]:
        planned, ledger = self.scenario.runs[number], self.cloud.folder / f"{self.scenario.canary}{self.nonce}"
        run, faults = named_run(planned, self._id(number), ledger, self.nonce)
        self.cloud.add_faults(*faults)
        time.sleep(planned.starts_after)
        execution = self._start(run)
        began = time.monotonic()
        for action in planned.actions:
            time.sleep(max(0.0, began + action.after - time.monotonic()))
            self._act(action, run, execution)
        self._until(lambda: self._describe(execution)["status"] != "RUNNING", end, f"{run.execution_id} runs on")
        self._until(lambda: self._is_quiet(run), end, f"invocations for {run.execution_id} are not answered")
        self._until_closed(run, end)
        self._until(lambda: self._is_quiet(run), end, f"invocations for {run.execution_id} are not answered")
        return run, execution

    def _start(self, run: Run) -> Execution:
        arn = self.cloud.deployment.state_machine_arn.replace(":stateMachine:", ":execution:", 1)
        named = Execution(run.execution_id, f"{arn}:{run.execution_id}", run.execution_id)
        try:
            started = self.cloud.start(run)
        except ExecutionIdTakenError:
            return named  # it was started, the acknowledgement was lost, and it has ended since
        if started.arn != named.arn:
            self._say("a name is one execution", f"{started.arn} is not {named.arn}", run)
        return named

    def _act(self, action: Action, run: Run, execution: Execution) -> None:
        if action.kind is ActionKind.STOP:
            self.cloud.aws.step_functions.stop_execution(executionArn=execution.arn)
        elif action.kind is ActionKind.CANCEL:
            with suppress(ServiceError, ExecutionNotFoundError):  # refused by a fault: the sweep will end the records
                Canceller(self.cloud.aws, self.cloud.deployment).cancel(run.execution_id)
        elif action.kind is ActionKind.START_AGAIN:
            self._start(run)
        else:
            self._plan_again(run)

    def _plan_again(self, run: Run) -> None:
        events = [seen["payload"] for seen in self._invocations(run) if seen["function"].endswith("-planner")]
        with suppress(ClientError):  # a fault
            for event in events[:1]:
                name = self.cloud.deployment.planner_function
                self.cloud.aws.functions.invoke(FunctionName=name, Payload=event.encode())

    def _until_closed(self, run: Run, end: float) -> None:
        """Wait until the execution's records are closed; the sweep is asked for more often than once a minute."""
        swept = time.monotonic()
        while self._is_open(run):
            if time.monotonic() > end:
                raise Hangs(f"the records of {run.execution_id} stay open")
            if time.monotonic() > swept + _SWEEPS_EVERY_SECONDS:
                swept = time.monotonic()
                Canceller(self.cloud.aws, self.cloud.deployment).reconcile()
            time.sleep(_LOOKS_EVERY_SECONDS)

    def _is_open(self, run: Run) -> bool:
        records = self.cloud.history.execution(run.execution_id)
        return any(record["call_id"] == EXECUTION_CALL_ID and "open" in record for record in records)

    def _is_quiet(self, run: Run) -> bool:
        """Whether every invocation has been answered, those included that a fault repeats."""
        report = self.cloud.report_of(run.execution_id)
        seen, faults = report["invocations"], report["faults"]
        unanswered = sum(one["answer"] is None and one["refused"] is None for one in seen)
        # What stands in for a function answers, and the function never does.
        if unanswered > sum(fault["struck"] for fault in faults if fault["kind"] == FaultKind.STAND_IN):
            return False
        copies = len(seen) - len({(one["payload"], one["sent_ms"]) for one in seen})
        repeats = (fault for fault in faults if fault["kind"] in _REPEATS)
        return copies >= sum(int(fault["struck"]) * (int(fault["copies"]) - 1) for fault in repeats)

    def _until(self, condition: Callable[[], bool], end: float, otherwise: str) -> None:
        while not condition():
            if time.monotonic() > end:
                raise Hangs(otherwise)
            time.sleep(_LOOKS_EVERY_SECONDS)

    def _seen(self, planned: PlannedRun, run: Run, execution: Execution) -> Seen:
        described = self._describe(execution)
        output = None
        if described["status"] == "SUCCEEDED":
            output = Runner(self.cloud.aws, self.cloud.deployment).output(execution)
        pages = self.cloud.aws.step_functions.get_paginator("get_execution_history").paginate(
            executionArn=execution.arn
        )
        report = self.cloud.report_of(run.execution_id)
        return Seen(
            planned,
            self.oracle.evidence(run, output),
            dict(described),
            [dict(event) for page in pages for event in page["events"]],
            report["faults"],
            sum(seen["function"].endswith("-planner") for seen in report["invocations"]),
            tuple(said for said in self._said if said.execution_id == run.execution_id),
        )

    def _invocations(self, run: Run) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cloud.report_of(run.execution_id)["invocations"]
        return found

    def _describe(self, execution: Execution) -> Any:
        return self.cloud.aws.step_functions.describe_execution(executionArn=execution.arn)

    def _say(self, rule: str, said: str, run: Run) -> None:
        self._said.append(Violation(rule, said, run.execution_id))
