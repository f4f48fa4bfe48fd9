"""One synth per stage and target for the whole run, its workers included."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from tests.infra.assembly import Assembly, synthesize

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Assembly]:
    """Synthesize a stage for a target, once."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base

    def synth(stage: str, target: str) -> Assembly:
        folder = shared / f"cdk.out-{stage}-{target}"
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not folder.is_dir():
                fresh = tmp_path_factory.mktemp("synth") / "cdk.out"
                synthesize(fresh, stage=stage, target=target).folder.rename(folder)
        return Assembly(folder, stage)

    return synth


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
