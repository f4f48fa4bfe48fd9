"""What surrounds a handler on Lambda, for one that is timed in process: environment, context, AWS's answers."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest

#: What Lambda sets, and what the stack does.
ENVIRONMENT: Final = {
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "AWS_LAMBDA_FUNCTION_NAME": "bench",
    "LAMBDA_TASK_ROOT": "/var/task",
    # Nobody listens there: what is sent is lost, as it may be on Lambda.
    "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:9",
    "_X_AMZN_TRACE_ID": "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
    "POWERTOOLS_SERVICE_NAME": "bench",
    "HISTORY_TABLE": "history",
    "TOOL_STATE_TABLE": "tool-state",
    "ARTIFACT_BUCKET": "artifacts",
    "STAGE": "dev",
}
CONTEXT: Final = SimpleNamespace(
    function_name="bench",
    memory_limit_in_mb=512,
    invoked_function_arn="arn:aws:lambda:eu-west-1:123456789012:function:bench",
    aws_request_id="request",
    get_remaining_time_in_millis=lambda: 60_000,
)
INPUT: Final = {"warehouse_code": "WH001", "quantity": 7}
#: A call's row as the planner has written it, and as an update returns it.
_ROW: Final = {
    "execution_id": {"S": "e"},
    "call_id": {"S": "c"},
    "correlation_id": {"S": "order-4711"},
    "status": {"S": "pending"},
    "attempts": {"N": "0"},
    "use_cache": {"BOOL": True},
    "input": {"S": json.dumps(INPUT)},
}
_ANSWERS: Final = {"UpdateItem": json.dumps({"Attributes": _ROW}).encode()}


class _Body(io.BytesIO):
    """A body as botocore reads it."""

    def stream(self, **_: object) -> list[bytes]:
        return [self.read()]


def answer_at_once(client: BaseClient) -> None:
    """Have a client's requests to DynamoDB answered in process: signed and parsed as ever, only never sent."""
    answer: Any = _answer  # the stubs know of no handler that answers
    client.meta.events.register("before-send.dynamodb", answer)


def answer_without_the_sdk() -> None:
    """Have every client's method return at once what the SDK would have made of the answer."""
    answers = {"UpdateItem": {"Attributes": _ROW}}
    anything: Any = BaseClient
    anything._make_api_call = lambda _client, operation, _request: answers.get(operation, {})  # noqa: SLF001 - no other way in


def _answer(request: AWSPreparedRequest, **_: object) -> AWSResponse:
    target: Any = request.headers["X-Amz-Target"]  # bytes, whatever the stubs say
    operation = target.decode().rpartition(".")[2]
    headers: Any = {"Content-Type": "application/x-amz-json-1.0", "x-amzn-RequestId": "request"}
    return AWSResponse(request.url, 200, headers, _Body(_ANSWERS.get(operation, b"{}")))
