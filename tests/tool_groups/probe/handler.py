"""Tools that behave as a test or a benchmark asks them to."""

from __future__ import annotations

import datetime as dt
import gc
import os
import signal
import time
import uuid
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lambdas.runtime import telemetry
from lambdas.runtime.current_attempt import current_attempt
from lambdas.runtime.tool_group import ToolGroup
from tool_contract.attempt import AttemptContext
from tool_contract.errors import NotFound, RateLimited, Refused, Unavailable
from tool_contract.retry import RetryPolicy

tools = ToolGroup("probe")

Seconds = Annotated[float, Field(ge=0, le=60, description="Seconds.")]
Count = Annotated[int, Field(ge=0, le=10_000_000)]


class Echo(BaseModel):
    """What came in."""

    model_config = ConfigDict(frozen=True)

    text: str
    attempt: int


@tools.tool(read_only=True, timeout_seconds=10)
def noop() -> None:
    """Do nothing."""


@tools.tool(read_only=True, timeout_seconds=20)
def echo(text: str = "", seconds: Seconds = 0) -> Echo:
    """Wait, then say what was said."""
    time.sleep(seconds)
    return Echo(text=text, attempt=current_attempt().attempt)


@tools.tool(read_only=True, timeout_seconds=10)
def flaky(failures: Count, retry_after_seconds: Seconds | None = None) -> Echo:
    """Be unavailable for a number of attempts, then answer."""
    attempt = current_attempt().attempt
    if attempt > failures:
        return Echo(text="at last", attempt=attempt)
    message = f"Attempt {attempt} of this tool never works."
    if retry_after_seconds is not None:
        raise RateLimited(message, retry_after_seconds=retry_after_seconds)
    raise Unavailable(message)


@tools.tool(read_only=True, timeout_seconds=20)
def straggle(seconds: Seconds = 0, usual_seconds: Seconds = 0.02) -> Echo:
    """Take so long in the first attempt, and the usual time in any other."""
    attempt = current_attempt().attempt
    time.sleep(seconds if attempt == 1 else usual_seconds)
    return Echo(text="there", attempt=attempt)


@tools.tool(read_only=True)
def missing(name: str) -> Echo:
    """Look for what is not there."""
    message = f"There is no {name!r}."
    raise NotFound(message, pointer="/name", hint="Try another name.")


@tools.tool(read_only=True, timeout_seconds=1)
def hang() -> None:
    """Never end."""
    time.sleep(600)


@tools.tool(timeout_seconds=1)
def hang_unsafely() -> None:
    """Never end, and perhaps change something."""
    time.sleep(600)


@tools.tool(idempotent=True)
def crash() -> None:
    """End the process without a word."""
    os._exit(3)


@tools.tool()
def crash_unsafely() -> None:
    """End the process without a word, and perhaps change something."""
    os._exit(3)


@tools.tool(read_only=True)
def raise_error() -> None:
    """Fail with an exception that nobody planned."""
    message = "this tool has a bug"
    raise KeyError(message)


@tools.tool(read_only=True)
def large(size: Count) -> str:
    """Answer with a text of so many characters."""
    return "x" * size


@tools.tool(read_only=True)
def nan() -> float:
    """Answer with a number that JSON cannot hold."""
    return float("nan")


@tools.tool()
def draw(name: str) -> str:
    """Draw a lot: every run answers otherwise."""
    return f"{name} {uuid.uuid4()}"


@tools.tool(read_only=True, cache_ttl_seconds=300, timeout_seconds=10)
def draw_rarely(name: str, seconds: Seconds = 0) -> str:
    """Draw a lot that stands for a while."""
    time.sleep(seconds)
    return f"{name} {uuid.uuid4()}"


@tools.tool()
def typed(
    code: Annotated[str, Field(pattern="^[A-Z]{2}[0-9]{3}$")],
    day: dt.date | None = None,
    amount: Annotated[int, Field(ge=1, le=100)] = 1,
    share: Annotated[float, Field(ge=0, le=1)] = 0,
    tags: list[str] | None = None,
) -> str:
    """Take an input of every type."""
    return f"{code} {day} {amount} {share} {tags}"


@tools.tool(read_only=True)
def test_simple_text() -> str:
    """Answer as the conformance suite of MCP expects a tool of this name to."""
    return "This is a simple text response for testing."


@tools.tool(read_only=True)
def test_error_handling() -> str:
    """Fail as the conformance suite of MCP expects a tool of this name to."""
    message = "This tool intentionally returns an error for testing."
    raise Refused(message)


@tools.tool(read_only=True, max_retries=1, retry=RetryPolicy(initial_delay_seconds=1, jitter=0))
def test_tool_with_progress() -> Echo:
    """Take a second attempt, so that there is progress for the conformance suite of MCP to see."""
    attempt = current_attempt().attempt
    if attempt == 1:
        message = "Not yet."
        raise Unavailable(message)
    return Echo(text="done", attempt=attempt)


class Traces(BaseModel):
    """What a process still holds of calls: their ids, wherever their contexts are; keys of log lines; alarms."""

    model_config = ConfigDict(frozen=True)

    pid: int
    call_ids: list[str]
    log_keys: list[str]
    alarm_seconds: float


@tools.tool(read_only=True, timeout_seconds=5)
def leave_traces(how: str) -> Traces:
    """Do what a tool may do, and end in one of the ways in which tools end."""
    telemetry.logger.append_keys(left_behind=how)
    if how == "raise":
        message = "this tool has a bug"
        raise KeyError(message)
    if how == "hang":
        time.sleep(600)
    return find_traces()


@tools.tool(read_only=True, timeout_seconds=5)
def find_traces() -> Traces:
    """Look for what calls before this one have left in the process."""
    gc.collect()
    contexts = [found for found in gc.get_objects() if type(found) is AttemptContext]
    return Traces(
        pid=os.getpid(),
        call_ids=sorted({context.call_id or "" for context in contexts} - {""}),
        log_keys=sorted(telemetry.logger.get_current_keys()),
        alarm_seconds=signal.getitimer(signal.ITIMER_REAL)[1],
    )


lambda_handler = tools.lambda_handler
