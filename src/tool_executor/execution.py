"""Starts executions of the state machine and follows them to their end."""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_contract import strict_json
from tool_contract.request import CORRELATION_ID_PATTERN
from tool_executor.aws import translated_errors
from tool_executor.errors import ExecutionFailedError, invalid_request
from tool_executor.history import History
from tool_executor.sent_request import sent_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tool_executor.aws import Aws
    from tool_executor.deployment import Deployment
    from tool_executor.history import Record

_POLL_SECONDS: Final = 0.25
_SLOWEST_POLL_SECONDS: Final = 2.0
_STATUS_SENTENCES: Final = {
    "ABORTED": "The execution was stopped.",
    "TIMED_OUT": "The execution ran into the state machine's own timeout.",
}


@dataclass(frozen=True, slots=True)
class Execution:
    """A started execution. ``arn`` names it to Step Functions, the two ids to the history."""

    execution_id: str
    arn: str
    correlation_id: str


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs requests on one deployment."""

    aws: Aws
    deployment: Deployment
    sleep: Callable[[float], None] = time.sleep

    def start(self, request: object, execution_id: str | None = None) -> Execution:
        """Start an execution of a request, a large one by S3.

        Raises InvalidRequestError, or what translated_errors raises.
        """
        name = execution_id or f"{uuid.uuid4()}"
        text = sent_text(request, self.aws, self.deployment.artifact_bucket)
        with translated_errors():
            answer = self.aws.step_functions.start_execution(
                stateMachineArn=self.deployment.started_arn, name=name, input=text
            )
        return Execution(name, answer["executionArn"], correlation_id_of(request) or name)

    def follow(self, execution: Execution) -> Iterator[list[Record]]:
        """Yield how the calls stand again and again while the execution runs, then once more when it has ended."""
        history, pause = History(self.aws, self.deployment.history_table), _POLL_SECONDS
        while self.describe(execution)["status"] == "RUNNING":
            yield history.progress(execution.execution_id, execution.correlation_id)
            self.sleep(pause)
            pause = min(pause * 1.2, _SLOWEST_POLL_SECONDS)
        yield history.progress(execution.execution_id, execution.correlation_id)

    def output(self, execution: Execution) -> dict[str, Any]:
        """Return the output of an ended execution. Raises InvalidRequestError or ExecutionFailedError."""
        described = self.describe(execution)
        if described["status"] == "SUCCEEDED":
            output: dict[str, Any] = strict_json.parse(described["output"])
            return output
        if described.get("error") == "InvalidRequest":
            raise invalid_request(strict_json.parse(described["cause"]))
        raise failure_of(described, execution.execution_id)

    def describe(self, execution: Execution) -> Any:  # noqa: ANN401 - a stubbed TypedDict
        """Return what Step Functions says of an execution. Raises ServiceError, CredentialsMissingError."""
        with translated_errors():
            return self.aws.step_functions.describe_execution(executionArn=execution.arn)


def failure_of(told: Mapping[str, Any], execution_id: str) -> ExecutionFailedError:
    """Return the error for an execution of which Step Functions tells that it failed as a whole."""
    sentence = _STATUS_SENTENCES.get(told["status"]) or told.get("cause") or "The execution failed."
    hint = f"What its calls came to: tool-executor history {execution_id}"
    return ExecutionFailedError(sentence, execution_id=execution_id, hint=hint)


def correlation_id_of(request: object) -> str | None:
    """Return the request's correlation id if it is one: the planner refuses another, and no index knows it."""
    given = request.get("correlation_id") if isinstance(request, dict) else None
    return given if isinstance(given, str) and re.fullmatch(CORRELATION_ID_PATTERN, given) else None
