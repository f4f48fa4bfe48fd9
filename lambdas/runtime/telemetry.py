"""What all functions say of themselves: Powertools' logger, wired once. Nothing here may fail a call."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from lambdas.runtime import tracing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambdas.runtime.tracing import Handler


def make_logger() -> Logger:
    """Return the function's logger, at the level that the stage's options ask for."""
    service = os.environ.get("POWERTOOLS_SERVICE_NAME", "tool-executor")
    made = Logger(service=service)
    # Not through Powertools: there the function's own log level wins, and that stays INFO, for metrics are log lines.
    logging.getLogger(service).setLevel(os.environ.get("POWERTOOLS_LOG_LEVEL", "INFO").upper())
    return made


# A stream that cannot be written to (a tool may close it) is no reason to raise, nor to write to another one.
logging.raiseExceptions = False
logger = make_logger()


def observed(handler: Handler) -> Handler:
    """Give a Lambda handler the request's id in its logs and, where tracing is on, a part of the trace of its own."""
    logged: Handler = logger.inject_lambda_context(handler, clear_state=True)
    return tracing.traced(logged, logger.service)


@contextmanager
def about(**keys: str | int | None) -> Iterator[None]:
    """Have what is logged in the body carry these keys, and let the trace be found by them; None is left out."""
    known = {key: value for key, value in keys.items() if value is not None}
    tracing.annotate(known)
    with logger.append_context_keys(**known):
        yield
