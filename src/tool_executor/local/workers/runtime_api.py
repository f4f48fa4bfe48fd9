"""The Lambda Runtime API, served on loopback to one worker process.

The API carries no worker id in its paths, so every worker gets a port of its own: what arrives there is that worker.
Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Protocol

from tool_executor.local.workers.invocation import (
    PAYLOAD_LIMIT_BYTES,
    Answer,
    Invocation,
    response_too_large,
)

_PREFIX = "/2018-06-01/runtime/"


class RuntimeEvents(Protocol):
    """What the API tells the worker's owner."""

    def next_invocation(self) -> Invocation | None:
        """Wait for work; None when the worker shall end."""

    def answered(self, request_id: str, answer: Answer) -> bool:
        """Take an answer; False if no such invocation is open."""

    def init_failed(self, answer: Answer) -> None:
        """Take note that the runtime could not load the handler."""


class RuntimeEndpoint:
    """A listening socket on 127.0.0.1 and the thread that answers it."""

    def __init__(self, events: RuntimeEvents) -> None:
        self._events = events
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"

    def start(self) -> None:
        """Begin to accept connections."""
        threading.Thread(target=self._accept, name=f"runtime-api-{self.address}", daemon=True).start()

    def close(self) -> None:
        """Stop accepting. Open connections end with the worker's process."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the accept() below
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, peer = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection, peer), daemon=True).start()

    def _serve(self, connection: socket.socket, peer: tuple[str, int]) -> None:
        with connection, contextlib.suppress(OSError, TimeoutError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            _RequestHandler(connection, peer, self._events)


class _RequestHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, connection: socket.socket, peer: tuple[str, int], events: RuntimeEvents) -> None:
        self._events = events
        # The standard class wants a server only to reach its settings, of which this one has none.
        super().__init__(connection, peer, None)  # type: ignore[arg-type]

    def parse_request(self) -> bool:
        """Take nothing from a web page that found the port: a runtime sends no Origin, and names this very address."""
        if not super().parse_request():
            return False
        address = "{}:{}".format(*self.connection.getsockname())
        if self.headers.get("Host", address) == address and "Origin" not in self.headers:
            return True
        self._reply(HTTPStatus.FORBIDDEN, b"{}")
        return False

    def do_GET(self) -> None:  # the name is http.server's
        if self.path != f"{_PREFIX}invocation/next":
            self._reply(HTTPStatus.NOT_FOUND, b"{}")
            return
        invocation = self._events.next_invocation()
        if invocation is None:
            self.close_connection = True
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.function_arn,
            "Lambda-Runtime-Trace-Id": _trace_header(invocation),
        }
        if invocation.client_context is not None:
            headers["Lambda-Runtime-Client-Context"] = invocation.client_context
        self._reply(HTTPStatus.OK, invocation.payload, headers)

    def do_POST(self) -> None:  # the name is http.server's
        body = self._read_body()
        parts = self.path.removeprefix(_PREFIX).split("/")
        if parts == ["init", "error"]:
            self._events.init_failed(Answer(body, "Unhandled"))
            self._reply(HTTPStatus.ACCEPTED, b'{"status":"OK"}')
            return
        if len(parts) != 3 or parts[0] != "invocation" or parts[2] not in {"response", "error"}:  # noqa: PLR2004
            self._reply(HTTPStatus.NOT_FOUND, b"{}")
            return
        self._take_answer(parts[1], body, failed=parts[2] == "error")

    def _take_answer(self, request_id: str, body: bytes, *, failed: bool) -> None:
        if len(body) > PAYLOAD_LIMIT_BYTES:
            self._events.answered(request_id, response_too_large())
            self._reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b'{"errorType":"RequestEntityTooLarge"}')
            return
        if self._events.answered(request_id, Answer(body, "Unhandled" if failed else None)):
            self._reply(HTTPStatus.ACCEPTED, b'{"status":"OK"}')
        else:
            error = {"errorType": "InvalidRequestID", "errorMessage": "Invalid request ID"}
            self._reply(HTTPStatus.BAD_REQUEST, json.dumps(error).encode())

    def _read_body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline() not in {b"\r\n", b"\n", b""}:
            pass  # trailers
        return b"".join(chunks)

    def _reply(self, status: HTTPStatus, body: bytes, headers: dict[str, str] | None = None) -> None:
        lines = [f"HTTP/1.1 {status.value} {status.phrase}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}", "", ""]
        # One write: head and body apart would wait for each other's acknowledgement (Nagle).
        self.wfile.write("\r\n".join(lines).encode("latin-1") + body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
        """Keep http.server's access log out of the terminal."""


def _trace_header(invocation: Invocation) -> str:
    root = f"1-{invocation.deadline_ms // 1000:08x}-{invocation.request_id.replace('-', '')[:24]}"
    return f"Root={root};Parent={invocation.request_id.replace('-', '')[-16:]};Sampled=0"
