"""One iteration of RunCalls, step by step: what the tests of the workflow look through."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from tests.unit.runtime.fake_clock import START, START_MS
from tool_contract.timestamps import iso_from_ms

if TYPE_CHECKING:
    from tests.unit.workflow.engines import Engines

DEFINITION: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[3] / "infra" / "workflow.asl.json").read_text(encoding="utf-8")
)
STATES: Final[dict[str, Any]] = DEFINITION["States"]
INNER: Final[dict[str, Any]] = STATES["RunCalls"]["ItemProcessor"]["States"]
DEADLINE_MS: Final = START_MS + 60_000


def candidate(
    tool_name: str = "orders", *, read_only: bool = False, repeatable: bool = False, **changes: Any
) -> dict[str, Any]:
    """A candidate as the planner writes it."""
    return {
        "tool_name": tool_name, "function": f"arn:{tool_name}", "timeout_seconds": 30, "read_only": read_only,
        "repeatable": repeatable or read_only, "delays": [1, 2, 4], **changes,
    }  # fmt: skip


def item(*candidates: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The input of an iteration's first Invoke."""
    return {
        "call": {"call_id": "c1", "candidates": list(candidates) or [candidate()]}, "execution_id": "e1",
        "correlation_id": "k", "mode": "parallel", "deadline": iso_from_ms(DEADLINE_MS), "attempt": 1, "candidate": 0,
        "try": 1, "log": [], **changes,
    }  # fmt: skip


def attempt_failed(**changes: Any) -> dict[str, Any]:
    """A failure as the runtime raises it."""
    return {
        "success": False, "call_id": "c1", "tool_name": "orders", "status": "failed", "error": "Not now.",
        "error_code": "Unavailable", "retryable": True, "effect": "none", "details": [], "execution_time_ms": 12.5,
        "attempts": 1, "error_type": "Unavailable", "retry_after_seconds": 0, "begun": True, **changes,
    }  # fmt: skip


def cause_of(envelope: dict[str, Any], error_type: str = "AttemptFailed") -> str:
    """The cause of a Lambda function's error."""
    message = json.dumps(envelope, ensure_ascii=False)
    return json.dumps(
        {"errorMessage": message, "errorType": error_type, "requestId": "r", "stackTrace": ["  File …\n"]},
        ensure_ascii=False,
    )


@dataclass
class Iteration:
    """Runs expressions of the inner states; ``now_ms`` is the time that they see."""

    engines: Engines
    now_ms: int = START_MS + 5_000

    def field(self, state: str, name: str, state_input: dict[str, Any], **states: Any) -> Any:
        return self._evaluated(INNER[state][name], state_input, **states)

    def caught(
        self, state_input: dict[str, Any], error: str, cause: str | None = None, *, state: str = "Invoke"
    ) -> tuple[str, Any]:
        """Return the next state and its input after an error: the first catcher that knows its name."""
        catcher = next(
            each
            for each in INNER[state]["Catch"]
            if error in each["ErrorEquals"] or "States.ALL" in each["ErrorEquals"]
        )
        output = {"Error": error} | ({} if cause is None else {"Cause": cause})
        return catcher["Next"], self._evaluated(catcher["Output"], state_input, errorOutput=output)

    def decided(self, state_input: dict[str, Any]) -> tuple[str, Any]:
        """Return the next state and its input after Decide."""
        for choice in INNER["Decide"]["Choices"]:
            met = self._evaluated(choice["Condition"], state_input)
            assert isinstance(met, bool)
            if met:
                return choice["Next"], self._evaluated(
                    choice["Output"], state_input
                ) if "Output" in choice else state_input
        return INNER["Decide"]["Default"], state_input

    def failed(self, state_input: dict[str, Any], **envelope: Any) -> tuple[str, Any]:
        """Return what follows a tool's own failure: Catch, then Decide."""
        _, decide_input = self.caught(state_input, "AttemptFailed", cause_of(attempt_failed(**envelope)))
        return self.decided(decide_input)

    def _evaluated(self, template: Any, state_input: dict[str, Any], **states: Any) -> Any:
        context = {"State": {"EnteredTime": START, "Name": "Invoke", "RetryCount": 0}}
        return self.engines.evaluate(template, {"input": state_input, "context": context, **states}, self.now_ms)
