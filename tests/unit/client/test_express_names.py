"""Names of Express executions are not unique: another of the name is neither taken for one's own nor ended."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.unit.client.express_service import (
    CALL,
    OPEN,
    REQUEST,
    Service,
    cancelled,
    raising,
    ran,
    records_of_the_service,
    waiting,
)
from tool_executor import ExecutionIdTakenError
from tool_executor.own_records import are_of

ANOTHERS = [
    pytest.param([{**OPEN, "route": "workflow"}, CALL], id="of the Standard machine"),
    pytest.param([{**OPEN, "calls": 2}], id="more calls"),
    pytest.param([OPEN, {**CALL, "tool_name": "echo"}], id="another tool"),
    pytest.param([OPEN, {**CALL, "input": '{"text":"b"}'}], id="another input"),
]


@pytest.fixture(autouse=True)
def _records_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    records_of_the_service(monkeypatch)


@pytest.mark.parametrize("records", ANOTHERS)
def test_a_lost_answer_is_not_answered_by_anothers_records(records: list[dict[str, Any]]) -> None:
    service = Service(raising(ReadTimeoutError(endpoint_url="x")), records)

    with pytest.raises(ExecutionIdTakenError) as taken:
        ran(service)

    assert taken.value.nothing_ran


@pytest.mark.parametrize("records", ANOTHERS)
def test_a_cancelled_wait_does_not_end_another(records: list[dict[str, Any]]) -> None:
    release = threading.Event()
    service = Service(waiting(release), records)

    asyncio.run(cancelled(service))
    release.set()

    assert service.finisher == []


@pytest.mark.parametrize("records", ANOTHERS)
def test_a_wait_that_ends_first_does_not_tell_of_another(records: list[dict[str, Any]]) -> None:
    release = threading.Event()
    service = Service(waiting(release), records)

    with pytest.raises(ExecutionIdTakenError):
        asyncio.run(service.route().envelopes(REQUEST, "e", 0.01))
    release.set()


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([OPEN], id="not all is written yet"),
        pytest.param([OPEN, CALL], id="the input lies in S3"),
        pytest.param([OPEN, {**CALL, "input": "{}"}], id="all is as it was sent"),
        pytest.param([OPEN, {**CALL, "tool_name": "echo", "tool_day": "noop#2026-11-20#0"}], id="a fallback was tried"),
    ],
)
def test_records_that_say_what_was_sent_are_ones_own(records: list[Any]) -> None:
    assert are_of(records, REQUEST)
