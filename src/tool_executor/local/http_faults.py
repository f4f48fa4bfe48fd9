"""Faults in the local cloud's HTTP answers: DynamoDB, S3 and whatever else is called over HTTP.

`PUT /_tool_executor/faults` with a JSON list programs them in place of all others, `POST` adds some, `GET` tells what
they and the functions did, `DELETE` forgets them. The last two take `?naming=TEXT`: only what holds this text.
"""

from __future__ import annotations

import io
import json
import re
import uuid
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs

from tool_executor.local.faults import Fault, FaultKind, ProgrammedFaults

FAULTS_PATH: Final = "/_tool_executor/faults"
_SCOPE: Final = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
_BEFORE: Final = frozenset({FaultKind.THROTTLE, FaultKind.FAIL_BEFORE})
#: Invocations are struck where workflows, events and HTTP meet: see moto_patches.faulty_invoker.
_STRUCK_ELSEWHERE: Final = "lambda."

Environ = dict[str, Any]
App = Callable[[Environ, Any], Iterable[bytes]]


class AnswerDropped(Exception):
    """The connection is to end without an answer."""


class FaultyApp:
    """A WSGI application between the server and moto."""

    def __init__(self, app: App, faults: ProgrammedFaults) -> None:
        self._app = app
        self._faults = faults

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI
        """Answer a request. Raises AnswerDropped."""
        if environ.get("PATH_INFO") == FAULTS_PATH:
            return self._control(environ, start_response)
        request, text = _told(environ)
        fault = None if request.startswith(_STRUCK_ELSEWHERE) else self._faults.strike(request, text)
        if fault is None:
            return self._app(environ, start_response)
        return self._struck(fault, request, environ, start_response)

    def _struck(self, fault: Fault, request: str, environ: Environ, start_response: Any) -> Iterable[bytes]:  # noqa: ANN401
        if fault.kind in _BEFORE:
            return _refusal(request, start_response, throttled=fault.kind is FaultKind.THROTTLE)
        if fault.kind is FaultKind.DELAY:
            fault.pause()
            return self._app(environ, start_response)
        answered: list[Any] = []
        body = b"".join(self._app(environ, lambda *head: answered.extend(head)))
        if fault.kind is FaultKind.FAIL_AFTER:
            return _refusal(request, start_response, throttled=False)
        if fault.kind is FaultKind.DROP_ANSWER:
            raise AnswerDropped
        fault.pause()
        start_response(*answered)
        return [body]

    def _control(self, environ: Environ, start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI
        method, status = environ["REQUEST_METHOD"], HTTPStatus.OK
        naming = parse_qs(environ.get("QUERY_STRING", "")).get("naming", [""])[0]
        try:
            if method in {"PUT", "POST"}:
                faults = [Fault.from_json(value) for value in json.load(environ["wsgi.input"])]
                (self._faults.program if method == "PUT" else self._faults.add)(faults)
            elif method == "DELETE":
                self._faults.forget(naming)
            # The answer to a POST tells of nothing: those who add faults ask for their own.
            answer = {} if method == "POST" else self._faults.report(naming)
        except (KeyError, TypeError, ValueError) as error:
            status, answer = HTTPStatus.BAD_REQUEST, {"error": repr(error)}
        start_response(f"{status.value} {status.phrase}", [("Content-Type", "application/json")])
        return [json.dumps(answer).encode()]


def _told(environ: Environ) -> tuple[str, str]:
    """Return a request's name, `<service>.<operation or method>`, and the text that faults look into."""
    scope = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    service = scope[1] if scope else "unknown"
    operation = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2] or environ["REQUEST_METHOD"]
    body = b""
    if not environ.get("wsgi.input_terminated"):
        body = environ["wsgi.input"].read()
        environ["wsgi.input"] = io.BytesIO(body)
    return f"{service}.{operation}", f"{environ.get('PATH_INFO', '')}\n{body.decode('utf-8', 'replace')}"


def _refusal(request: str, start_response: Any, *, throttled: bool) -> Iterable[bytes]:  # noqa: ANN401 - WSGI
    """Refuse in the words of the service."""
    if request.startswith("s3."):
        status = HTTPStatus.SERVICE_UNAVAILABLE if throttled else HTTPStatus.INTERNAL_SERVER_ERROR
        code = "SlowDown" if throttled else "InternalError"
        body = f"<Error><Code>{code}</Code><Message>A programmed fault.</Message></Error>"
        content_type = "application/xml"
    else:
        status = HTTPStatus.BAD_REQUEST if throttled else HTTPStatus.INTERNAL_SERVER_ERROR
        throttling = (
            "ThrottlingException" if request.startswith("states.") else "ProvisionedThroughputExceededException"
        )
        code = throttling if throttled else "InternalServerError"
        body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "A programmed fault."})
        content_type = "application/x-amz-json-1.0"
    headers = [("Content-Type", content_type), ("x-amzn-RequestId", str(uuid.uuid4()))]
    start_response(f"{status.value} {status.phrase}", headers)
    return [body.encode()]
