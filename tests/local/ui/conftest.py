"""The page as its command serves it, on the deployment of the behaviour tests, and a Chromium to look at it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import sync_playwright

from tests.local.conftest import ROOT, Deployed
from tool_executor.local.browsers.chromium import find_chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

AXE = ROOT / "tests" / "npm" / "node_modules" / "axe-core" / "axe.min.js"


@dataclass(frozen=True)
class Served:
    """The page's command, the link that it printed, and the deployment behind it."""

    link: str
    deployed: Deployed

    @property
    def origin(self) -> str:
        parts = urlsplit(self.link)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass
class Visit:
    """A browser's tab on the page; ``complaints`` are what the browser had to say against it."""

    page: Page
    served: Served
    complaints: list[str]

    def go(self, path: str) -> None:
        self.page.goto(self.served.origin + path)

    def run_echo(self, **fields: str) -> str:
        """Fill the form of ``echo``, run it, and return the execution's id."""
        self.go("/tools/echo")
        for name, text in fields.items():
            self.page.locator(f"[id='f/{name}']").fill(text)
        self.page.get_by_role("button", name="Run echo").click()
        self.page.wait_for_url(re.compile(r"/executions/[0-9a-f-]{36}$"))
        return self.page.url.rpartition("/")[2]

    def faults(self, *rules: str) -> list[Any]:
        """Return what axe-core calls serious or critical, by all of its rules or by some."""
        self.page.evaluate(AXE.read_text(encoding="utf-8"))
        chosen = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
        found = self.page.evaluate("async (chosen) => (await axe.run(chosen)).violations", chosen)
        return [
            (one["id"], node["target"], node["failureSummary"])
            for one in found
            if one["impact"] in {"serious", "critical"}
            for node in one["nodes"]
        ]

    def width_needed(self) -> int:
        return int(self.page.evaluate("document.documentElement.scrollWidth"))


@contextmanager
def served_page(deployed: Deployed) -> Iterator[Served]:
    """Serve the page by the command line, as a user would."""
    command = [sys.executable, "-W", "ignore", "-m", "tool_executor.cli.main", "ui", "--json", "--port", "0"]
    command += ["--stage", deployed.stage]
    with subprocess.Popen(
        command, cwd=ROOT, env=deployed.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, f"the page was not served: exit code {process.wait(10)}"
            yield Served(json.loads(line)["url"], deployed)
        finally:
            process.terminate()
            _, said = process.communicate(timeout=30)
            assert (process.returncode, said) == (0, "")


@pytest.fixture(scope="module")
def served(deployed: Deployed) -> Iterator[Served]:
    with served_page(deployed) as page:
        yield page


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Of a module, not of the session: where it is open, no other test of the process can run an event loop.
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(find_chromium()), args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def visiting(chromium: Browser, served: Served, **options: Any) -> Iterator[Visit]:
    """Open the page's link in a browser of its own."""
    context = chromium.new_context(**options)
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(served.link)
    yield Visit(page, served, complaints)
    context.close()


@pytest.fixture
def visit(chromium: Browser, served: Served) -> Iterator[Visit]:
    with visiting(chromium, served) as tab:
        yield tab
        assert tab.complaints == []
