from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.unit.runtime.aws import Aws, in_process_aws
from tests.unit.runtime.fake_clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Iterator

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with in_process_aws() as clients:
        yield clients


@pytest.fixture
def execution_id() -> str:
    """Tests of a module share its table: each has an execution of its own."""
    return f"execution-{next(_numbers)}"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()
