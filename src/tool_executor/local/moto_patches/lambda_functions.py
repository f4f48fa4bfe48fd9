"""Lambda: moto wants Docker and knows none of Invoke's limits; here its functions run in the worker fleet."""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from botocore.exceptions import ClientError
from moto.awslambda.responses import LambdaResponse
from moto.awslambda.utils import get_backend
from moto.core.exceptions import JsonRESTError
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from tool_executor.local.aws_json import NotJson, parse_json
from tool_executor.local.moto_patches.correction import Correction
from tool_executor.local.workers.function_config import FunctionConfig
from tool_executor.local.workers.invocation import PAYLOAD_LIMIT_BYTES, Answer, Throttled

if TYPE_CHECKING:
    from moto.awslambda.models import LambdaFunction

    from tool_executor.local.workers.fleet import WorkerFleet

_log = logging.getLogger(__name__)
_EVENT_TRIES: Final = 300


class InvokeRefused(Exception):
    """Lambda's Invoke answers with an error of its own; the function did not run."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


class LambdaInvoker:
    """Invoke, with Lambda's checks before and its workers behind."""

    def __init__(self, fleet: WorkerFleet, account_id: str) -> None:
        self._fleet = fleet
        self._account_id = account_id

    def invoke(
        self,
        region: str,
        function_name: str,
        payload: bytes,
        *,
        qualifier: str | None = None,
        context: str | None = None,
        kill_after: float | None = None,
    ) -> Answer:
        """Run a deployed function once; with `kill_after` its worker is killed that many seconds later.

        Raises:
            InvokeRefused: if Lambda would not run it.
        """
        function = self.find(region, function_name, qualifier)
        check_payload(payload)
        try:
            return self._fleet.invoke(
                config_of(function), lambda: function.code_bytes, payload or b"{}", context, kill_after
            )
        except Throttled:
            raise InvokeRefused(HTTPStatus.TOO_MANY_REQUESTS, "TooManyRequestsException", "Rate Exceeded.") from None

    def invoke_later(self, region: str, function_name: str, payload: bytes, qualifier: str | None = None) -> None:
        """Accept an `Event` invocation: the caller does not wait and gets no answer."""
        self.find(region, function_name, qualifier)
        check_payload(payload)

        arguments = (region, function_name, payload, qualifier)
        threading.Thread(target=self._run_event, args=arguments, name=f"event-{function_name}", daemon=True).start()

    def _run_event(self, region: str, function_name: str, payload: bytes, qualifier: str | None) -> None:
        """Lambda keeps a throttled event for hours; a failed one it would repeat twice, which nothing does here."""
        for _ in range(_EVENT_TRIES):
            try:
                self.invoke(region, function_name, payload, qualifier=qualifier)
            except InvokeRefused as refused:
                if refused.status != HTTPStatus.TOO_MANY_REQUESTS:
                    _log.warning("The event for %s was dropped: %s", function_name, refused.message)
                    return
                time.sleep(1)
            else:
                return

    def find(self, region: str, function_name: str, qualifier: str | None) -> LambdaFunction:
        """The deployed function of that name or ARN.

        Raises:
            InvokeRefused: ResourceNotFoundException, if there is none.
        """
        try:
            return get_backend(self._account_id, region).get_function(function_name, qualifier)
        except JsonRESTError as error:
            raise InvokeRefused(HTTPStatus.NOT_FOUND, "ResourceNotFoundException", str(error.message)) from error


def check_payload(payload: bytes) -> None:
    """Lambda's checks of a request's body.

    Raises:
        InvokeRefused: if it is over 6 MB or no JSON.
    """
    if len(payload) > PAYLOAD_LIMIT_BYTES:
        raise InvokeRefused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "RequestEntityTooLargeException",
            f"Request must be smaller than {PAYLOAD_LIMIT_BYTES} bytes for the InvokeFunction operation",
        )
    if not payload:
        return
    try:
        parse_json(payload)
    except NotJson as error:
        raise InvokeRefused(
            HTTPStatus.BAD_REQUEST,
            "InvalidRequestContentException",
            f"Could not parse request body into json: {error}",
        ) from error


