"""A local cloud whose browsers may visit the tests' own site and the shipped one; on AWS there is none of them.

All tests here share it, so they run in one worker, one after another.
"""

from __future__ import annotations

import json
import sys
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.browser_tools import miniwob_site
from tests.local.browser_tools.pages import TestSite
from tests.local.conftest import ROOT, Deployed, clean_environment, serving
from tool_executor import ToolExecutor
from tool_executor.aws import Aws
from tool_executor.browser_sessions import BrowserSessions
from tool_executor.deployment import find_deployment

sys.path.append(str(ROOT / "examples"))
import small_site

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Browsing:
    """The cloud, the sites, and short ways to use the tools."""

    deployed: Deployed
    site: TestSite
    shop: small_site.SmallSite
    miniwob: str

    @property
    def sessions(self) -> BrowserSessions:
        return BrowserSessions(self.deployed.aws, self.deployed.deployment)

    def executor(self, route: str = "state_machine") -> ToolExecutor:
        return ToolExecutor(aws=self.deployed.aws, deployment=self.deployed.deployment, route=route)

    def use(self, tool_name: str, tool_input: dict[str, Any], *, session: str | None) -> dict[str, Any]:
        """Invoke a tool's function by itself and return its envelope; calls of one ``session`` share a browser."""
        event = {"tool_name": tool_name, "input": tool_input, "context": {"session": session}}
        answer = self.deployed.aws.functions.invoke(
            FunctionName=self.deployed.deployment.functions["browser"], Payload=json.dumps(event).encode()
        )
        assert "FunctionError" not in answer, answer["Payload"].read()
        envelope: dict[str, Any] = json.loads(answer["Payload"].read())
        return envelope


@dataclass(frozen=True)
class Session:
    """A named session, for as long as a test runs."""

    browsing: Browsing
    name: str

    def use(self, tool_name: str, **tool_input: Any) -> dict[str, Any]:
        return self.browsing.use(tool_name, tool_input, session=self.name)

    def open(self, path: str) -> dict[str, Any]:
        return self.result("navigate", url=f"{self.browsing.site.origin}{path}")

    def result(self, tool_name: str, **tool_input: Any) -> dict[str, Any]:
        envelope = self.use(tool_name, **tool_input)
        assert envelope["success"], envelope
        result: dict[str, Any] = envelope["result"]
        return result

    def failure(self, tool_name: str, **tool_input: Any) -> dict[str, Any]:
        envelope = self.use(tool_name, **tool_input)
        assert not envelope["success"], envelope
        return envelope

    def text(self, selector: str) -> str:
        return str(self.result("get_text", selector=selector)["untrusted_content"]["text"])


def elements(state: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the elements of a page's state by their selectors."""
    return {element["selector"]: element for element in state["untrusted_content"]["elements"]}


@pytest.fixture(scope="session")
def browsing() -> Iterator[Browsing]:
    with TestSite.serving() as site, small_site.serving() as shop, miniwob_site.serving() as miniwob:
        origins = (f"--private-origin={origin}" for origin in (site.origin, shop.origin, miniwob))
        with serving("--no-sample-data", *origins) as ready:
            aws = Aws(ready["region"], ready["endpoint_url"])
            deployed = Deployed(aws, find_deployment(aws, "dev"), clean_environment(ready), server_pid=ready["pid"])
            yield Browsing(deployed, site, shop, miniwob)


@pytest.fixture(scope="module")
def session(browsing: Browsing) -> Iterator[Session]:
    """A session for tests that begin by opening a page and leave nothing behind that the next one would see."""
    with _named(browsing) as opened:
        yield opened


@pytest.fixture
def own_session(browsing: Browsing) -> Iterator[Session]:
    with _named(browsing) as opened:
        yield opened


@contextmanager
def _named(browsing: Browsing) -> Iterator[Session]:
    name = uuid.uuid4().hex
    yield Session(browsing, name)
    browsing.sessions.close([f"named/{name}"])


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups, whichever of the two was loaded first
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of this cloud in one worker: every further one would start a cloud of its own."""
    for item in items:
        if "browsing" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("browsing"))
