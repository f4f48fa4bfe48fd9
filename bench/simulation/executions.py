"""Executions as Step Functions runs them: the direct route's loop with the state machine's own limits and writes."""

from __future__ import annotations

import json
import random
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError
from greenlet import getcurrent

from bench.simulation.dynamodb import ConditionalCheckFailedException
from bench.simulation.virtual_time import Bucket
from tool_contract.call_totals import CallTotals, bucket_of
from tool_contract.envelope import OPEN_STATUSES
from tool_contract.items import from_attribute, to_attribute
from tool_contract.record import EXECUTION_CALL_ID
from tool_contract.timestamps import iso_from_ms, ms_from_iso
from tool_executor.direct.call_run import CallFailed, CallRun, DeadlinePassed, ExecutionFrame
from tool_executor.direct.iteration import Candidate, Iteration

if TYPE_CHECKING:
    from collections.abc import Coroutine, Mapping

    from bench.simulation.deployment import Simulated
    from tool_executor.direct.function_answer import FunctionAnswer

_WORKFLOW: Final = Path(__file__).resolve().parents[2] / "infra" / "workflow.asl.json"
#: Retries of the states Plan, RecordFailure and Finish: see infra/workflow.asl.json.
_TRIES: Final = 5
_SWEEP_SECONDS: Final = 60.0
#: What a record's promises, and the totals, are about.
_CHECKED: Final = ("status", "attempts", "cached", "execution_time_ms", "fallback_used")


@dataclass(slots=True)
class Seen:
    """What came of the executions."""

    ended: int = 0
    calls: int = 0
    unfinished: int = 0
    swept: int = 0
    open_calls: int = 0
    most_attempts: int = 0
    plan_failed: int = 0
    finish_failed: int = 0
    #: Latencies by bucket of ``tool_contract.call_totals``.
    call_ms: Counter[int] = field(default_factory=Counter)
    execution_ms: Counter[int] = field(default_factory=Counter)
    #: What records say, of the executions that have ended: to be held against the totals.
    recorded: Counter[str] = field(default_factory=Counter)
    #: Calls that ended, by second.
    throughput: Counter[int] = field(default_factory=Counter)
    transitions: int = 0