def config_of(function: LambdaFunction) -> FunctionConfig:
    """What the workers need to know of a deployed function."""
    version = str(function.version)
    return FunctionConfig(
        name=function.function_name,
        arn=function.function_arn,
        handler=str(function.handler),
        runtime=str(function.run_time),
        version="$LATEST" if version in {"1", "$LATEST"} else version,
        region=function.region,
        memory_mb=int(function.memory_size),
        timeout_seconds=float(function.timeout),
        environment={key: str(value) for key, value in function.environment_vars.items()},
        code_sha256=function.code_sha_256,
        reserved_concurrency=None if function.reserved_concurrency is None else int(function.reserved_concurrency),
    )


def corrections(invoker: LambdaInvoker) -> list[Correction]:
    """The corrections of this module."""
    return [
        Correction(LambdaResponse, "invoke", _invoke_over_http(invoker), "functions run in workers, not in Docker"),
        Correction(
            lambda_eval_utils,
            "_invoke_lambda_function",
            _invoke_from_workflow(invoker),
            "a Task's invocation needs no way over HTTP to the same process: a third of its time",
        ),
    ]


def _invoke_over_http(invoker: LambdaInvoker) -> Any:  # noqa: ANN401 - a method of moto's
    def invoke(self: Any) -> tuple[int, dict[str, str], bytes]:  # noqa: ANN401 - moto's LambdaResponse
        name = unquote(self.path.rsplit("/", 2)[-2])
        qualifier = self._get_param("qualifier")
        payload = self.body if isinstance(self.body, bytes) else str(self.body or "").encode()
        kind = self.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        try:
            if kind == "DryRun":
                invoker.find(self.region, name, qualifier)
                return _reply(HTTPStatus.NO_CONTENT)
            if kind == "Event":
                invoker.invoke_later(self.region, name, payload, qualifier)
                return _reply(HTTPStatus.ACCEPTED)
            context = self.headers.get("X-Amz-Client-Context")
            context = base64.b64decode(context).decode() if context else None
            answer = invoker.invoke(self.region, name, payload, qualifier=qualifier, context=context)
        except InvokeRefused as refused:
            return _refusal(refused)
        return _http_answer(answer, with_log=self.headers.get("X-Amz-Log-Type") == "Tail")

    return invoke


def _http_answer(answer: Answer, *, with_log: bool) -> tuple[int, dict[str, str], bytes]:
    headers = {"x-amz-executed-version": "$LATEST"}
    if answer.function_error:
        headers["x-amz-function-error"] = answer.function_error
    if with_log:
        headers["x-amz-log-result"] = base64.b64encode(answer.log_tail).decode()
    return _reply(HTTPStatus.OK, answer.payload, headers)


def _refusal(refused: InvokeRefused) -> tuple[int, dict[str, str], bytes]:
    body = {"Type": "User", "message": refused.message, "Message": refused.message}
    return _reply(refused.status, json.dumps(body).encode(), {"x-amzn-ErrorType": refused.code})


def _reply(
    status: HTTPStatus, body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str], bytes]:
    # moto takes the status from its header.
    return status.value, {"content-type": "application/json", "status": str(status.value), **(headers or {})}, body


def _invoke_from_workflow(invoker: LambdaInvoker) -> Any:  # noqa: ANN401 - a function of moto's
    def invoke_lambda_function(
        parameters: dict[str, Any],
        region: str,
        state_credentials: Any,  # noqa: ANN401, ARG001 - moto's signature
    ) -> dict[str, Any]:
        payload = parameters.get("Payload") or b"{}"
        try:
            answer = invoker.invoke(
                region,
                parameters["FunctionName"],
                payload,
                qualifier=parameters.get("Qualifier"),
                context=parameters.get("ClientContext"),
            )
        except InvokeRefused as refused:
            raise _client_error(refused) from refused
        if answer.function_error:
            raise lambda_eval_utils.LambdaFunctionErrorException(
                answer.function_error, answer.payload.decode("utf-8", "replace")
            )
        return {
            "ExecutedVersion": "$LATEST",
            # A payload that is no JSON fails the Task; the error's name is not documented, so the strictest is taken:
            # this raises, and the interpreter makes it States.Runtime, which nothing catches.
            "Payload": parse_json(answer.payload),
            "SdkHttpMetadata": {"HttpStatusCode": HTTPStatus.OK.value},
            "StatusCode": HTTPStatus.OK.value,
        }

    return invoke_lambda_function


def _client_error(refused: InvokeRefused) -> ClientError:
    metadata = {"HTTPStatusCode": refused.status.value, "RequestId": "local", "RetryAttempts": 0}
    response: Any = {"Error": {"Code": refused.code, "Message": refused.message}, "ResponseMetadata": metadata}
    return ClientError(response, "Invoke")
