"""Powertools' logger, metrics and tracer, wired once for all functions. Nothing here may fail a call."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import AmazonCloudWatchEMFProvider

if TYPE_CHECKING:
    from collections.abc import Mapping

Handler = Callable[[Any, Any], Any]

NAMESPACE = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", "ToolExecutor")


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
    """Give a Lambda handler the request's id in its logs and, where tracing is on, a trace of its own."""
    logged: Handler = logger.inject_lambda_context(handler, clear_state=True)
    if not _tracing_is_on():
        return logged
    # Importing the tracer imports the X-Ray SDK, which is a third of a cold start: only where it is of use.
    from aws_lambda_powertools import Tracer  # noqa: PLC0415

    traced: Handler = Tracer(service=logger.service).capture_lambda_handler(capture_response=False)(logged)
    return traced


def count(tool_name: str, counts: Mapping[str, float], milliseconds: Mapping[str, float]) -> None:
    """Write metrics of one tool by the embedded metric format; dimensions are tool and stage."""
    try:
        metrics = AmazonCloudWatchEMFProvider(namespace=NAMESPACE)
        metrics.add_dimension("tool", tool_name)
        metrics.add_dimension("stage", os.environ.get("STAGE", "dev"))
        for name, value in counts.items():
            metrics.add_metric(name, MetricUnit.Count, value)
        for name, value in milliseconds.items():
            metrics.add_metric(name, MetricUnit.Milliseconds, value)
        metrics.flush_metrics()
    except Exception:  # a call that went well must not fail because its metric did
        logger.exception("metrics could not be written", extra={"tool": tool_name})


def _tracing_is_on() -> bool:
    disabled = os.environ.get("POWERTOOLS_TRACE_DISABLED", "").lower() in {"1", "true"}
    return not disabled and "AWS_LAMBDA_FUNCTION_NAME" in os.environ
