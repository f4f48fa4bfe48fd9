"""The snippets of the two texts name no endpoint: the environment does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tool_executor import ToolExecutor

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.local.conftest import Deployed


@pytest.fixture(autouse=True)
def _environment(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """Export what `tool-executor local up` prints."""
    for name, value in deployed.environment.items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)


@pytest.fixture
def executor() -> Iterator[ToolExecutor]:
    with ToolExecutor(region="us-east-1", max_workers=10) as executor:
        yield executor
