"""What is told about a call, to logs and metrics, may fail as it likes: the call does not."""

from __future__ import annotations

import io
import logging
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from lambdas.runtime import metrics, telemetry
from tests.unit.runtime.sample_tools import group
from tool_contract.metrics import Metric

if TYPE_CHECKING:
    from collections.abc import Iterator


class Broken(io.StringIO):
    """A stream whose reader is gone."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def closed() -> io.StringIO:
    stream = io.StringIO()
    stream.close()
    return stream


@pytest.fixture(params=[closed, Broken])
def stream(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """The process's output, of which nothing can be written any more."""
    broken: io.StringIO = request.param()
    monkeypatch.setattr(sys, "stdout", broken)
    monkeypatch.setattr(sys, "stderr", broken)
    handlers = [
        handler
        for handler in logging.getLogger(telemetry.logger.service).handlers
        if isinstance(handler, logging.StreamHandler)
    ]
    assert handlers
    for handler in handlers:
        monkeypatch.setattr(handler, "stream", broken)
    yield broken
    monkeypatch.undo()


@pytest.mark.usefixtures("stream")
def test_metrics_that_cannot_be_written_cost_no_call_its_result() -> None:
    context = SimpleNamespace(
        aws_request_id="request-1",
        function_name="samples",
        function_version="1",
        memory_limit_in_mb=128,
        invoked_function_arn="arn:aws:lambda:eu-west-1:1:function:samples",
    )

    answered = group.lambda_handler({"tool_name": "reads", "input": {"text": "a"}}, context)
    failed = group.lambda_handler({"tool_name": "fails", "input": {"how": "bug"}}, context)

    assert (answered["success"], answered["result"]["text"]) == (True, "a")
    assert (failed["success"], failed["error_code"]) == (False, "ToolFailed")


def test_metrics_that_cannot_be_made_are_told_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(telemetry.logger, "exception", lambda message, **_more: told.append(message))
    monkeypatch.setattr(metrics._provider(), "namespace", None)

    metrics.emit({Metric.CALLS: [1]}, tool="a tool")

    assert told == ["metrics could not be written"]
