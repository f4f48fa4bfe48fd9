"""The table of behaviours: calls, the faults that befall them, and the envelopes that must come of it by any route."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.faults.faulty_cloud import lambda_fault, ledger_call
from tool_executor.local.faults import FaultKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.faulty_cloud import Run
    from tool_executor.local.faults import Fault


def _no_faults(_run: Run) -> tuple[Fault, ...]:
    return ()


@dataclass(frozen=True)
class Expected:
    """What a call's envelope must say. ``lines`` is how often its effect stands in the ledger; None is not looked at.

    ``metadata`` are entries that must be there as they stand here; ``retries`` is how many delays it must list.
    """

    status: str
    attempts: int
    error_code: str | None = None
    effect: str | None = None
    tool_name: str | None = None
    lines: int | None = None
    retries: int = 0
    metadata: dict[str, Any] = field(default_factory=dict)
    pointer: str | None = None


@dataclass(frozen=True)
class Behaviour:
    """A row of the table."""

    name: str
    calls: tuple[dict[str, Any], ...]
    expected: tuple[Expected, ...]
    faults: Callable[[Run], tuple[Fault, ...]] = _no_faults
    request: dict[str, Any] = field(default_factory=dict)


def _on_first_attempt(kind: FaultKind, *call_ids: str, **fields: Any) -> Callable[[Run], tuple[Fault, ...]]:
    def faults(run: Run) -> tuple[Fault, ...]:
        return tuple(lambda_fault(kind, run, f'"call_id":"{call_id}"', **fields) for call_id in call_ids)

    return faults


_FIXED = {"retry": {"initial_delay_seconds": 1, "max_delay_seconds": 1, "backoff": "fixed", "jitter": 0.0}}


def _call(tool_name: str, **fields: Any) -> dict[str, Any]:
    return ledger_call(tool_name, **{**_FIXED, **fields})


_WORKS = Expected("success", 1, lines=1)
_MARKS = ("look", "put_line", "add_line")


def _from(call_id: str, pointer: str) -> dict[str, str]:
    return {"$from": call_id, "pointer": pointer}


#: Fails as often as an earlier call took attempts: once.
_AS_OFTEN_AS_C1: dict[str, Any] = {"trouble": "unavailable", "troubled_attempts": _from("c1", "/attempt")}
_NOT_THERE: dict[str, Any] = {"note": _from("c1", "/not/there")}

BEHAVIOURS = (
    Behaviour(
        "a sequence whose calls run on what earlier ones answered, a large result and a retry among them",
        (
            _call("look", line={"answer_size": 20_000}),
            _call("put_line", line=_AS_OFTEN_AS_C1),
            _call("look", line={"note": _from("c1", "/padding"), "troubled_attempts": _from("c2", "/attempt")}),
        ),
        (_WORKS, Expected("success", 2, retries=1, lines=1), _WORKS),
        request={"mode": "sequence"},
    ),
    Behaviour(
        "a reference to what is not there: nothing is run, and the sequence stops",
        (_call("look"), _call("add_line", line=_NOT_THERE), _call("look")),
        (
            _WORKS,
            Expected("failed", 1, "ReferenceFailed", "none", lines=0, pointer="/line/note"),
            Expected("skipped", 0, "Skipped", "none", lines=0),
        ),
        request={"mode": "sequence"},
    ),
    Behaviour(
        "a fallback that refers to nothing answers where a reference failed",
        (_call("look"), _call("add_line", line=_NOT_THERE, fallbacks=[_call("put_line")])),
        (
            _WORKS,
            Expected(
                "success",
                2,
                tool_name="put_line",
                lines=0,
                metadata={"fallback_used": True, "fallback_index": 0},
            ),
        ),
        request={"mode": "sequence"},
    ),
    Behaviour("calls that work", tuple(_call(tool) for tool in _MARKS), (_WORKS, _WORKS, _WORKS)),
    Behaviour(
        "two transient failures, then success",
        (_call("add_line", line={"trouble": "unavailable", "troubled_attempts": 2}),),
        (Expected("success", 3, retries=2, lines=1),),
    ),
    Behaviour(
        "a tool that is never there, and its sibling",
        (_call("add_line", line={"trouble": "unavailable"}, max_retries=1), _call("look")),
        (Expected("failed", 2, "Unavailable", "none", retries=1, lines=0), _WORKS),
    ),
    Behaviour(
        "an input that the tool refuses",
        (_call("add_line", line={"trouble": "refuses_input"}),),
        (Expected("failed", 1, "InvalidInput", "none", lines=0, pointer="/line/text"),),
    ),
    Behaviour(
        "Lambda has no room once",
        (_call("add_line"),),
        (_WORKS,),
        _on_first_attempt(FaultKind.THROTTLE, "c1"),
    ),
    Behaviour(
        "Lambda has no room for longer",
        (_call("add_line"),),
        (Expected("success", 1, retries=1, lines=1),),
        _on_first_attempt(FaultKind.THROTTLE, "c1", times=2),
    ),
    Behaviour(
        "Lambda fails and the tool did not run",
        tuple(_call(tool, max_retries=1) for tool in _MARKS),
        (
            Expected("success", 2, retries=1, lines=1),
            Expected("success", 2, retries=1, lines=1),
            Expected("failed", 1, "ToolCrashed", "unknown", lines=0),
        ),
        _on_first_attempt(FaultKind.FAIL_BEFORE, "c1", "c2", "c3"),
    ),
    Behaviour(
        "Lambda fails when the tool has run: what stands is the answer",
        tuple(_call(tool, max_retries=1) for tool in ("look", "put_line")),
        (Expected("success", 1, lines=1), Expected("success", 1, lines=1)),
        _on_first_attempt(FaultKind.FAIL_AFTER, "c1", "c2"),
    ),
    Behaviour(
        "the answer is lost of a tool that may not be repeated: its record says that it worked",
        (_call("add_line"),),
        (_WORKS,),
        _on_first_attempt(FaultKind.DROP_ANSWER, "c1"),
    ),
    Behaviour(
        "tools that hang",
        tuple(_call(tool, line={"seconds": 8}, timeout_seconds=1, max_retries=1) for tool in _MARKS),
        (
            Expected("timeout", 2, "ToolTimeout", "none", retries=1),
            Expected("timeout", 2, "ToolTimeout", "unknown", retries=1),
            Expected("timeout", 1, "ToolTimeout", "unknown"),
        ),
    ),
    Behaviour(
        "workers that die after the effect",
        tuple(_call(tool, line={"trouble": "dies_after", "troubled_attempts": 1}) for tool in _MARKS),
        (
            Expected("success", 2, retries=1, lines=2),
            Expected("success", 2, retries=1, lines=2),
            Expected("failed", 1, "ToolCrashed", "unknown", lines=1),
        ),
    ),
    Behaviour(
        "a worker that dies every time",
        (_call("look", line={"trouble": "dies_before"}, max_retries=1), _call("add_line")),
        (Expected("failed", 2, "ToolCrashed", "none", retries=1, lines=0), _WORKS),
    ),
    Behaviour(
        "the first fallback answers",
        (_call("add_line", line={"trouble": "refuses_input"}, fallbacks=[_call("look"), _call("put_line")]),),
        (
            Expected(
                "success",
                2,
                tool_name="look",
                metadata={
                    "fallback_used": True,
                    "fallback_index": 0,
                    "primary_error": "InvalidInput: This text is not to be written.",
                },
            ),
        ),
    ),
    Behaviour(
        "no fallback answers",
        (
            _call(
                "add_line",
                line={"trouble": "unavailable"},
                max_retries=0,
                fallbacks=[
                    _call("look", line={"trouble": "refuses_input"}),
                    _call("put_line", line={"trouble": "unavailable"}, max_retries=1),
                ],
            ),
        ),
        (
            Expected(
                "failed",
                4,
                "Unavailable",
                "none",
                tool_name="put_line",
                retries=1,
                metadata={"fallback_used": True, "fallback_index": 1},
            ),
        ),
    ),
    Behaviour(
        "no fallback after an effect that nobody knows",
        (_call("add_line", line={"trouble": "dies_after"}, fallbacks=[_call("look")]),),
        (Expected("failed", 1, "ToolCrashed", "unknown", tool_name="add_line", lines=1),),
    ),
    Behaviour(
        "a sequence stops at its first failure",
        (_call("add_line"), _call("put_line", line={"trouble": "refuses_input"}), _call("look"), _call("add_line")),
        (
            _WORKS,
            Expected("failed", 1, "InvalidInput", "none"),
            Expected("skipped", 0, "Skipped", "none", lines=0),
            Expected("skipped", 0, "Skipped", "none", lines=0),
        ),
        request={"mode": "sequence"},
    ),
    Behaviour(
        "a sequence in which a fallback answers goes on",
        (_call("put_line", line={"trouble": "refuses_input"}, fallbacks=[_call("look")]), _call("add_line")),
        (Expected("success", 2, tool_name="look", metadata={"fallback_used": True}), _WORKS),
        request={"mode": "sequence"},
    ),
    Behaviour(
        "the deadline strikes a tool that only looks, one that writes, and one that has not begun",
        tuple(_call(tool, line={"seconds": 9}) for tool in ("look", "add_line", "add_line")),
        (
            Expected("timeout", 1, "DeadlineExceeded", "none"),
            Expected("timeout", 1, "DeadlineExceeded", "unknown"),
            Expected("timeout", 0, "DeadlineExceeded", "none", lines=0),
        ),
        request={"timeout_seconds": 4, "max_concurrency": 2},
    ),
    Behaviour(
        "a wait that would pass the deadline is not begun",
        (
            _call(
                "look",
                line={"trouble": "unavailable"},
                retry={"initial_delay_seconds": 30, "max_delay_seconds": 30, "jitter": 0.0},
            ),
        ),
        (Expected("failed", 1, "Unavailable", "none", lines=0),),
        request={"timeout_seconds": 10},
    ),
    Behaviour(
        "a result that is large, and one that JSON cannot hold",
        (_call("look", line={"answer_size": 20_000}), _call("put_line", line={"answers_nan": True})),
        (Expected("success", 1, lines=1), Expected("failed", 1, "NonFiniteResult", "unknown", lines=1)),
    ),
    Behaviour(
        "an event that comes again finds the answer",
        tuple(_call(tool) for tool in _MARKS),
        (_WORKS, _WORKS, _WORKS),
        _on_first_attempt(FaultKind.REPEAT, "c1", "c2", "c3"),
    ),
    Behaviour(
        "what a caller says of a call comes back",
        (_call("look", metadata={"ticket": 4711}, reasoning="To see."),),
        (Expected("success", 1, metadata={"ticket": 4711, "correlation_id": "order-4711"}),),
        request={"correlation_id": "order-4711"},
    ),
)
