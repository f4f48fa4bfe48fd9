"""Traces, by Powertools' tracer. This is the one place that knows which tracer: see docs/adr/0014.

Annotations are what traces can be searched by. Their names are OpenTelemetry's where it has one, a dot written as an
underscore because X-Ray takes no dots: ``gen_ai_tool_name`` is ``gen_ai.tool.name``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from aws_lambda_powertools import Tracer

Handler = Callable[[Any, Any], Any]

#: The keys of logs, as OpenTelemetry calls them.
_SEMANTIC_NAMES: Final = {"tool": "gen_ai_tool_name", "call_id": "gen_ai_tool_call_id", "error_code": "error_type"}


class _Process:
    """The process's tracer; None where tracing is off."""

    tracer: Tracer | None = None


def traced(handler: Handler, service: str) -> Handler:
    """Give a Lambda handler a part of the trace of its own, where tracing is on."""
    if not _is_on():
        return handler
    # Importing the tracer imports the X-Ray SDK, which is a third of a cold start: only where it is of use.
    from aws_lambda_powertools import Tracer  # noqa: PLC0415

    _Process.tracer = Tracer(service=service)
    within: Handler = _Process.tracer.capture_lambda_handler(capture_response=False, capture_error=False)(handler)
    return within


def annotate(keys: Mapping[str, str | int]) -> None:
    """Write what the trace's current part can be found by; nothing where there is no trace."""
    if _Process.tracer is None:
        return
    for key, value in keys.items():
        # X-Ray's own types know no int.
        _Process.tracer.put_annotation(_SEMANTIC_NAMES.get(key, key), cast("str", value))
    if "tool" in keys:
        _Process.tracer.put_annotation("gen_ai_operation_name", "execute_tool")


def trace_id() -> str | None:
    """Return the id of the trace that the invocation belongs to, as X-Ray writes it: ``1-5759e988-bd86…``."""
    header = os.environ.get("_X_AMZN_TRACE_ID", "")
    parts = dict(part.strip().split("=", 1) for part in header.split(";") if "=" in part)
    return parts.get("Root")


def _is_on() -> bool:
    disabled = os.environ.get("POWERTOOLS_TRACE_DISABLED", "").lower() in {"1", "true"}
    return not disabled and "AWS_LAMBDA_FUNCTION_NAME" in os.environ
