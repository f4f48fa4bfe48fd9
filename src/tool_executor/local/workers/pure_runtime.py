"""A Lambda runtime client in pure Python, for systems that AWS's own (`awslambdaric`, Linux only) has no wheel for.

Runs inside a worker, as a script: it imports nothing but the standard library. Its answers are those of awslambdaric:
the same error types, the same JSON.
"""

from __future__ import annotations

import decimal
import http.client
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

_API = "/2018-06-01/runtime/"
_ASCII_RUNTIMES = {"AWS_Lambda_python3.9", "AWS_Lambda_python3.10", "AWS_Lambda_python3.11"}

Handler = Callable[[Any, "Context"], Any]


class RuntimeFault(Exception):
    """A fault with a type that Lambda names itself."""

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(message)
        self.error_type = error_type


class Context:
    """The context object that a handler gets."""

    def __init__(self, headers: http.client.HTTPMessage) -> None:
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = SimpleNamespace(cognito_identity_id=None, cognito_identity_pool_id=None)
        self.client_context = _client_context(headers.get("Lambda-Runtime-Client-Context"))
        self._deadline_ms = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout."""
        return max(0, self._deadline_ms - int(time.time() * 1000))


def _client_context(header: str | None) -> SimpleNamespace | None:
    if not header:
        return None
    parsed = json.loads(header)
    client = SimpleNamespace(**parsed.get("client", {}))
    return SimpleNamespace(custom=parsed.get("custom"), env=parsed.get("env"), client=client)


class _Encoder(json.JSONEncoder):
    def default(self, value: object) -> object:
        if isinstance(value, decimal.Decimal):
            return float(value) if value % 1 or value.is_nan() else int(value)
        return super().default(value)


def encode(value: object) -> bytes:
    """JSON as awslambdaric writes it: NaN passes, text is ASCII only up to Python 3.11's runtime."""
    ascii_only = os.environ.get("AWS_EXECUTION_ENV") in _ASCII_RUNTIMES
    return json.dumps(value, cls=_Encoder, ensure_ascii=ascii_only).encode()


def load_handler(name: str) -> Handler:
    """Import `module.function`.

    Raises:
        RuntimeFault: with Lambda's own error type, if that cannot be done.
    """
    module_name, _, function_name = name.rpartition(".")
    if not module_name:
        raise RuntimeFault("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise RuntimeFault("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        raise RuntimeFault("Runtime.UserCodeSyntaxError", message) from error
    handler: Handler | None = getattr(module, function_name, None)
    if handler is None:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise RuntimeFault("Runtime.HandlerNotFound", message)
    return handler


def failure(error: BaseException, request_id: str) -> bytes:
    """The body of an error post."""
    fault = error.error_type if isinstance(error, RuntimeFault) else type(error).__name__
    stack = [] if isinstance(error, RuntimeFault) else traceback.format_tb(error.__traceback__)
    body = {"errorMessage": str(error), "errorType": fault, "requestId": request_id, "stackTrace": stack}
    sys.stdout.write(f"[ERROR] {fault}: {error}\n{''.join(stack)}")
    sys.stdout.flush()
    return encode(body)


def answer(handler: Handler, event_text: bytes, context: Context) -> tuple[str, bytes]:
    """Run the handler once. Returns the kind of post (`response` or `error`) and its body."""
    try:
        result = handler(json.loads(event_text), context)
    except Exception as error:  # noqa: BLE001 - whatever a handler raises is reported, as Lambda does
        return "error", failure(error, context.aws_request_id)
    if isinstance(result, bytes):
        return "response", result
    try:
        return "response", encode(result)
    except (TypeError, ValueError) as error:
        fault = RuntimeFault("Runtime.MarshalError", f"Unable to marshal response: {error}")
        return "error", failure(fault, context.aws_request_id)


def _post(connection: http.client.HTTPConnection, path: str, body: bytes) -> None:
    connection.request("POST", _API + path, body, {"Content-Type": "application/json"})
    reply = connection.getresponse()
    text = reply.read()
    if reply.status != http.HTTPStatus.ACCEPTED:
        sys.exit(f"the Runtime API refused {path}: {reply.status} {text!r}")


def main(handler_name: str) -> None:
    """Ask for work and answer it until the API closes the connection."""
    connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load_handler(handler_name)
    except Exception as error:  # noqa: BLE001 - an init error of any kind is reported, as Lambda does
        _post(connection, "init/error", failure(error, ""))
        sys.exit(1)
    while True:
        connection.request("GET", f"{_API}invocation/next")
        reply = connection.getresponse()
        event_text = reply.read()
        context = Context(reply.headers)
        os.environ["_X_AMZN_TRACE_ID"] = reply.headers.get("Lambda-Runtime-Trace-Id", "")
        kind, body = answer(handler, event_text, context)
        _post(connection, f"invocation/{context.aws_request_id}/{kind}", body)


if __name__ == "__main__":
    main(sys.argv[1])
