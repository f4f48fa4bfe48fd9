"""A page that tries to reach this machine and its network, by everything that a page has. Nothing may come through.

The page stands on an origin that the rules allow by name; beside it, on the same machine, is a listener that they do
not. A browser without the proxy visits the same page: it shows that the listener would have noticed.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.async_api import Browser, Error, Page, async_playwright

from browser_policy import OriginRules
from tests.local.browsers.listener import Listener
from tests.local.browsers.running_host import RunningHost, eventually
from tests.local.browsers.site import Answer, Site, served
from tool_executor.local.browsers.chromium import find_chromium

pytestmark = pytest.mark.xdist_group("browser-host")

NOTATIONS = [
    "127.0.0.1",
    "localhost",
    "LOCALHOST.",
    "x.localhost",
    "127.1",
    "127.0.0.2",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127%2e0%2e0%2e1",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "0",
]
METADATA = ["169.254.169.254", "2852039166", "0xa9fea9fe", "[fd00:ec2::254]", "[::ffff:169.254.169.254]"]
# What a browser does without a proxy, so that its absence says something. The rest is tried as well.
NOTICED = {
    *("fetch", "fetch-cors", "fetch-keepalive", "fetch-preflight", "xhr", "beacon", "eventsource", "websocket", "ping"),
    *("img", "svg", "script", "module", "modulepreload", "prefetch", "preload", "css", "css-import", "css-background"),
    *("font", "iframe", "object", "embed", "video", "form", "location", "meta", "open", "csp-report"),
    *("worker", "shared-worker", "service-worker", "service-worker-of-a-frame"),
    *(f"redirect-{code}{way}" for code in (301, 302, 303, 307, 308) for way in ("", "-frame", "-img")),
}
_STUN = repr(b"!\x12\xa4B")[2:-1]
_LEAVE = {
    "form": "<form method=post action='{url}'></form><script>document.forms[0].submit()</script>",
    "location": "<script>location.href = '{url}'</script>",
    "meta": "<meta http-equiv=refresh content='0;url={url}'>",
}
_WORKER = b"""
const url = decodeURIComponent(location.search.slice(1));
const go = () => Promise.allSettled([fetch(url, {mode: 'no-cors'}), new Promise(done => {
  const socket = new WebSocket(url.replace('http', 'ws')); socket.onclose = done; })]);
if (self.onconnect !== undefined) onconnect = event => go().then(() => event.ports[0].postMessage('done'));
else go().then(() => self.postMessage && postMessage('done'));
"""


def _after(path: str) -> str:
    return unquote(path.partition("?")[2])


def _leave(path: str) -> Answer:
    html = _LEAVE[path.partition("?")[0].rpartition("/")[2]].format(url=_after(path))
    return 200, {"Content-Type": "text/html"}, html.encode()


def _redirect(path: str) -> Answer:
    return int(path.partition("?")[0].rpartition("/")[2]), {"Location": _after(path)}, b""


def _csp(path: str) -> Answer:
    url = _after(path)
    headers = {"Content-Type": "text/html", "Content-Security-Policy": f"img-src 'none'; report-uri {url}"}
    return 200, headers, b"<img src=/x.png>"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with served() as running:
        running.page("/", "<meta charset=utf-8><script src=/attempts.js></script><body>")
        running.page("/empty", "")
        script = Path(__file__).with_name("attempts.js").read_bytes()
        running.answers["/attempts.js"] = (200, {"Content-Type": "text/javascript; charset=utf-8"}, script)
        running.answers["/worker.js"] = (200, {"Content-Type": "text/javascript"}, _WORKER)
        running.answers["/tried"] = (200, {}, b"")
        running.answers["/csp"] = _csp
        running.answers |= {f"/leave/{way}": _leave for way in _LEAVE}
        running.answers |= {f"/redirect/{code}": _redirect for code in (301, 302, 303, 307, 308)}
        yield running


@pytest.fixture
def listener() -> Iterator[Listener]:
    listening = Listener()
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[RunningHost]:
    with RunningHost(tmp_path_factory.mktemp("h"), OriginRules.parse(private=[site.origin])) as running:
        yield running


def _visit(site: Site, cdp_url: str | None, script: str, argument: Any) -> Any:
    """Run a script on the page: in a session's browser, or in one without a proxy."""

    async def run() -> Any:
        async with asyncio.timeout(90), async_playwright() as playwright:
            browser = await _browser(playwright, cdp_url)
            contexts = browser.contexts or [await browser.new_context()]
            page = (contexts[0].pages or [await contexts[0].new_page()])[0]
            await page.goto(f"{site.origin}/")
            found = await page.evaluate(script, argument)
            await browser.close()  # of a session's browser this ends the connection only
            return found

    return asyncio.run(run())


