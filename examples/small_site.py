"""A small shop to try the browser tools on: a login, a page behind it, a form. Served on this machine alone.

python examples/small_site.py 8123     # user mia, password correct-horse; until Ctrl-C
"""

from __future__ import annotations

import html
import secrets
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

USER = "mia"
PASSWORD = "correct-horse"  # noqa: S105 - of an example

_PAGES = Path(__file__).with_name("small_site")
_WRONG = "This user name and password do not belong together."


@dataclass
class Visitor:
    """A browser that has signed in, as the site knows it by its cookie."""

    user: str
    visits: int = 0
    noted: str = ""


class SmallSite(ThreadingHTTPServer):
    """The site, at 127.0.0.1. ``logins`` counts the times that somebody signed in.

    As pages do, the login shows its form a moment after it has come.
    """

    daemon_threads = True

    def __init__(self, port: int = 0, *, form_delay_ms: int = 200) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.form_delay_ms = form_delay_ms
        self.visitors: dict[str, Visitor] = {}
        self.logins = 0

    @property
    def origin(self) -> str:
        """The site's origin, such as ``http://127.0.0.1:8123``."""
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: SmallSite
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        visitor = self._visitor()
        if path == "/style.css":
            self._send((_PAGES / "style.css").read_text("utf-8"), kind="text/css")
        elif path == "/logout":
            self.server.visitors.pop(self._cookie(), None)
            self._redirect("/login")
        elif path == "/dashboard" and visitor is not None:
            visitor.visits += 1
            self._page("dashboard", user=visitor.user, visits=str(visitor.visits), noted=visitor.noted)
        elif path in {"/", "/dashboard"}:
            self._redirect("/login")
        elif path == "/login":
            self._page("login", message="")
        else:
            self._send("<title>Not found</title><h1>There is no such page.</h1>", HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        visitor = self._visitor()
        if self.path == "/login" and (form.get("username"), form.get("password")) == (USER, PASSWORD):
            name = secrets.token_hex(16)
            self.server.visitors[name] = Visitor(USER)
            self.server.logins += 1
            self._redirect("/dashboard", cookie=f"visitor={name}; HttpOnly; SameSite=Strict; Path=/")
        elif self.path == "/login":
            self._page("login", HTTPStatus.UNAUTHORIZED, message=_WRONG)
        elif self.path == "/note" and visitor is not None:
            visitor.noted = f"Noted: {form.get('note', '')}"
            self._redirect("/dashboard")
        else:
            self._redirect("/login")

    def log_message(self, *_message: object) -> None:
        """Keep the requests out of the terminal."""

    def _cookie(self) -> str:
        cookies = SimpleCookie(self.headers.get("Cookie", ""))
        return cookies["visitor"].value if "visitor" in cookies else ""

    def _visitor(self) -> Visitor | None:
        return self.server.visitors.get(self._cookie())

    def _page(self, name: str, status: HTTPStatus = HTTPStatus.OK, **words: str) -> None:
        text = (_PAGES / f"{name}.html").read_text("utf-8").replace("{{delay}}", str(self.server.form_delay_ms))
        for word, value in words.items():
            text = text.replace("{{" + word + "}}", html.escape(value))
        self._send(text, status)

    def _send(self, text: str, status: HTTPStatus = HTTPStatus.OK, kind: str = "text/html; charset=utf-8") -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _redirect(self, path: str, cookie: str | None = None) -> None:
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", path)
        self.send_header("Content-Length", "0")
        if cookie is not None:
            self.send_header("Set-Cookie", cookie)
        self.end_headers()


@contextmanager
def serving(port: int = 0, *, form_delay_ms: int = 200) -> Iterator[SmallSite]:
    """Serve the site from a thread for as long as the body runs."""
    with SmallSite(port, form_delay_ms=form_delay_ms) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        try:
            yield site
        finally:
            site.shutdown()


if __name__ == "__main__":
    with SmallSite(int(sys.argv[1]) if len(sys.argv) > 1 else 0) as small_site:
        print(f"{small_site.origin} (user {USER}, password {PASSWORD}); Ctrl-C ends it")
        try:
            small_site.serve_forever()
        except KeyboardInterrupt:
            sys.exit(0)
