"""Traces, as X-Ray takes them. This is the one place that knows which tracer: see docs/adr/0019.

Annotations are what traces can be searched by. Their names are OpenTelemetry's where it has one, a dot written as an
underscore because X-Ray takes no dots: ``gen_ai_tool_name`` is ``gen_ai.tool.name``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Final

from lambdas.runtime.xray import Daemon, Part, TraceHeader, new_id

if TYPE_CHECKING:
    from botocore.awsrequest import AWSResponse
    from botocore.client import BaseClient

Handler = Callable[[Any, Any], Any]

#: The keys of logs, as OpenTelemetry calls them.
_SEMANTIC_NAMES: Final = {"tool": "gen_ai_tool_name", "call_id": "gen_ai_tool_call_id", "error_code": "error_type"}
#: Which part belongs to a request of an SDK's client, in the context that the client hands from event to event.
_PART_KEY: Final = "tool_executor_part"
_ERRORS: Final = 400
_FAULTS: Final = 500


class _Process:
    """The process's daemon, None where tracing is off, and the part of the invocation that runs.

    A function answers one event at a time; threads that a tool starts belong to it.
    """

    daemon: Daemon | None = None
    current: Part | None = None
    is_cold = True


def traced(handler: Handler, service: str) -> Handler:
    """Give a Lambda handler a part of the trace of its own, where tracing is on."""
    if not _is_on():
        return handler
    daemon = _Process.daemon = Daemon()

    @wraps(handler)
    def within(event: Any, context: Any) -> Any:  # noqa: ANN401 - Lambda's own signature
        header = TraceHeader.of_invocation()
        if not (header.sampled and header.root and header.parent):
            return handler(event, context)
        part = _Process.current = Part(f"## {service}", header.root, header.parent)
        part.annotations |= {"ColdStart": _Process.is_cold, "Service": service}
        _Process.is_cold, told = False, {}
        try:
            return handler(event, context)
        except BaseException as error:
            told = _fault(error)
            raise
        finally:
            _Process.current = None
            daemon.send(part.document(told))

    return within


def annotate(keys: Mapping[str, str | int]) -> None:
    """Write what the trace's current part can be found by; nothing where there is no trace."""
    part = _Process.current
    if part is None:
        return
    for key, value in keys.items():
        part.annotations[_SEMANTIC_NAMES.get(key, key)] = value
    if "tool" in keys:
        part.annotations["gen_ai_operation_name"] = "execute_tool"


def watch(client: BaseClient) -> None:
    """Give each request of an SDK's client a part of the trace, where tracing is on: which operation, how it ended."""
    if _Process.daemon is None:
        return
    watched = _Requests(_Process.daemon, client.meta.service_model.service_name, client.meta.region_name)
    client.meta.events.register("before-call", watched.begin)
    client.meta.events.register("after-call", watched.end)
    client.meta.events.register("after-call-error", watched.break_off)


def trace_id() -> str | None:
    """Return the id of the trace that the invocation belongs to, as X-Ray writes it: ``1-5759e988-bd86…``."""
    return TraceHeader.of_invocation().root


@dataclass(frozen=True, slots=True)
class _Requests:
    """Parts of the trace for the requests of one client. The methods' names of arguments are the client's."""

    daemon: Daemon
    service: str
    region: str

    def begin(self, context: dict[str, Any], **_: object) -> None:
        within = _Process.current
        if within is not None:
            context[_PART_KEY] = Part(self.service, within.trace_id, within.part_id)

    def end(
        self,
        context: dict[str, Any],
        event_name: str,
        http_response: AWSResponse,
        parsed: dict[str, Any],
        **_: object,
    ) -> None:
        status, metadata = http_response.status_code, parsed.get("ResponseMetadata", {})
        request = {"request_id": metadata.get("RequestId", ""), "retries": metadata.get("RetryAttempts", 0)}
        answer = {"response": {"status": status}}
        kind = "fault" if status >= _FAULTS else "error"
        self._send(context, event_name, request, {"http": answer, kind: status >= _ERRORS})

    def break_off(self, context: dict[str, Any], event_name: str, exception: BaseException, **_: object) -> None:
        self._send(context, event_name, {}, _fault(exception))

    def _send(self, context: dict[str, Any], event_name: str, request: dict[str, Any], told: dict[str, Any]) -> None:
        part = context.pop(_PART_KEY, None)
        if part is not None:
            called = {"operation": event_name.rpartition(".")[2], "region": self.region, **request}
            self.daemon.send(part.document({"namespace": "aws", "aws": called, **told}))


def _fault(error: BaseException) -> dict[str, Any]:
    """Return what a trace may tell of an error: its text may hold what no trace may, the type finds the record."""
    return {"fault": True, "cause": {"exceptions": [{"id": new_id(), "type": type(error).__name__}]}}


def _is_on() -> bool:
    disabled = os.environ.get("POWERTOOLS_TRACE_DISABLED", "").lower() in {"1", "true"}
    return not disabled and "AWS_LAMBDA_FUNCTION_NAME" in os.environ
