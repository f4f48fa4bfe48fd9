"""Which addresses the proxy connects to: those that it has checked, and no others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from browser_policy import OriginRules
from tests.unit.browsers.proxied import Proxied, proxied
from tool_executor.local.browsers.dialer import Dialer, Refused, Streams, Unreachable
from tool_executor.local.browsers.proxy_limits import ProxyLimits

_PUBLIC = "93.184.216.34"
_PUBLIC_V6 = "2606:2800:220:1::1"


class Network:
    """Answers names in turn, and notes what was asked for and connected to. Every connection is refused."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self.dialled: list[str] = []

    async def resolve(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        return list(self.answers.pop(0))

    async def connect(self, address: str, _port: int) -> Streams:
        self.dialled.append(address)
        raise ConnectionRefusedError

    def dial(self, host: str, port: int = 443, rules: OriginRules | None = None) -> None:
        dialer = Dialer(rules or OriginRules(), resolve=self.resolve, connect=self.connect)
        asyncio.run(dialer.connect(host, port))


def test_a_name_is_resolved_once_and_its_checked_address_connected_to() -> None:
    network = Network([_PUBLIC], ["127.0.0.1"])  # a name that turns round after the check
    with pytest.raises(Unreachable):
        network.dial("rebind.example")
    assert network.asked == ["rebind.example"]
    assert network.dialled == [_PUBLIC]


def test_every_address_of_a_name_is_tried() -> None:
    network = Network([_PUBLIC_V6, _PUBLIC])
    with pytest.raises(Unreachable):
        network.dial("example.com")
    assert network.dialled == [_PUBLIC_V6, _PUBLIC]


@pytest.mark.parametrize(
    "addresses",
    [
        [_PUBLIC, "127.0.0.1"],
        ["10.0.0.1", _PUBLIC],
        [_PUBLIC, _PUBLIC_V6, "::1"],
        ["169.254.169.254"],
        ["fd00:ec2::254"],
        ["64:ff9b::a9fe:a9fe"],
        ["2002:7f00:1::1"],
        ["::ffff:10.1.2.3"],
        ["fe80::1%eth0"],
        ["0.0.0.0"],  # noqa: S104 - an address to refuse
    ],
)
def test_one_address_that_is_not_public_refuses_the_name(addresses: list[str]) -> None:
    network = Network(addresses)
    with pytest.raises(Refused, match=r"inner\.example leads to an address that is not public"):
        network.dial("inner.example")
    assert network.dialled == []


def test_a_private_origin_is_exempt_on_its_port_alone() -> None:
    rules = OriginRules.parse(private=["http://127.0.0.1:8123"])
    network = Network(["127.0.0.1"], ["127.0.0.1"])
    with pytest.raises(Unreachable):
        network.dial("127.0.0.1", 8123, rules)
    with pytest.raises(Refused, match=r"127\.0\.0\.1 is not a public address"):
        network.dial("127.0.0.1", 8124, rules)
    assert network.dialled == ["127.0.0.1"]


def test_a_resolver_that_knows_nothing_makes_a_name_unreachable() -> None:
    with pytest.raises(Unreachable):
        Network([]).dial("nowhere.example")


@pytest.mark.parametrize(
    ("sent", "target", "sentence"),
    [
        ("CONNECT 127.0.0.1:{port}", "127.0.0.1:{port}", "Port {port} is not allowed; only 80 and 443 are."),
        ("CONNECT 127.0.0.1:443", "127.0.0.1:443", "127.0.0.1 is not a public address."),
        ("CONNECT 0x7f.1:443", "127.0.0.1:443", "127.0.0.1 is not a public address."),
        ("CONNECT 2130706433:80", "127.0.0.1:80", "127.0.0.1 is not a public address."),
        ("CONNECT [::ffff:127.0.0.1]:443", "[::ffff:7f00:1]:443", "::ffff:7f00:1 is not a public address."),
        ("CONNECT localhost.:443", "localhost:443", "localhost leads to an address that is not public."),
        (
            "GET http://169.254.169.254/latest?a=secret",
            "http://169.254.169.254/latest",
            "169.254.169.254 is not a public address.",
        ),
        ("GET http://LOCALHOST/", "http://localhost/", "localhost leads to an address that is not public."),
        ("GET http://example.com:8080/", "http://example.com:8080/", "Port 8080 is not allowed; only 80 and 443 are."),
    ],
)
def test_refusals_say_what_and_why(sent: str, target: str, sentence: str) -> None:
    async def run() -> None:
        async with proxied(private=False) as setup:
            port = setup.server.port
            answer = await setup.exchange(f"{sent.format(port=port)} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            head, _, body = answer.decode().partition("\r\n\r\n")
            assert head.startswith("HTTP/1.1 403 ")
            assert "x-tool-executor-refused: 1" in head
            assert body == f"{sentence.format(port=port)}\n"
            assert setup.refused == [(target.format(port=port), sentence.format(port=port))]
            assert setup.server.connections == []

    asyncio.run(run())


def test_a_name_that_leads_inside_does_not_reach_the_server() -> None:
    async def run() -> None:
        async with proxied(private=False, resolver=lambda _: ["127.0.0.1"]) as setup:
            answer = await setup.exchange(b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 403 ")
            assert setup.server.connections == []

    asyncio.run(run())


def test_a_name_that_nobody_knows_is_unreachable_and_not_refused() -> None:
    def unknown(_host: str) -> Sequence[str]:
        raise OSError

    async def run() -> None:
        async with proxied(resolver=unknown) as setup:
            answer = await setup.exchange(b"CONNECT nowhere.example:443 HTTP/1.1\r\nHost: nowhere.example\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 502 ")
            assert b"x-tool-executor-unreachable: 1" in answer
            assert setup.refused == []

    asyncio.run(run())


def test_a_granted_connect_passes_bytes_in_both_directions_and_both_ends() -> None:
    async def shout(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write((await reader.read()).upper())
        await writer.drain()

    async def run() -> None:
        async with proxied(shout) as setup:
            assert await _through_tunnel(setup, b"early ", b"late") == b"EARLY LATE"

    asyncio.run(run())


async def _through_tunnel(setup: Proxied, early: bytes, late: bytes) -> bytes:
    reader, writer = await setup.connect()
    authority = setup.server.origin[7:]
    writer.write(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode() + early)
    async with asyncio.timeout(5):
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        writer.write(late)
        writer.write_eof()
        answer = await reader.read()
    writer.close()
    return answer


def test_a_tunnel_that_brings_too_much_is_cut() -> None:
    async def flood(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(300):
            writer.write(b"x" * 100_000)
            await writer.drain()

    async def run() -> None:
        async with proxied(flood, limits=ProxyLimits(download_bytes=1_000_000)) as setup:
            authority = setup.server.origin[7:]
            try:
                answer = await setup.exchange(f"CONNECT {authority} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            except ConnectionError:
                answer = b""
            assert len(answer) < 1_500_000
            assert setup.refused == [(authority, "More than 1 MB came; the connection was cut.")]

    asyncio.run(run())
