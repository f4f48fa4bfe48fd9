"""EventBridge, as far as the deployed stack uses it: rules on Step Functions' status events, and rate schedules.

moto keeps rules but delivers no Step Functions events and runs no schedule.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
import time
import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tool_executor.local.deployment import ACCOUNT, REGION

if TYPE_CHECKING:
    from tool_executor.local.moto_patches import LambdaInvoker

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNIT_SECONDS = {"minute": 60.0, "hour": 3600.0, "day": 86400.0}
_TICK_SECONDS = 1.0


class EventRules:
    """Delivers to the Lambda targets of the rules that are deployed. Nothing is retried: the first try is the only."""

    def __init__(self, invoker: LambdaInvoker) -> None:
        self._invoker = invoker
        self._stopped = threading.Event()

    def execution_ended(self, execution: Any) -> None:  # noqa: ANN401 - moto's Execution
        """Emit `Step Functions Execution Status Change`. For standard workflows only, as AWS does."""
        if execution.sm_type == "EXPRESS":
            return
        event = _event("aws.states", "Step Functions Execution Status Change", execution.exec_arn)
        event["detail"] = _detail(execution)
        # Not in the interpreter's thread: the execution has ended for its callers.
        threading.Thread(target=self._deliver, args=(event,), name="execution-event", daemon=True).start()

    def _deliver(self, event: dict[str, Any]) -> None:
        if self._stopped.is_set():
            return
        for rule in _enabled_rules():
            if rule.event_pattern.get_pattern() and rule.event_pattern.matches_event(event):
                self._send(rule, event)

    def start_schedules(self) -> None:
        """Run rate schedules until `stop()`."""
        threading.Thread(target=self._run_schedules, name="schedules", daemon=True).start()

    def _run_schedules(self) -> None:
        due: dict[str, float] = {}
        while not self._stopped.wait(_TICK_SECONDS):
            now = time.monotonic()
            for rule in _enabled_rules():
                match = _RATE.fullmatch(rule.scheduled_expression or "")
                if match is None:
                    continue
                period = int(match[1]) * _UNIT_SECONDS[match[2]]
                if now >= due.setdefault(rule.arn, now + period):
                    due[rule.arn] = now + period
                    self._send(rule, _event("aws.events", "Scheduled Event", rule.arn))

    def _send(self, rule: Any, event: dict[str, Any]) -> None:  # noqa: ANN401 - moto's Rule
        for target in rule.targets:
            if ":lambda:" in target["Arn"]:
                payload = target.get("Input") or json.dumps(event)
                self._invoker.invoke_later(REGION, target["Arn"], payload.encode())

    def stop(self) -> None:
        """Deliver nothing more."""
        self._stopped.set()


def _enabled_rules() -> Iterator[Any]:
    from moto.events.models import events_backends  # noqa: PLC0415 - moto is imported when a cloud starts

    for bus in list(events_backends[ACCOUNT][REGION].event_buses.values()):
        yield from [rule for rule in bus.rules.values() if rule.state == "ENABLED"]


def _event(source: str, detail_type: str, resource: str) -> dict[str, Any]:
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT,
        "time": f"{dt.datetime.now(tz=dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": REGION,
        "resources": [resource],
        "detail": {},
    }


def _detail(execution: Any) -> dict[str, Any]:  # noqa: ANN401 - moto's Execution
    """Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html."""
    succeeded = execution.status == "SUCCEEDED"
    return {
        "executionArn": execution.exec_arn,
        "stateMachineArn": execution.state_machine_arn,
        "name": execution.name,
        "status": execution.status,
        "startDate": int(execution.start_date.timestamp() * 1000),
        "stopDate": int(execution.stop_date.timestamp() * 1000),
        "input": execution.execution_input,
        "output": json.dumps(execution.output) if succeeded else None,
        "inputDetails": {"included": True},
        "outputDetails": {"included": True} if succeeded else None,
        "error": execution.error,
        "cause": execution.cause,
    }
