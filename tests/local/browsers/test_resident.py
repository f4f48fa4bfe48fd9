"""What the host's own client does in a browser, while others come and go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Error, Page, async_playwright

from browser_policy import OriginRules
from tests.local.browsers.running_host import RunningHost, eventually
from tests.local.browsers.site import Site, served


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with served() as running:
        running.page("/", "<title>Start</title><button onclick='open(\"/popup\")'>more</button>")
        running.page("/popup", "popup")
        running.page("/alert", "<script>alert('Hello '.repeat(200)); document.title = 'after'</script>")
        running.page("/leave", "<script>onbeforeunload = event => { event.preventDefault(); return '' }</script>stay")
        running.page("/many", "<button onclick='for (let i = 0; i < 3; i++) open(\"/popup?\" + i)'>more</button>")
        running.answers["/file"] = (200, {"Content-Disposition": "attachment; filename=a.bin"}, b"x" * 100_000)
        running.answers["/sw.js"] = (200, {"Content-Type": "text/javascript"}, b"onfetch = () => {}")
        yield running


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, site: Site) -> Iterator[RunningHost]:
    with RunningHost(tmp_path_factory.mktemp("h"), OriginRules.parse(private=[site.origin])) as running:
        yield running


@pytest.fixture
def session(host: RunningHost, request: pytest.FixtureRequest) -> Iterator[Callable[[], dict[str, Any]]]:
    key = request.node.name.replace("/", "-")
    host.open(key)
    yield lambda: host.seen(key)
    host.call("DELETE", f"/sessions/{key}")


@asynccontextmanager
async def connected(cdp_url: str) -> AsyncIterator[tuple[Browser, Page]]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.connect_over_cdp(cdp_url)
        yield browser, browser.contexts[0].pages[0]


def with_page(cdp_url: str, work: Callable[[Page], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with asyncio.timeout(30), connected(cdp_url) as (_, page):
            return await work(page)

    return asyncio.run(run())


def test_an_alert_between_two_clients_does_not_wedge_the_page(
    session: Callable[[], dict[str, Any]], site: Site
) -> None:
    cdp_url = session()["cdp_url"]

    async def plan(page: Page) -> None:
        await page.goto(f"{site.origin}/")
        await page.evaluate("setTimeout(() => { alert('nobody is here'); document.title = 'after' }, 300)")

    with_page(cdp_url, plan)
    eventually(lambda: session()["dialogs"])
    assert with_page(cdp_url, lambda page: page.title()) == "after"
    assert session()["dialogs"] == [{"type": "alert", "message": "nobody is here", "url": f"{site.origin}/"}]


def test_dialogs_are_dismissed_while_a_client_is_there_and_kept_short(
    session: Callable[[], dict[str, Any]], site: Site
) -> None:
    async def alerts(page: Page) -> str:
        await page.goto(f"{site.origin}/alert")
        assert await page.evaluate("confirm('Sure?')") is False
        assert await page.evaluate("prompt('Name?', 'me')") is None
        return await page.title()

    assert with_page(session()["cdp_url"], alerts) == "after"
    dialogs = session()["dialogs"]
    assert [dialog["type"] for dialog in dialogs] == ["alert", "confirm", "prompt"]
    assert len(dialogs[0]["message"]) == 500


def test_a_page_cannot_keep_its_visitor(session: Callable[[], dict[str, Any]], site: Site) -> None:
    async def leave(page: Page) -> str:
        await page.goto(f"{site.origin}/leave")
        await page.click("body")  # without a gesture there would be no question
        await page.goto(f"{site.origin}/")
        return await page.title()

    assert with_page(session()["cdp_url"], leave) == "Start"


def test_popups_are_bounded_and_the_newest_stays(session: Callable[[], dict[str, Any]], site: Site) -> None:
    async def storm(page: Page) -> list[str]:
        await page.goto(f"{site.origin}/many")
        await page.evaluate("window.mark = 1")
        for number in range(14):
            async with page.context.expect_page():
                await page.evaluate(f"void window.open('/popup?{number}')")
            await page.bring_to_front()
        await asyncio.sleep(0.5)
        assert await page.evaluate("window.mark") == 1
        return [each.url for each in page.context.pages]

    urls = with_page(session()["cdp_url"], storm)
    assert len(urls) == 10
    assert urls[-1].endswith("/popup?13")
    assert session()["pages"] == 10


def test_a_crashed_page_is_noticed_and_replaced(session: Callable[[], dict[str, Any]], site: Site) -> None:
    cdp_url = session()["cdp_url"]

    async def crash(page: Page) -> None:
        await page.goto(f"{site.origin}/")
        client = await page.context.new_cdp_session(page)
        with pytest.raises((Error, TimeoutError)):
            await asyncio.wait_for(client.send("Page.crash"), 2)

    with_page(cdp_url, crash)
    eventually(lambda: session()["crashes"] == 1)
    eventually(lambda: session()["pages"] == 1)
    seen = session()
    assert (seen["state"], seen["crashes"]) == ("open", 1)
    assert seen["crashed_at"] > 0

    async def goes_on(page: Page) -> str:
        await page.goto(f"{site.origin}/")
        return await page.title()

    assert with_page(cdp_url, goes_on) == "Start"


_DOWNLOADS = {
    "a page that goes to it": "void (location.href = '/file')",
    "a link": "Object.assign(document.createElement('a'), {href: '/file', download: 'a.bin'}).click()",
    "a blob": "Object.assign(document.createElement('a'), {href: URL.createObjectURL(new Blob(['x'.repeat(100000)])), "
    "download: 'a.bin'}).click()",
}


@pytest.mark.parametrize("way", _DOWNLOADS)
def test_a_download_is_denied(way: str, host: RunningHost, site: Site) -> None:
    async def download(page: Page) -> str | None:
        await page.goto(f"{site.origin}/")
        async with page.expect_download() as coming:
            await page.evaluate(_DOWNLOADS[way])
        return await (await coming.value).failure()

    key = f"download-{list(_DOWNLOADS).index(way)}"
    assert with_page(host.open(key)["cdp_url"], download)
    host.call("DELETE", f"/sessions/{key}")


def test_a_download_is_denied_while_no_client_is_there(
    host: RunningHost, session: Callable[[], dict[str, Any]], site: Site
) -> None:
    async def plan(page: Page) -> None:
        await page.goto(f"{site.origin}/")
        await page.evaluate("void setTimeout(() => location.href = '/file', 300)")

    seen = session()
    asked = site.asked.count("/file")
    with_page(seen["cdp_url"], plan)
    eventually(lambda: site.asked.count("/file") > asked)
    folder = host.folder / "sessions" / seen["session_id"]
    assert not [file for file in folder.rglob("*") if file.name in {"a.bin", "a.bin.crdownload"}]


def test_service_workers_are_refused(session: Callable[[], dict[str, Any]], site: Site) -> None:
    async def register(page: Page) -> Any:
        await page.goto(f"{site.origin}/")
        return await page.evaluate("navigator.serviceWorker.register('/sw.js').then(() => 'registered', e => e.name)")

    assert with_page(session()["cdp_url"], register) == "SecurityError"


def test_typed_text_and_memory_outlive_a_client(session: Callable[[], dict[str, Any]], site: Site) -> None:
    cdp_url = session()["cdp_url"]

    async def remember(page: Page) -> None:
        await page.goto(f"{site.origin}/")
        await page.evaluate("window.memory = 42; sessionStorage.kept = 'yes'; document.cookie = 'a=1'")

    with_page(cdp_url, remember)
    assert with_page(cdp_url, lambda page: page.evaluate("[memory, sessionStorage.kept, document.cookie]")) == [
        42,
        "yes",
        "a=1",
    ]


@pytest.mark.parametrize("url", ["file:///etc/hostname", "chrome://version", "view-source:file:///etc/hostname"])
def test_what_lies_on_this_machine_is_not_shown(host: RunningHost, url: str) -> None:
    async def go(page: Page) -> None:
        with pytest.raises(Error, match="ERR_"):
            await page.goto(url)

    with_page(host.open("schemes")["cdp_url"], go)


def test_the_last_page_may_be_closed(session: Callable[[], dict[str, Any]]) -> None:
    with_page(session()["cdp_url"], lambda page: page.close())
    eventually(lambda: session()["pages"] == 1)  # another one was opened
    assert session()["state"] == "open"
