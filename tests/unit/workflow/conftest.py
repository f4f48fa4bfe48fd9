from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.conftest import aws, execution_id
from tests.unit.workflow.engines import Engines
from tests.unit.workflow.iteration import Iteration

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["aws", "engines", "execution_id", "iteration"]


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """One node process for the whole run."""
    with Engines() as both:
        yield both


@pytest.fixture
def iteration(engines: Engines) -> Iteration:
    return Iteration(engines)