async def _browser(playwright: Any, cdp_url: str | None) -> Browser:
    if cdp_url is not None:
        return await playwright.chromium.connect_over_cdp(cdp_url)
    return await playwright.chromium.launch(executable_path=find_chromium(), chromium_sandbox=False)


def test_the_listener_notices_a_browser_without_the_proxy(site: Site, listener: Listener) -> None:
    target = f"http://127.0.0.1:{listener.ports[0]}"
    _visit(site, None, "target => attemptAll([target])", target)
    assert NOTICED - listener.mechanisms() == set()
    assert any(_STUN in hit for hit in listener.hits if hit.startswith("udp "))
    assert any(_STUN in hit for hit in listener.hits if hit.startswith("tcp "))  # TURN
    assert any(_STUN not in hit for hit in listener.hits if hit.startswith("udp "))  # QUIC


def test_no_mechanism_reaches_the_listener(site: Site, listener: Listener, host: RunningHost) -> None:
    session = host.open("mechanisms")
    targets = [f"http://127.0.0.1:{port}" for port in listener.ports]
    refused: set[str] = set()

    def has_refused(target: str) -> bool:
        refused.update(refusal["target"] for refusal in host.seen("mechanisms")["refusals"])
        http = {f"{target}/{name}" for name in ("fetch", "iframe", "redirect-302-frame", "shared-worker")}
        return {url.replace(":80/", "/") for url in http} | {target.removeprefix("http://")} <= refused  # a WebSocket's

    for target in targets:
        site.asked.clear()
        names = _visit(site, session["cdp_url"], "target => attemptAll([target])", target)
        assert set(names) >= NOTICED
        tried = {_after(path) for path in site.asked if path.startswith("/tried")}
        assert tried == {f"{name} {target}" for name in names}
        eventually(partial(has_refused, target))
    assert listener.hits == []


def test_no_notation_reaches_the_listener(site: Site, listener: Listener, host: RunningHost) -> None:
    session = host.open("notations")
    own = [f"[{address}]" if ":" in address else address for address in listener.addresses]
    hosts = [*NOTATIONS, *METADATA, *own]
    targets = [f"{scheme}://{name}:{port}" for name in hosts for port in listener.ports for scheme in ("http", "https")]
    site.asked.clear()
    script = "targets => attemptAll(targets, ['fetch', 'img', 'redirect-302'])"
    _visit(site, session["cdp_url"], script, targets)
    tried = {_after(path) for path in site.asked if path.startswith("/tried?fetch")}
    assert tried == {f"fetch {target}" for target in targets}
    assert host.seen("notations")["refusal_seq"] > len(targets)
    assert listener.hits == []


def test_no_navigation_of_the_whole_page_reaches_the_listener(
    site: Site, listener: Listener, host: RunningHost
) -> None:
    session = host.open("navigations")
    target = f"http://127.0.0.1:{listener.ports[0]}/x"
    ways = [target, *(f"{site.origin}/redirect/{code}?{target}" for code in (301, 302, 303, 307, 308))]
    ways += [f"{site.origin}/leave/{way}?{target}" for way in _LEAVE]

    said: list[str] = []

    async def go(page: Page, url: str) -> None:
        try:
            await page.goto(url)
            await page.wait_for_url(target, timeout=3000)
        except Error as error:
            said.append(str(error))

    async def run() -> None:
        async with asyncio.timeout(60), async_playwright() as playwright:
            browser = await playwright.chromium.connect_over_cdp(session["cdp_url"])
            for url in ways:
                await go(browser.contexts[0].pages[0], url)

    asyncio.run(run())
    assert all("interrupted" in error or "ERR_" in error for error in said), said
    refused = [refusal["target"] for refusal in host.seen("navigations")["refusals"]]
    assert refused.count(target) >= len(ways)
    assert listener.hits == []


def test_a_kept_connection_to_the_proxy_leads_nowhere_else(site: Site, listener: Listener, host: RunningHost) -> None:
    host.open("kept")
    proxy_port = _proxy_port(host)
    port = listener.ports[0]
    first = f"GET {site.origin}/empty HTTP/1.1\r\nHost: {site.origin[7:]}\r\nConnection: keep-alive\r\n\r\n"
    seconds = [
        f"GET http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
        f"GET {site.origin}/empty HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n",
        f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\nHost: {site.origin[7:]}\r\n\r\n",
    ]
    for second in seconds:
        with socket.create_connection(("127.0.0.1", proxy_port), timeout=5) as connection:
            connection.sendall((first + second).encode())
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.count(b"HTTP/1.1") == 1
    assert listener.hits == []


def _proxy_port(host: RunningHost) -> int:
    ports = {
        found[1] for line in host.processes() if (found := re.search(r"--proxy-server=http://127\.0\.0\.1:(\d+)", line))
    }
    return max(map(int, ports))  # any session's will do
