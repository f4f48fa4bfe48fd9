"""Serves PyPI's ``miniwob`` (MIT), 130 small tasks which say themselves whether they were solved.

Each page comes with a script that seeds its chance, gives it time without end, and writes the raw reward of the first
episode into the page.
"""

from __future__ import annotations

import functools
import http.server
import threading
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SCRIPT = """<script>core.EPISODE_MAX_TIME = 1e6; Math.seedrandom("%s"); (() => { const end = core.endEpisode;
core.endEpisode = (...all) => { end(...all); if (document.getElementById("verdict")) return;
const told = document.createElement("p"); told.id = "verdict"; told.textContent = WOB_RAW_REWARD_GLOBAL;
document.body.append(told); }; })()</script></head>"""


class _Pages(http.server.SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        path, _, query = self.path.partition("?seed=")
        if not query:
            super().do_GET()
            return
        page = (Path(self.directory) / path.lstrip("/")).read_text("utf-8")
        body = page.replace("</head>", _SCRIPT % query, 1).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_message: object) -> None:
        """Keep the requests out of the tests' output."""


@contextmanager
def serving() -> Iterator[str]:
    """Serve the tasks for as long as the body runs; yield their origin."""
    spec = find_spec("miniwob")
    assert spec is not None
    assert spec.origin is not None
    pages = functools.partial(_Pages, directory=str(Path(spec.origin).parent / "html"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), pages) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
