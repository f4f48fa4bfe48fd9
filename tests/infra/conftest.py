"""One synth per stage and target for the whole run, its workers included."""

from __future__ import annotations

import fcntl
import json
import os
from typing import TYPE_CHECKING

import pytest

from infra.browser_settings import BrowserSettings
from tests.infra.assembly import Assembly, synthesize
from tests.infra.changed_settings import synthesize_changed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IN_VPC = BrowserSettings(
    network_mode="VPC",
    subnet_ids=("subnet-0a1b2c3d", "subnet-4e5f6a7b"),
    security_group_ids=("sg-0a1b2c3d",),
    managed_policy="s3://policies/browser/managed.json",
)
ON_CDP = BrowserSettings(
    provider="cdp",
    cdp_url="wss://browsers.example/{session}",
    allowed_origins=("https://shop.example",),
    session_seconds=60,
)

CALLERS = {
    "callers": {
        "report": {"allowed_tools": ["forecast_*"], "max_calls_per_minute": 60},
        "shop": {"max_open_calls": 20, "entrance": True},
    },
    "share_cache": True,
}


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str, Callable[[Path], Assembly]], Assembly]:
    """Run a named synth of a stage, unless it has been run."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base

    def synth(name: str, stage: str, run: Callable[[Path], Assembly]) -> Assembly:
        folder = shared / f"cdk.out-{name}"
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.is_dir():
                run(tmp_path_factory.mktemp("synth") / "cdk.out").folder.rename(folder)
        return Assembly(folder, stage)

    return synth


@pytest.fixture(scope="session")
def synthesized(once: Callable[..., Assembly]) -> Callable[[str, str], Assembly]:
    """Synthesize a stage for a target, once."""

    def synth(stage: str, target: str) -> Assembly:
        return once(f"{stage}-{target}", stage, lambda fresh: synthesize(fresh, stage=stage, target=target))

    return synth


@pytest.fixture(scope="session")
def without_browser(once: Callable[..., Assembly]) -> Assembly:
    """Synthesize a stage that has no browser tools."""
    return once("without-browser", "dev", lambda fresh: synthesize_changed(fresh, without=("browser",)))


@pytest.fixture(scope="session")
def in_vpc(once: Callable[..., Assembly]) -> Assembly:
    """Synthesize a stage whose browsers run in a VPC."""
    return once("in-vpc", "dev", lambda fresh: synthesize_changed(fresh, browser=IN_VPC))


@pytest.fixture(scope="session")
def on_cdp(once: Callable[..., Assembly]) -> Assembly:
    """Synthesize a stage whose browsers are somebody else's."""
    return once("on-cdp", "dev", lambda fresh: synthesize_changed(fresh, browser=ON_CDP))


@pytest.fixture(scope="session")
def limited(once: Callable[..., Assembly], tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    """Synthesize a stage that has policies."""

    def run(fresh: Path) -> Assembly:
        file = tmp_path_factory.mktemp("callers") / "callers.json"
        file.write_text(json.dumps(CALLERS), "utf-8")
        return synthesize(fresh, stage="dev", target="local", callers=str(file))

    return once("with-callers", "dev", run)


@pytest.fixture(scope="session", params=["dev", "prod"])
def assembly(request: pytest.FixtureRequest, synthesized: Callable[[str, str], Assembly]) -> Assembly:
    """Synthesize each stage for the local target."""
    return synthesized(request.param, "local")


@pytest.fixture(scope="session")
def dev(synthesized: Callable[[str, str], Assembly]) -> Assembly:
    """Synthesize the stage dev for the local target."""
    return synthesized("dev", "local")


@pytest.fixture(scope="session")
def prod(synthesized: Callable[[str, str], Assembly]) -> Assembly:
    """Synthesize the stage prod for the local target."""
    return synthesized("prod", "local")
