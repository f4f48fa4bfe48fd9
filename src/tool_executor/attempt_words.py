"""What became of a call, in words: one sentence for each attempt and wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tool_contract.errors import Effect, ErrorCode
from tool_executor.reference_words import recorded_references, told_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_contract.attempt import AttemptEntry
    from tool_executor.timeline import CallLine

_ANSWERS: Final = {
    "done": "answered",
    "cached": "answered from the cache",
    "replayed": "answered with the stored result of an earlier call",
    "overtaken": "left: the attempt beside it had answered",
}
_WAITED: Final = "; the attempt beside it was waited for"
#: Why a call failed for good, where the code says more than its sentence.
_REASONS: Final = {
    ErrorCode.DEADLINE_TOO_CLOSE: "the deadline was too close to begin",
    ErrorCode.DEADLINE_EXCEEDED: "the deadline had passed",
    ErrorCode.CIRCUIT_OPEN: "the tool's circuit breaker was open",
    ErrorCode.SUPERSEDED: "another attempt had taken over",
}


def attempt_words(entry: AttemptEntry) -> str:
    """Return which attempt it was, what it came to, and what followed."""
    return f"attempt {entry.attempt} of {entry.tool_name}, {entry.duration_ms:.0f} ms: {outcome_words(entry)}"


def outcome_words(entry: AttemptEntry) -> str:
    """Return what an attempt came to, and what followed."""
    outcome = _ANSWERS.get(entry.decision) or f"{entry.error_code}: {entry.error}"
    wait = f" in {round(entry.delay_seconds, 2):g} s" if entry.delay_seconds else ""
    after = {
        "retry": f"; retried{wait}",
        "fallback": "; next the fallback",
        "end": "; failed for good",
        "hedged": _WAITED,
    }
    return f"{outcome}{after.get(entry.decision, '')}"


def call_words(line: CallLine) -> Iterator[tuple[float, str]]:
    """Yield what happened to a call and why, each with its time in milliseconds since the execution's start."""
    if line.began_ms is not None:
        yield line.began_ms, _wait_words(line)
        for candidate, reference in recorded_references(line.record):
            yield line.began_ms, told_reference(candidate, reference)
    attempts = [stretch for stretch in line.stretches if not stretch.kind.is_wait]
    for number, entry in enumerate(sorted(line.log, key=lambda one: one.started_at)):  # as the stretches are
        words = attempt_words(entry)
        if entry.decision == "fallback":
            words += f" {entry.candidate + 1}{_tool_after(line, number)}"
        if entry.decision == "end":
            words += f": {_reason(line, entry)}"
        yield attempts[number].from_ms, words
    for stretch in attempts[len(line.log) :]:
        yield stretch.from_ms, f"attempt {line.record['attempts']} of {line.record['tool_name']}: {_unlogged(line)}"
    if not line.log or line.log[-1].decision in {"retry", "fallback"}:
        yield from _end_words(line)


def _wait_words(line: CallLine) -> str:
    waited = f"began after {(line.began_ms or 0) / 1000:.2f} s"
    if line.after is None:
        return f"{waited}, when it was planned and its function started"
    gap = (line.began_ms or 0) - line.after_ms
    return f"{waited}, {gap / 1000:.2f} s after {line.after} had ended"


def _tool_after(line: CallLine, number: int) -> str:
    later = line.log[number + 1 :]
    name = later[0].tool_name if later else line.record["tool_name"]
    return f", {name}"


def _reason(line: CallLine, entry: AttemptEntry) -> str:
    if entry.error_code in _REASONS:
        return _REASONS[entry.error_code]
    if entry.effect is Effect.UNKNOWN:
        return "it may have had an effect: it must not be repeated, or no tries were left"
    if line.record.get("retryable"):
        return "no tries or no time were left"
    return "another try would not help"


def _unlogged(line: CallLine) -> str:
    return "cut off" if line.status.is_terminal else "running"


def _end_words(line: CallLine) -> Iterator[tuple[float, str]]:
    if not line.status.is_terminal:
        if line.began_ms is None:
            yield 0.0, "waits: it has not begun"
        return
    if "error_code" in line.record:
        effect = f"; effect {line.record['effect']}" if line.record.get("effect", "none") != "none" else ""
        yield (
            line.ended_ms or 0.0,
            f"{line.status.value}: {line.record['error_code']}: {line.record.get('error', '')}{effect}",
        )
