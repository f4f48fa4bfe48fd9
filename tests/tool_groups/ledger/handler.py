"""Tools whose effects can be counted from outside: each run appends a line to a file."""

from __future__ import annotations

import os
import time
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from lambdas.runtime.current_attempt import current_attempt
from lambdas.runtime.telemetry import logger
from lambdas.runtime.tool_group import ToolGroup
from tool_contract.errors import InvalidInput, Unavailable
from tool_contract.secret import SecretRef  # noqa: TC001 - the tools' schemas are made from it

tools = ToolGroup("ledger")


class Trouble(StrEnum):
    """What goes wrong, in the attempts up to `troubled_attempts`."""

    NONE = "none"
    UNAVAILABLE = "unavailable"
    REFUSES_INPUT = "refuses_input"
    DIES_BEFORE = "dies_before"
    DIES_AFTER = "dies_after"
    UNAVAILABLE_AFTER_DEATH = "unavailable_after_death"


class Line(BaseModel):
    """What is to be written, and how the writing goes."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    file: str
    text: str
    trouble: Annotated[Trouble, Field(strict=False)] = Trouble.NONE
    troubled_attempts: int = 1000
    seconds: Annotated[float, Field(ge=0, le=60, description="Between the effect and the answer.")] = 0
    until_file: Annotated[str, Field(description="After the effect, wait for this file, a minute at most.")] = ""
    answer_size: int = 0
    answers_nan: bool = False
    note: Annotated[str, Field(description="Of no use but its size.")] = ""


class Written(BaseModel):
    """What was written, and padding."""

    model_config = ConfigDict(frozen=True)

    text: str
    attempt: int
    padding: str
    number: float
    said: str = ""


@tools.tool(read_only=True, timeout_seconds=10)
def look(line: Line, password: SecretRef | None = None) -> Written:
    """Change nothing; the line in the file only tells the test that the tool ran."""
    return _act(line, password)


@tools.tool(read_only=True, cache_ttl_seconds=300, timeout_seconds=10)
def look_rarely(line: Line) -> Written:
    """Change nothing; what it says stands for a while."""
    return _act(line)


@tools.tool(read_only=True, timeout_seconds=10)
def look_often(line: Line, password: SecretRef | None = None) -> Written:
    """Change nothing; for crowds of calls, which use up the retry budget of no other tool."""
    return _act(line, password)


@tools.tool(read_only=True, timeout_seconds=10)
def look_guarded(line: Line, password: SecretRef | None = None) -> Written:
    """Change nothing; the one tool whose circuit breaker no test holds closed."""
    return _act(line, password)


@tools.tool(idempotent=True, timeout_seconds=10)
def put_line(line: Line, password: SecretRef | None = None) -> Written:
    """Write a line that may as well stand there twice."""
    return _act(line, password)


@tools.tool(timeout_seconds=10)
def add_line(line: Line, password: SecretRef | None = None) -> Written:
    """Write a line that must not stand there twice."""
    return _act(line, password)


def _act(line: Line, password: SecretRef | None = None) -> Written:
    attempt = current_attempt().attempt
    said = _given_away(password)
    trouble = line.trouble if attempt <= line.troubled_attempts else Trouble.NONE
    if trouble is Trouble.REFUSES_INPUT:
        message = "This text is not to be written."
        raise InvalidInput(message, pointer="/line/text")
    if trouble is Trouble.UNAVAILABLE or (trouble is Trouble.UNAVAILABLE_AFTER_DEATH and attempt > 1):
        message = f"Attempt {attempt} of this tool never works.{said}"
        raise Unavailable(message)
    if trouble is Trouble.DIES_BEFORE:
        os._exit(3)
    _append(line.file, f"{line.text}\n")
    time.sleep(line.seconds)
    if line.until_file:
        _wait_for(line.until_file)
    if trouble in {Trouble.DIES_AFTER, Trouble.UNAVAILABLE_AFTER_DEATH}:
        os._exit(3)
    return Written(
        text=line.text,
        attempt=attempt,
        padding="x" * line.answer_size,
        number=float("nan") if line.answers_nan else 0.0,
        said=said,
    )


def _given_away(password: SecretRef | None) -> str:
    """Return a sentence with the password in it, having logged and printed it: none of this may reach anybody."""
    if password is None:
        return ""
    said = f" The password is {password.reveal()}."
    logger.warning("given away", extra={"said": said})
    print(said)  # noqa: T201 - what a tool prints is in its log
    return said


def _wait_for(file: str) -> None:
    end = time.monotonic() + 60
    while not os.path.exists(file) and time.monotonic() < end:  # noqa: PTH110 - as cheap as it can be
        time.sleep(0.02)


def _append(file: str, text: str) -> None:
    ledger = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(ledger, text.encode())
    finally:
        os.close(ledger)


lambda_handler = tools.lambda_handler
