from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.inventory_tables.tables import Tables, mocked_dynamodb, new_tables

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[Any]:
    with mocked_dynamodb() as client:
        yield client


@pytest.fixture
def tables(dynamodb: Any) -> Tables:
    return new_tables(dynamodb)
