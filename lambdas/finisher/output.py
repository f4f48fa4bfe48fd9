"""The output of an execution: envelopes in call order, results inline as far as an output reaches. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tool_contract import strict_json
from tool_contract.execution_status import count_statuses, overall_status
from tool_contract.limits import MAX_OUTPUT_BYTES
from tool_contract.timestamps import ms_from_iso

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tool_contract.envelope import Envelope

#: A reference takes at most this many bytes: 63 of bucket, 64 of hash, and a key with the longest ids.
_REFERENCE_BYTES: Final = 370
_SHORT_ERROR_BYTES: Final = 200
_BULKY_METADATA: Final = ("retry_reasons", "retry_delays", "attempt_durations", "primary_error")
_SMALL_METADATA: Final = ("cached", "degraded", "fallback_index", "fallback_used", "replayed")


@dataclass(frozen=True, slots=True)
class Layout:
    """Which results the output holds itself: by call_id, the others go by reference."""

    inline: frozenset[str]
    by_reference: frozenset[str]


def result_bytes(envelope: Envelope) -> int:
    """Return the size of a success's result as JSON, wherever it lies."""
    if envelope.result_ref is not None:
        return envelope.result_ref.bytes
    return strict_json.byte_size(strict_json.dumps(envelope.result))


def lay_out(envelopes: Sequence[Envelope], limit: int = MAX_OUTPUT_BYTES) -> Layout:
    """Choose the results to hold inline: the smallest first, as many as fit beside everything else."""
    sizes = {str(envelope.call_id): result_bytes(envelope) for envelope in envelopes if envelope.success}
    room = limit - sum(_frame_bytes(envelope) for envelope in envelopes) - len(sizes) * _REFERENCE_BYTES
    inline = set()
    for call_id, size in sorted(sizes.items(), key=lambda item: item[1]):
        # A result no larger than a reference to it takes the reference's place.
        if size > _REFERENCE_BYTES and size - _REFERENCE_BYTES > room:
            break
        room -= size - _REFERENCE_BYTES
        inline.add(call_id)
    return Layout(frozenset(inline), frozenset(sizes.keys() - inline))


def build_output(execution: Mapping[str, Any], envelopes: Sequence[Envelope], finished_at: str) -> dict[str, Any]:
    """Return the execution's output. Where envelopes without results are too many to fit, their bulk is left out."""
    counts = count_statuses(envelope.status for envelope in envelopes)
    results = _fitting([envelope.to_json() for envelope in envelopes])
    return {
        "execution_id": execution["execution_id"],
        "correlation_id": execution["correlation_id"],
        "status": overall_status(counts),
        "counts": counts,
        "results": results,
        "execution_time_ms": float(ms_from_iso(finished_at) - ms_from_iso(execution["started_at"])),
    }


def _frame_bytes(envelope: Envelope) -> int:
    return strict_json.byte_size(strict_json.dumps(envelope.frame())) + len(",")


def _fitting(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave to the records what is too much for an output: what failures tell first, then everybody's metadata."""
    if _fits(results):
        return results
    slim = [result if result["success"] else _slim(result) for result in results]
    return slim if _fits(slim) else [_with_small_metadata(result) for result in slim]


def _fits(results: list[dict[str, Any]]) -> bool:
    return strict_json.byte_size(strict_json.dumps(results)) - len("[]") <= MAX_OUTPUT_BYTES


def _with_small_metadata(result: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in result["metadata"].items() if name in _SMALL_METADATA}
    return {**result, "metadata": {**kept, "shortened": True}}


def _slim(failure: dict[str, Any]) -> dict[str, Any]:
    slim = {**failure, "error": failure["error"].encode()[:_SHORT_ERROR_BYTES].decode(errors="ignore")}
    slim.pop("details", None)
    kept = {name: value for name, value in failure["metadata"].items() if name not in _BULKY_METADATA}
    return {**slim, "metadata": {**kept, "shortened": True}}
