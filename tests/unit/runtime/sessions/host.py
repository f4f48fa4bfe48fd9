"""What speaks the API of the local cloud's browser host, on loopback, and says what a test wants it to."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class FakeHost:
    """``sessions`` by key, as the host shows them. ``answers``: what it says instead, by method."""

    address: str = ""
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def says(self, method: str, status: int, body: Any) -> None:
        self.answers[method] = (status, json.dumps(body).encode())

    def answer(self, method: str, path: str, body: Any) -> tuple[int, bytes]:
        self.asked.append((method, path, body))
        if method in self.answers:
            return self.answers[method]
        status, said = self._answer(method, path, body)
        return status, json.dumps(said).encode()

    def _answer(self, method: str, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        if not path.startswith("/token/sessions"):
            return 404, {"error": "There is nothing here.", "code": "Unknown"}
        if path == "/token/sessions":
            return 200, {"sessions": list(self.sessions.values())}
        key = unquote(path.removeprefix("/token/sessions/"))
        if method == "DELETE":
            self.sessions.pop(key, None)
            return 200, {}
        if method == "GET":
            found = self.sessions.get(key)
            return (
                (404, {"error": "There is no session of that key.", "code": "Unknown"})
                if found is None
                else (200, found)
            )
        session_id = f"s{body['generation']}"
        self.sessions[key] = {
            "key": key,
            "session_id": session_id,
            "state": "open",
            "opened_at": "2026-11-20T10:00:00.000+00:00",
            "cdp_url": f"http://127.0.0.1:1/{session_id}",
            "refusals": [{"seq": 1, "target": "10.0.0.1:80", "sentence": "10.0.0.1 is not a public address."}],
        }
        return 200, self.sessions[key]


@contextmanager
def served() -> Iterator[FakeHost]:
    host = FakeHost()

    class Handler(BaseHTTPRequestHandler):
        protocol_version: ClassVar[str] = "HTTP/1.1"

        def answer(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = host.answer(self.command, self.path, json.loads(sent) if sent else None)
            if not status:
                self.close_connection = True  # hangs up without a word
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_PUT = do_DELETE = answer  # noqa: N815 - the names that http.server looks for

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    host.address = f"http://127.0.0.1:{server.server_port}/token"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield host
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
