"""One invocation of a tool's Lambda function: what is left where no execution can be started.

No retries, no fallbacks, no deadline, no record in the history. The tool checks its input itself, as it always does.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    IncompleteReadError,
    ProxyConnectionError,
    ReadTimeoutError,
    SSLError,
)

from tool_contract import strict_json
from tool_contract.envelope import Detail, Envelope
from tool_executor.aws import translated_errors
from tool_executor.clock import Clock, SystemClock
from tool_executor.direct.function_answer import FunctionAnswer, NoAnswer, read_answer, unanswered
from tool_executor.direct.iteration import AttemptFailure, Candidate, Iteration
from tool_executor.errors import InvalidRequestError
from tool_executor.result import ToolExecutionResult
from tool_executor.result_reader import ResultReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_lambda import LambdaClient

    from tool_executor.aws import Aws

#: What fails before anything is sent.
_NOT_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
#: What may fail after the function was started.
_LOST = (HTTPClientError, IncompleteReadError, SSLError)


@dataclass(frozen=True, slots=True)
class SingleInvocation:
    """Invokes tools' functions by ``lambda_client``, which must not repeat an invocation by itself."""

    lambda_client: LambdaClient
    aws: Aws
    clock: Clock = field(default_factory=SystemClock)

    def run(
        self, function: str, tool_name: str, tool_input: Mapping[str, Any], timeout_seconds: float | None = None
    ) -> ToolExecutionResult:
        """Return what the function answers, marked ``degraded``, or why it does not.

        Nothing is known of the tool here: without an answer its effect is unknown.

        Raises:
            InvalidRequestError: the input is no JSON.
            CredentialsMissingError: no credentials or region were found.
        """
        body = _event(tool_name, tool_input, timeout_seconds)
        # What is unknown of a tool is taken as its worst: it may change something, and must not run twice.
        candidate = Candidate(tool_name, function, timeout_seconds or 0.0, read_only=False, repeatable=False, delays=())
        iteration = Iteration("", (candidate,))
        began = self.clock.elapsed_ms()
        try:
            outcome = read_answer(self._answer(function, body), iteration, self.clock.elapsed_ms() - began)
        except NoAnswer as error:
            outcome = unanswered(error, iteration, self.clock.elapsed_ms() - began)
        return self._marked(outcome, tool_name)

    def _answer(self, function: str, body: bytes) -> FunctionAnswer:
        with translated_errors():
            try:
                answer = self.lambda_client.invoke(FunctionName=function, Payload=body)
                return FunctionAnswer(answer["StatusCode"], answer["Payload"].read(), answer.get("FunctionError"))
            except ClientError as error:
                said = error.response
                return FunctionAnswer(
                    said["ResponseMetadata"]["HTTPStatusCode"], b"", error_type=said["Error"].get("Code")
                )
            except _NOT_SENT as error:
                raise NoAnswer(type(error).__name__, sent=False) from error
            except _LOST as error:
                timed_out = isinstance(error, ReadTimeoutError)
                raise NoAnswer(type(error).__name__, sent=True, timed_out=timed_out) from error

    def _marked(self, outcome: Envelope | AttemptFailure, tool_name: str) -> ToolExecutionResult:
        if isinstance(outcome, AttemptFailure):
            return _failed(outcome, tool_name)
        result = ResultReader(self.aws).result(outcome, "")
        return replace(result, execution_id=None).with_metadata("degraded", value=True)


def _event(tool_name: str, tool_input: Mapping[str, Any], timeout_seconds: float | None) -> bytes:
    event: dict[str, Any] = {"tool_name": tool_name, "input": dict(tool_input)}
    if timeout_seconds is not None:
        event["context"] = {"timeout_seconds": timeout_seconds}
    try:
        return strict_json.dumps(event).encode()
    except strict_json.JsonError as error:
        sentence = "The request has 1 problem; nothing was run."
        raise InvalidRequestError(sentence, [error.problem.as_detail()]) from None


def _failed(failure: AttemptFailure, tool_name: str) -> ToolExecutionResult:
    kind = {} if failure.error_type is None else {"error_type": failure.error_type}
    return ToolExecutionResult(
        tool_name=tool_name,
        status=failure.status,
        error=failure.error,
        error_code=failure.error_code,
        retryable=failure.retryable,
        effect=failure.effect,
        details=tuple(Detail.model_validate(detail) for detail in failure.details),
        execution_time_ms=failure.execution_time_ms,
        attempts=1 if failure.begun else 0,
        metadata={**kind, "degraded": True},
    )
