"""The HTTP side of moto's server, with connections that stay open and answers written at once.

werkzeug's own closes every connection after one answer, which AWS's SDKs then open anew: half of a small request's
time.
"""

from __future__ import annotations

import io
import logging
import socket
from http import HTTPStatus
from typing import Any, ClassVar

from moto.moto_server.werkzeug_app import MotoRequestHandler

from tool_executor.local.http_faults import AnswerDropped

_log = logging.getLogger(__name__)
_BODYLESS = frozenset({HTTPStatus.NO_CONTENT.value, HTTPStatus.NOT_MODIFIED.value})
_INTERNAL_ERROR = b'{"__type":"InternalFailure","message":"The local cloud failed on this request."}'
_NOT_UTF8 = b'{"__type":"SerializationException","message":"The request is not UTF-8."}'


class KeepAliveHandler(MotoRequestHandler):
    """Answers the requests of one connection, one after another."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 120  # seconds that a connection may be idle
    connections: ClassVar[set[socket.socket]]

    def setup(self) -> None:
        """Remember the connection, for the server to close at its end."""
        super().setup()
        self.connections.add(self.connection)

    def finish(self) -> None:
        """Forget the connection."""
        self.connections.discard(self.connection)
        super().finish()

    def run_wsgi(self) -> None:
        """Answer one request."""
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ = self.make_environ()
        if environ.get("wsgi.input_terminated"):
            # Sent in chunks: where the request ends is known to moto's reader alone.
            self.close_connection = True
        else:
            length = int(environ.get("CONTENT_LENGTH") or 0)
            environ["wsgi.input"] = io.BytesIO(self.rfile.read(length))
        try:
            status, headers, body = self._run(environ)
        except AnswerDropped:
            self.close_connection = True
            return
        self._write(status, headers, body)

    def _run(self, environ: Any) -> tuple[str, list[tuple[str, str]], bytes]:  # noqa: ANN401 - WSGI
        answered: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _error: object = None) -> None:
            answered[:] = [status, headers]

        try:
            parts: Any = self.server.app(environ, start_response)  # type: ignore[arg-type] # no write()
            body = b"".join(parts)
            if hasattr(parts, "close"):
                parts.close()
        except AnswerDropped:
            raise
        except UnicodeDecodeError:
            return "400 Bad Request", [("Content-Type", "application/json")], _NOT_UTF8
        except Exception:  # noqa: BLE001 - moto's failure is this request's answer, not the server's end
            _log.exception("moto failed on %s %s", environ.get("REQUEST_METHOD"), environ.get("PATH_INFO"))
            return "500 Internal Server Error", [("Content-Type", "application/json")], _INTERNAL_ERROR
        return answered[0], answered[1], body

    def _write(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code = int(status.split(None, 1)[0])
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]
        known = {name.lower() for name, _ in headers}
        if "date" not in known:
            lines.append(f"Date: {self.date_time_string()}")
        if code in _BODYLESS:
            body = b""
        elif "content-length" not in known:
            lines.append(f"Content-Length: {len(body)}")
        if self.command == "HEAD":
            body = b""
        if self.close_connection:
            lines.append("Connection: close")
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body)

    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002 - werkzeug's signature
        """Keep the access log out of the terminal."""
