"""moto's server on 127.0.0.1, advertised as `localhost`: moto would take a template's bucket from another name."""

from __future__ import annotations

import contextlib
import errno
import socket
import threading
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tool_executor.local.errors import PortInUse
from tool_executor.local.http_faults import FaultyApp
from tool_executor.local.running import IDENTITY_PATH

if TYPE_CHECKING:
    from werkzeug.serving import BaseWSGIServer

    from tool_executor.local.faults import ProgrammedFaults

_ADDRESS = "127.0.0.1"


class LocalServer:
    """Serves AWS's APIs from threads of this process."""

    def __init__(self, port: int = 0, identity: str = "", faults: ProgrammedFaults | None = None) -> None:
        self._identity = identity
        self._faults = faults
        self._socket = _listen(port)
        self.port: int = self._socket.getsockname()[1]
        self.endpoint_url = f"http://localhost:{self.port}"
        self._server: BaseWSGIServer | None = None
        self._open: set[socket.socket] = set()

    def start(self) -> None:
        """Import moto and begin to answer."""
        from moto.moto_server import werkzeug_app  # noqa: PLC0415 - moto takes a second to import
        from werkzeug.serving import make_server  # noqa: PLC0415 - as above

        from tool_executor.local.http_handler import KeepAliveHandler  # noqa: PLC0415 - as above

        # A web page must not be able to call a server that runs code: see also _LoopbackOnly.
        werkzeug_app.DISABLE_GLOBAL_CORS = True  # type: ignore[attr-defined] # moto exports nothing explicitly
        moto_app: Any = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
        app = _LoopbackOnly(FaultyApp(moto_app, self._faults) if self._faults else moto_app, self._identity)
        handler = type("Handler", (KeepAliveHandler,), {"connections": self._open})
        self._server = make_server(
            _ADDRESS, self.port, app, threaded=True, request_handler=handler, fd=self._socket.fileno()
        )
        threading.Thread(target=self._server.serve_forever, name="local-cloud", daemon=True).start()

    def stop(self) -> None:
        """Stop answering and free the port; once more does nothing."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        self._socket.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _LoopbackOnly:
    """Refuses what a browser sends for a foreign page: another Host (DNS rebinding) or an Origin."""

    def __init__(self, app: Any, identity: str) -> None:  # noqa: ANN401 - a WSGI application
        self._app = app
        self._identity = identity

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI
        host = environ.get("HTTP_HOST", "").rsplit(":", 1)[0]
        if (host not in {"localhost", _ADDRESS} and not host.endswith(".localhost")) or "HTTP_ORIGIN" in environ:
            start_response(f"{HTTPStatus.FORBIDDEN.value} Forbidden", [("Content-Type", "text/plain")])
            return [b"The local cloud answers programs on this machine only.\n"]
        if environ.get("PATH_INFO") == IDENTITY_PATH:
            start_response(f"{HTTPStatus.OK.value} OK", [("Content-Type", "text/plain")])
            return [self._identity.encode()]
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server((_ADDRESS, port), backlog=128)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortInUse(
            f"Port {port} is in use.",
            hint="Give another with --port, leave it out for a free one, or end the program that holds it.",
        ) from error
