"""One invocation of a function and what Lambda answers to it, in Lambda's own words."""

from __future__ import annotations

import json
import signal
import threading
import time
import uuid
from dataclasses import dataclass, field

PAYLOAD_LIMIT_BYTES = 6 * 1024 * 1024
"""Lambda's limit for a synchronous request and for its response."""

_RESPONSE_LIMIT_IN_LAMBDAS_MESSAGE = 6_291_556


class Throttled(Exception):
    """The function's reserved concurrency is used up: nothing ran (Lambda's 429)."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Invoke returns. `function_error` is None or Lambda's `Unhandled`."""

    payload: bytes
    function_error: str | None = None
    log_tail: bytes = b""

    @classmethod
    def failure(cls, error_type: str, message: str) -> Answer:
        """The payload that Lambda itself writes when the runtime could not answer."""
        return cls(json.dumps({"errorType": error_type, "errorMessage": message}).encode(), "Unhandled")


@dataclass(slots=True, eq=False)
class Invocation:
    """A request on its way through a pool. The clock starts when a worker takes it, as Lambda's does."""

    payload: bytes
    function_arn: str
    timeout_seconds: float
    client_context: str | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    deadline_ms: int = 0
    taken: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None

    def start_clock(self) -> None:
        """Set the deadline that the runtime sees; called by the worker that takes the invocation."""
        self.deadline_ms = int((time.time() + self.timeout_seconds) * 1000)
        self.taken.set()

    def resolve(self, answer: Answer) -> bool:
        """Keep the first answer given; a later one (a process that dies after answering) is dropped."""
        if self.answer is not None:
            return False
        self.answer = answer
        self.taken.set()
        self.done.set()
        return True


def timed_out(invocation: Invocation) -> Answer:
    """Lambda's answer for a function killed at its configured timeout."""
    text = f"RequestId: {invocation.request_id} Error: Task timed out after {invocation.timeout_seconds:.2f} seconds"
    return Answer.failure("Sandbox.Timedout", text)


def process_ended(invocation: Invocation, exit_code: int) -> Answer:
    """Lambda's answer for a runtime that ended without an answer."""
    if exit_code == 0:
        return Answer.failure(
            "Runtime.ExitError", f"RequestId: {invocation.request_id} Error: Runtime exited without providing a reason"
        )
    reason = f"signal: {_signal_name(-exit_code)}" if exit_code < 0 else f"exit status {exit_code}"
    return Answer.failure(
        "Runtime.ExitError", f"RequestId: {invocation.request_id} Error: Runtime exited with error: {reason}"
    )


def response_too_large() -> Answer:
    """Lambda's answer for a response over 6 MB."""
    return Answer.failure(
        "Function.ResponseSizeTooLarge",
        f"Response payload size exceeded maximum allowed payload size ({_RESPONSE_LIMIT_IN_LAMBDAS_MESSAGE} bytes).",
    )


_SIGNAL_WORDS = {signal.SIGKILL: "killed", signal.SIGSEGV: "segmentation fault", signal.SIGABRT: "aborted"}


def _signal_name(number: int) -> str:
    try:
        known = signal.Signals(number)
    except ValueError:
        return str(number)
    return _SIGNAL_WORDS.get(known, known.name)
