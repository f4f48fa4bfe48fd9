"""Plain HTTP through the proxy: what reaches the other side, and what does not."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.browsers.proxied import OK, Proxied, proxied
from tool_executor.local.browsers.proxy_limits import ProxyLimits


def test_a_request_arrives_in_origin_form_without_what_concerns_the_proxy() -> None:
    async def run() -> None:
        async with proxied() as setup:
            answer = await setup.exchange(
                f"GET {setup.server.origin}/a?b=1 HTTP/1.1\r\nHost: {setup.server.origin[7:]}\r\nAccept: */*\r\n"
                "Proxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\nKeep-Alive: 5\r\n"
                "Connection: keep-alive, X-Private\r\nX-Private: 1\r\nUpgrade: websocket\r\n\r\n".encode()
            )
            assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
            assert answer.endswith(b"\r\n\r\nok")
            assert b"connection: close" in answer.lower()
            head = setup.server.connections[0].decode().lower()
            assert head.splitlines()[0] == "get /a?b=1 http/1.1"
            assert sorted(head.split("\r\n")[1:-2]) == [
                "accept: */*",
                "connection: close",
                f"host: {setup.server.origin[7:]}",
            ]

    asyncio.run(run())


def test_the_host_that_was_checked_is_the_host_that_the_server_reads() -> None:
    async def run() -> None:
        async with proxied() as setup:
            await setup.exchange(f"GET {setup.server.origin} HTTP/1.1\r\nHost: intranet.example\r\n\r\n".encode())
            head = setup.server.connections[0]
            assert head.lower().count(b"host:") == 1
            assert b"intranet" not in head
            assert head.startswith(b"GET / HTTP/1.1\r\n")

    asyncio.run(run())


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 4\r\nContent-Length: 5\r\n",
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 4, 5\r\n",
        b"Content-Length : 4\r\n",
        b"X: a\x00b\r\n",
        b"Host: other.example\r\n",
    ],
)
def test_a_request_that_could_be_read_in_two_ways_reaches_nobody(lines: bytes) -> None:
    async def run() -> None:
        async with proxied() as setup:
            origin = setup.server.origin.encode()
            sent = b"POST " + origin + b"/ HTTP/1.1\r\nHost: " + origin[7:] + b"\r\n" + lines + b"\r\nabcd"
            answer = await setup.exchange(sent)
            assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 501 ")), answer
            assert setup.server.connections == []

    asyncio.run(run())


def test_a_second_request_on_a_connection_is_never_read() -> None:
    async def run() -> None:
        async with proxied() as setup:
            origin = setup.server.origin
            one = f"GET {origin}/1 HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            two = f"GET {origin}/2 HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            answer = await setup.exchange(one + two)
            assert answer.count(b"HTTP/1.1") == 1
            assert len(setup.server.connections) == 1

    asyncio.run(run())


@pytest.mark.parametrize(
    "first_line",
    [
        b"GET / HTTP/1.1",
        b"GET //127.0.0.1/ HTTP/1.1",
        b"GET https://example.com/ HTTP/1.1",
        b"GET ftp://example.com/ HTTP/1.1",
        b"GET file:///etc/passwd HTTP/1.1",
        b"GET http://a:b@example.com/ HTTP/1.1",
        b"GET http:/// HTTP/1.1",
        b"GET http://example.com:99999/ HTTP/1.1",
        b"GET http://exa%6dple.com/ HTTP/1.1",
        b"GET http://[::1%25lo]/ HTTP/1.1",
        b"GET http://example.com\\@127.0.0.1/ HTTP/1.1",
        b"GET http://example.com/#f HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"CONNECT / HTTP/1.1",
        b"CONNECT example.com HTTP/1.1",
        b"CONNECT example.com:443/path HTTP/1.1",
        b"CONNECT http://example.com:443 HTTP/1.1",
        b"CONNECT user@example.com:443 HTTP/1.1",
        b"CONNECT example.com:0 HTTP/1.1",
        b"CONNECT example.com:65536 HTTP/1.1",
        b"CONNECT [::1%25lo]:443 HTTP/1.1",
        b"CONNECT ::1:443 HTTP/1.1",
        b"CONNECT example.com:443?x HTTP/1.1",
    ],
)
def test_what_is_no_request_to_a_proxy_is_answered_with_400(first_line: bytes) -> None:
    async def run() -> None:
        async with proxied(resolver=lambda _: pytest.fail("nothing is resolved")) as setup:
            answer = await setup.exchange(first_line + b"\r\nHost: example.com\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 400 "), answer
            assert setup.refused == []

    asyncio.run(run())


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"\r\n\r\n\r\n",
        b"GET\r\n\r\n",
        b"\xff" * 1000,
    ],
)
def test_garbage_ends_its_connection_and_nothing_else(garbage: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        async with proxied() as setup:
            reader, writer = await setup.connect()
            writer.write(garbage)
            writer.write_eof()
            async with asyncio.timeout(5):
                answer = await reader.read()
            assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
            assert await _works(setup)
            writer.close()

    asyncio.run(run())
    assert not caplog.records


def test_a_head_without_end_is_refused() -> None:
    async def run() -> None:
        async with proxied(limits=ProxyLimits(head_bytes=4096)) as setup:
            answer = await setup.exchange(b"GET http://example.com/ HTTP/1.1\r\nX: " + b"a" * 10_000)
            assert answer.startswith(b"HTTP/1.1 431 ")

    asyncio.run(run())


@pytest.mark.parametrize("chunked", [False, True])
def test_bodies_are_streamed_and_arrive_whole(chunked: bool) -> None:  # noqa: FBT001 - a parameter of the test
    total = 3_000_000

    async def count(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        received = 0
        if b"content-length: 3000000" in head:
            received = len(await reader.readexactly(total))
        while b"transfer-encoding: chunked" in head and (size := int(await reader.readline(), 16)):
            received += len(await reader.readexactly(size))
            await reader.readline()
        writer.write(f"HTTP/1.1 200 OK\r\n\r\n{received}".encode())  # until the connection ends

    async def run() -> None:
        async with proxied(count) as setup:
            body = b"x" * total
            framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {total}"
            head = f"POST {setup.server.origin}/ HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n".encode()
            part = b"%x\r\n%s\r\n" % (100_000, body[:100_000])
            answer = await setup.exchange(head + (part * 30 + b"0\r\n\r\n" if chunked else body))
            assert b"3000000" in answer

    asyncio.run(run())


def test_half_a_body_does_not_pass_for_a_whole_one() -> None:
    arrived = asyncio.Event()
    ended: list[bytes] = []

    async def read_all(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            ended.append(await reader.read())
        except ConnectionResetError:
            ended.append(b"reset")
        arrived.set()

    async def run() -> None:
        async with proxied(read_all) as setup:
            _, writer = await setup.connect()
            writer.write(f"POST {setup.server.origin}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n1234".encode())
            await writer.drain()
            await asyncio.sleep(0.05)
            writer.write_eof()
            async with asyncio.timeout(5):
                await arrived.wait()
            assert ended in ([b"1234"], [b"reset"])
            writer.close()

    asyncio.run(run())


def test_a_download_beyond_the_limit_is_cut_and_remembered() -> None:
    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(300):
            writer.write(b"x" * 100_000)
            await writer.drain()

    async def run() -> None:
        async with proxied(flood, limits=ProxyLimits(download_bytes=1_000_000)) as setup:
            answer = await setup.exchange(f"GET {setup.server.origin}/f?secret HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert len(answer) < 1_500_000
            assert not answer.endswith(b"0\r\n\r\n")
            assert setup.refused == [(f"{setup.server.origin}/f", "More than 1 MB came; the connection was cut.")]

    asyncio.run(run())


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"])
def test_a_server_without_http_is_unreachable(answer: bytes) -> None:
    async def run() -> None:
        async with proxied(answer) as setup:
            said = await setup.exchange(f"GET {setup.server.origin}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert said.startswith(b"HTTP/1.1 502 ")
            assert b"x-tool-executor-unreachable: 1" in said
            assert setup.refused == []

    asyncio.run(run())


def test_an_idle_connection_is_cut() -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def run() -> None:
        async with proxied(silent, limits=ProxyLimits(idle_seconds=0.2)) as setup:
            said = await setup.exchange(f"GET {setup.server.origin}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert said == b""

    asyncio.run(run())


def test_more_connections_than_the_limit_are_cut_at_once() -> None:
    async def run() -> None:
        async with proxied(limits=ProxyLimits(connections=3)) as setup:
            waiting = [await setup.connect() for _ in range(3)]
            await asyncio.sleep(0.05)
            assert await setup.exchange(f"GET {setup.server.origin}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode()) == b""
            for _, writer in waiting:
                writer.close()
            await asyncio.sleep(0.05)
            assert await _works(setup)

    asyncio.run(run())


async def _works(setup: Proxied) -> bool:
    answer = await setup.exchange(f"GET {setup.server.origin}/ HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    return answer.endswith(OK[-2:])
