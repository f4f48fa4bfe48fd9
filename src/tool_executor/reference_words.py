"""The references in a call's record, in words, for every surface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tool_contract import strict_json
from tool_contract.references import FROM, references_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tool_contract.references import Reference

_FROM_IN_TEXT: Final = f'"{FROM}"'


def recorded_references(record: Mapping[str, Any]) -> Iterator[tuple[int, Reference]]:
    """Yield the references of a call's record with the number of their candidate; of texts in S3 nothing is told."""
    own, others = str(record.get("input", "")), str(record.get("fallbacks", ""))
    if _FROM_IN_TEXT in own:
        yield from ((0, reference) for reference in references_in(strict_json.parse(own)))
    if _FROM_IN_TEXT in others:
        for number, fallback in enumerate(strict_json.parse(others), start=1):
            yield from ((number, reference) for reference in references_in(fallback["input"]))


def told_reference(candidate: int, reference: Reference) -> str:
    """Return one reference as a sentence's part."""
    whose = f"fallback {candidate}'s input" if candidate else "the input"
    part = f"{reference.call_id} {reference.pointer}" if reference.pointer else f"all of {reference.call_id}"
    return f"{whose} at {reference.place or 'its top'} is {part}"