class StateMachine:
    """Starts executions as they arrive, and sweeps each minute."""

    def __init__(self, simulated: Simulated) -> None:
        self.simulated = simulated
        self.seen = Seen()
        self._starts = Bucket(simulated.scenario.starts)
        self._transitions = Bucket(simulated.scenario.transitions)
        self._client = simulated.state_machine_client()
        self._record = _record_failure()
        self._open: dict[str, float] = {}
        self._arriving = True

    def run(self) -> Seen:
        """Run the whole scenario."""
        timeline = self.simulated.timeline
        timeline.spawn(self._arrive)
        timeline.spawn(self._sweep, _SWEEP_SECONDS)
        timeline.run()
        self.seen.unfinished = len(self._open)
        return self.seen

    async def invoke(self, function: str, event: object, timeout_seconds: float) -> FunctionAnswer:
        """Invoke a tool's function: the state Invoke. No simulated tool outlasts its limit."""
        del timeout_seconds
        self._enter(1)
        return self.simulated.functions.invoke(function, event)

    async def sleep(self, seconds: float) -> None:
        """Wait: the states Decide and Backoff."""
        self._enter(2)
        self.simulated.timeline.wait(seconds)

    def now_ms(self) -> int:
        """Return milliseconds since 1970."""
        return self.simulated.timeline.now_ms()

    def elapsed_ms(self) -> float:
        """Return milliseconds since the beginning."""
        return self.simulated.timeline.elapsed_ms()

    def _arrive(self) -> None:
        timeline = self.simulated.timeline
        for number, (at, request) in enumerate(self.simulated.scenario.requests()):
            timeline.wait(max(0.0, at - timeline.now))
            timeline.spawn(lambda name=f"run-{number}", asked=request: self._execute(name, asked))  # type: ignore[misc]
        self._arriving = False

    def _execute(self, name: str, request: dict[str, Any]) -> None:
        timeline, arrived = self.simulated.timeline, self.simulated.timeline.now
        self._open[name] = arrived
        timeline.wait(self._starts.delay(1, timeline.now))
        self._enter(1)
        started = {"name": name, "arn": f"arn:{name}", "started_at": iso_from_ms(timeline.now_ms())}
        plan = self._asked("planner", {"request": request, "execution": started})
        if plan is None:
            self.seen.plan_failed += 1
            self._forget_unless_planned(name)
            return
        self._enter(1)
        unrecorded = self._map(plan, arrived)
        self._enter(1)
        output = self._asked("finisher", {"execution_id": name, "unrecorded": unrecorded})
        if output is None:
            self.seen.finish_failed += 1
        self.seen.execution_ms[bucket_of((timeline.now - arrived) * 1000)] += 1
        self._check_end(name)

    def _map(self, plan: dict[str, Any], arrived: float) -> list[dict[str, Any]]:
        """Run the calls, so many at once, and return the failures that could not be written down."""
        timeline, waiting = self.simulated.timeline, getcurrent()
        frame = ExecutionFrame(
            plan["execution_id"], plan["correlation_id"], plan["deadline"], ms_from_iso(plan["deadline"])
        )
        run = CallRun(frame, self.invoke, self)
        line = deque(Iteration(call["call_id"], _candidates(call)) for call in plan["calls"])
        lanes, unrecorded = min(plan["max_concurrency"], len(line)), []

        def lane() -> None:
            nonlocal lanes
            while line:
                left = self._call(run, line.popleft(), frame, arrived)
                unrecorded.extend([left] if left else [])
            lanes -= 1
            if not lanes:
                timeline.wake(waiting)

        for _ in range(lanes):
            timeline.spawn(lane)
        timeline.park()
        return unrecorded

    def _call(self, run: CallRun, iteration: Iteration, frame: ExecutionFrame, arrived: float) -> dict[str, Any] | None:
        timeline = self.simulated.timeline
        try:
            outcome = _driven(run.run(iteration))
        except DeadlinePassed:
            return None
        left = None
        if isinstance(outcome, CallFailed):
            self._enter(2)
            left = self._record_failure(frame.execution_id, outcome)
        self.seen.call_ms[bucket_of((timeline.now - arrived) * 1000)] += 1
        self.seen.throughput[int(timeline.now)] += 1
        return left

    def _record_failure(self, execution_id: str, failed: CallFailed) -> dict[str, Any] | None:
        """Write a failure down by the state's own expressions; return it where it could not be."""
        told = failed.unrecorded()
        values = {**told["row"], "status": told["status"], "error_code": told["error_code"], "error": told["error"]}
        named = {f":{name}": to_attribute(value) for name, value in values.items() if name != "failure_metadata"}
        named |= {f":{status}": {"S": str(status)} for status in OPEN_STATUSES}
        arguments = self._record
        for number in range(_TRIES - 1):
            try:
                self._client.update_item(
                    TableName="history",
                    Key={"execution_id": {"S": execution_id}, "call_id": {"S": told["call_id"]}},
                    UpdateExpression=arguments["UpdateExpression"],
                    ConditionExpression=arguments["ConditionExpression"],
                    ExpressionAttributeNames=arguments["ExpressionAttributeNames"],
                    ExpressionAttributeValues=named,
                )
            except ConditionalCheckFailedException:
                return None
            except ClientError:
                self.simulated.timeline.wait(random.random() * min(5.0, 2.0**number))  # noqa: S311 - jitter
            else:
                return None
        return told

    def _asked(self, function: str, event: dict[str, Any]) -> Any:
        """Return the planner's or the finisher's answer, tried as often as their states try; None without one."""
        for number in range(_TRIES):
            answer = self.simulated.functions.invoke(function, event)
            if not answer.was_throttled and answer.function_error is None:
                return answer.value
            self.simulated.timeline.wait(random.random() * min(8.0, 2.0**number))  # noqa: S311 - full jitter
        return None

    def _enter(self, states: int) -> None:
        """Enter so many states: what is over the quota waits."""
        self.seen.transitions += states
        delay = self._transitions.delay(states, self.simulated.timeline.now)
        if delay:
            self.simulated.timeline.wait(delay)

    def _sweep(self) -> None:
        """Have the finisher end what is overdue, each minute, as long as anything is open."""
        timeline = self.simulated.timeline
        while self._arriving or self._open:
            answer = self.simulated.functions.invoke("finisher", {"sweep": True})
            if answer.function_error is None and not answer.was_throttled:
                for name in answer.value["ended"]:
                    self.seen.swept += 1
                    self._check_end(name)
            timeline.wait(_SWEEP_SECONDS)
            if not self._arriving and all(timeline.now - began > 4 * _SWEEP_SECONDS for began in self._open.values()):
                return

    def _forget_unless_planned(self, name: str) -> None:
        if (name not in self.simulated.dynamodb.history.items) and name in self._open:
            del self._open[name]

    def _check_end(self, name: str) -> None:
        """Hold the records of an execution that has ended against what is promised, and drop them."""
        history = self.simulated.dynamodb.history
        own = history.get((name, EXECUTION_CALL_ID))
        if own is None or "open" in own or name not in self._open:
            return
        records = [_checked_part(item) for key, item in history.drop(name).items() if key != EXECUTION_CALL_ID]
        self.simulated.objects.forget(f"executions/{name}/")
        del self._open[name]
        self.seen.ended += 1
        self.seen.calls += len(records)
        self.seen.open_calls += sum(record["status"] in OPEN_STATUSES for record in records)
        self.seen.most_attempts = max(self.seen.most_attempts, *(int(record["attempts"]) for record in records))
        self.seen.recorded.update(CallTotals.of(records).figures)


def _checked_part(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: from_attribute(item[name]) for name in _CHECKED if name in item}


def _record_failure() -> dict[str, Any]:
    """Return the state's arguments, as they are deployed."""
    states = json.loads(_WORKFLOW.read_text())["States"]["RunCalls"]["ItemProcessor"]["States"]
    arguments: dict[str, Any] = states["RecordFailure"]["Arguments"]
    return arguments


def _candidates(call: dict[str, Any]) -> tuple[Candidate, ...]:
    return tuple(Candidate.from_state(state) for state in call["candidates"])


def _driven(steps: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never waits for an event loop: what waits in it are greenlets."""
    try:
        steps.send(None)
    except StopIteration as end:
        return end.value
    raise RuntimeError("the loop of a call waited for an event loop")  # pragma: no cover
