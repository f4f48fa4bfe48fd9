"""Where the tools may go, and that a page cannot take them elsewhere."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local.browser_tools.conftest import Session


class Listener:
    """A service of this machine that no page must reach; ``hits`` holds what came."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.hits: list[bytes] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(1)
                try:
                    self.hits.append(connection.recv(1000))
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")
                except OSError:
                    self.hits.append(b"")


@contextmanager
def listening() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.socket.close()


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "chrome://version",
        "view-source:http://example.com",
        "data:text/html,<h1>x</h1>",
        "javascript:alert(1)",
        "blob:http://example.com/1",
        "ftp://example.com/",
        "about:blank",
        "http://user:pass-canary@example.com/",
        "http://example.com:8080/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "http://127.0.0.1/",
        "http://localhost/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://①②⑦.⓪.⓪.①/",
        "http://2852039166/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[64:ff9b::7f00:1]/",
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://100.64.0.1/",
        "not an address",
    ],
)
def test_an_address_that_must_not_be_visited_is_refused_before_a_browser_is_asked(session: Session, url: str) -> None:
    refused = session.failure("navigate", url=url)

    assert (refused["error_code"], refused["effect"], refused["retryable"]) == ("NavigationBlocked", "none", False)
    assert refused["details"][0]["pointer"] == "/url"
    assert "pass-canary" not in json.dumps(refused)


def test_a_redirect_to_a_private_listener_is_blocked_and_does_not_reach_it(session: Session) -> None:
    with listening() as listener:
        for host in ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]"):
            target = f"http://{host}:{listener.port}/"
            blocked = session.failure("navigate", url=f"{session.browsing.site.origin}/redirect?to={target}")
            assert blocked["error_code"] == "NavigationBlocked", blocked
        assert listener.hits == []


def test_a_click_that_leads_to_a_private_listener_is_blocked_and_the_page_is_left(session: Session) -> None:
    with listening() as listener:
        page = session.browsing.site.show(
            "/lure", f"<title>Lure</title><a id=go href='http://127.0.0.1:{listener.port}/'>go</a>"
        )
        session.result("navigate", url=page)

        blocked = session.failure("click", selector="#go")

        assert (blocked["error_code"], blocked["effect"]) == ("NavigationBlocked", "applied")
        assert session.failure("get_page_state")["error_code"] == "NotFound"  # a blank page
        assert listener.hits == []


def test_a_script_that_fetches_a_private_listener_gets_nothing(session: Session) -> None:
    with listening() as listener:
        page = session.browsing.site.show(
            "/fetches",
            f"""<title>Fetches</title><p id=out>trying</p><img src="http://127.0.0.1:{listener.port}/img"><script>
            const base = '127.0.0.1:{listener.port}';
            const tries = [fetch('http://' + base, {{mode: 'no-cors'}}), new Promise((good, bad) => {{
              const socket = new WebSocket('ws://' + base); socket.onopen = good; socket.onerror = bad; }})];
            Promise.allSettled(tries).then((all) => out.textContent = all.map((one) => one.status).join());
            </script>""",
        )
        session.result("navigate", url=page)
        session.result("wait_for_element", selector="text=/rejected|fulfilled/")

        assert "fulfilled" not in session.text("#out").split(",")[1:]
        assert listener.hits == []


def test_the_listener_would_have_noticed() -> None:
    with listening() as listener:
        with socket.create_connection(("127.0.0.1", listener.port)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
            connection.recv(10)
        assert len(listener.hits) == 1


def test_a_host_that_is_not_there_is_a_failed_navigation(session: Session) -> None:
    failed = session.failure("navigate", url="http://no-such-host.invalid/")

    assert (failed["error_code"], failed["retryable"]) == ("NavigationFailed", True)
