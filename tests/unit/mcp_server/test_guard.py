"""What HTTP refuses before MCP sees it: other hosts, strange pages, missing and wrong tokens."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.mcp_server.fake_executions import FakeExecutions, answering
from tool_executor.mcp_server import asgi_app, server_of
from tool_executor.mcp_server.bearer_token import checked_token, new_token, token_in
from tool_executor.mcp_server.errors import AddressUnusableError, TokenUnusableError
from tool_executor.mcp_server.guard import Guard
from tool_executor.mcp_server.http_serving import Address

TOKEN = "a-token-of-some-length"  # noqa: S105 - the tests' own
GOOD = {"host": "127.0.0.1:8100", "authorization": f"Bearer {TOKEN}"}


async def _app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG001 - ASGI's own signature
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def asked(app: Any, headers: dict[str, str], method: str = "POST") -> tuple[int, dict[str, str]]:
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    scope = {"type": "http", "method": method, "path": "/mcp", "headers": encoded, "query_string": b""}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], {name.decode(): value.decode() for name, value in sent[0]["headers"]}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 204),
        ({"host": "localhost:1"}, 204),
        ({"host": "LOCALHOST"}, 204),
        ({"host": "[::1]:8100"}, 204),
        ({"host": "evil.example"}, 421),
        ({"host": "evil.example:8100"}, 421),
        ({"host": "127.0.0.1.evil.example"}, 421),
        ({"host": "127.0.0.1:8100@evil.example"}, 421),
        ({"host": "localhost:x"}, 421),
        ({"host": "localhost/x"}, 421),
        ({"host": ""}, 421),
        ({"origin": "http://localhost:6274"}, 204),
        ({"origin": "http://[::1]:3000"}, 204),
        ({"origin": "https://chat.example.com"}, 204),
        ({"origin": "http://chat.example.com"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "http://localhost.evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": ""}, 403),
        ({"origin": "file://localhost"}, 403),
        ({"authorization": f"bearer  {TOKEN}"}, 204),
        ({"authorization": "Bearer"}, 401),
        ({"authorization": "Bearer "}, 401),
        ({"authorization": f"Bearer {TOKEN[:-1]}"}, 401),
        ({"authorization": f"Bearer {TOKEN}x"}, 401),
        ({"authorization": f"Basic {TOKEN}"}, 401),
        ({"authorization": "Bearer \u00e4\u00f6\u00fc"}, 401),
        # A strange page must not find out by a 401 that there is a server.
        ({"origin": "https://evil.example", "authorization": "Bearer no"}, 403),
    ],
)
def test_a_request_must_be_meant_for_this_server_from_no_strange_page_and_bear_the_token(
    headers: dict[str, str], status: int
) -> None:
    guard = Guard(_app, TOKEN, origins=frozenset({"https://chat.example.com"}))
    assert asked(guard, {**GOOD, **headers})[0] == status


def test_a_request_without_the_token_is_told_how_to_bear_it() -> None:
    assert asked(Guard(_app, TOKEN), {"host": "localhost"})[1]["www-authenticate"] == 'Bearer realm="tool-executor"'
    wrong = asked(Guard(_app, TOKEN), {**GOOD, "authorization": "Bearer no"})[1]["www-authenticate"]
    assert wrong == 'Bearer realm="tool-executor", error="invalid_token"'


def test_a_page_that_may_use_the_server_may_ask_before_it_has_sent_a_token() -> None:
    app = asgi_app(server_of(FakeExecutions(answering())), TOKEN, origins=["https://chat.example.com"])
    question = {
        "host": "localhost:8100",
        "origin": "https://chat.example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,mcp-session-id",
    }
    status, headers = asked(app, question, "OPTIONS")
    assert (status, headers["access-control-allow-origin"]) == (200, "https://chat.example.com")
    assert "authorization" in headers["access-control-allow-headers"]
    assert asked(app, {**question, "origin": "http://localhost:1"}, "OPTIONS")[0] == 401


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_served_unasked(host: str) -> None:
    Address(host).check()


@pytest.mark.parametrize(
    "address",
    [
        Address("0.0.0.0"),  # noqa: S104 - that it is refused is the point
        Address("192.0.2.7"),
        Address("mcp.example.com"),
        Address("0.0.0.0", allow_remote=True),  # noqa: S104
    ],
)
def test_other_machines_reach_it_only_if_that_is_said_and_under_a_name(address: Address) -> None:
    with pytest.raises(AddressUnusableError) as refused:
        address.check()
    assert "--allow-" in str(refused.value.hint)


@pytest.mark.parametrize(
    "address",
    [
        *(
            Address(names=(name,))
            for name in ("mcp.example.com:8100", "https://mcp.example.com", "a/b", "[::1]", "a b", "ü.example", "")
        ),
        *(
            Address(origins=(origin,))
            for origin in (
                "https://chat.example.com/",
                "https://chat.example.com/page",
                "https://Chat.example.com",
                "https://chat.example.com:443",
                "http://chat.example.com:80",
                "chat.example.com",
                "https://",
                "null",
                "*",
                "https://*",
                "",
            )
        ),
    ],
)
def test_a_name_or_an_origin_that_no_request_could_match_is_refused_at_the_start(address: Address) -> None:
    with pytest.raises(AddressUnusableError) as refused:
        address.check()
    assert "--allow-" in str(refused.value.hint)


def test_names_and_origins_that_requests_match_are_taken() -> None:
    origins = (
        "https://chat.example.com",
        "http://chat.example.com:8443",
        "vscode-webview://a1",
        "http://[fd00::1]:3000",
    )
    Address(names=("mcp.example.com", "MCP.example.com", "192.0.2.7", "fd00::1"), origins=origins).check()


def test_a_server_for_other_machines_answers_to_the_names_that_are_said() -> None:
    address = Address("0.0.0.0", names=("mcp.example.com",), allow_remote=True)  # noqa: S104
    address.check()
    guard = Guard(_app, TOKEN, address.hosts)
    assert asked(guard, {**GOOD, "host": "mcp.example.com"})[0] == 204
    assert asked(guard, {**GOOD, "host": "evil.example"})[0] == 421


def test_a_port_that_is_taken_is_told_in_a_sentence() -> None:
    with Address().bound() as first, pytest.raises(AddressUnusableError, match="Nothing can be served at"):
        Address(port=first.getsockname()[1]).bound()


@pytest.mark.parametrize("text", ["", "short", "with blanks in between it", "ünicode-that-is-long-enough"])
def test_what_is_no_token_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(TokenUnusableError) as refused:
        checked_token(text, "it")
    assert not text or text not in str(refused.value)


def test_a_tokens_file_may_end_in_a_newline(tmp_path: Any) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    assert token_in(file) == TOKEN
    with pytest.raises(TokenUnusableError, match="cannot be read"):
        token_in(tmp_path / "none")
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(TokenUnusableError, match="it is no text"):
        token_in(file)


def test_where_a_tokens_file_is_unusable_the_hint_writes_that_file(tmp_path: Any) -> None:
    file = tmp_path / "my token.txt"
    with pytest.raises(TokenUnusableError) as missing:
        token_in(file)
    file.write_text("short")
    with pytest.raises(TokenUnusableError) as short:
        token_in(file)
    assert str(missing.value.hint).endswith(f"token_urlsafe(32))' > '{file}'")
    assert short.value.hint == missing.value.hint


def test_a_new_token_is_one_and_each_is_another() -> None:
    assert checked_token(new_token(), "it") != new_token()
