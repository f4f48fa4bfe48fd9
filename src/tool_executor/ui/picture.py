"""A timeline as a drawing: where each stretch of a call's time begins and how wide it is, in shares of the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tool_executor.timeline import MEANINGS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tool_executor.history import Record
    from tool_executor.timeline import CallLine, Stretch

#: What ran is seen, however short it was, in percent of the whole.
_LEAST_WIDTH: Final = 0.6
_FALLBACK: Final = ("fallback", "a fallback, outlined")


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch as it is drawn. ``left`` and ``width`` are percent of the line; ``style`` names how it looks."""

    left: float
    width: float
    style: str
    is_wait: bool
    is_fallback: bool
    title: str


@dataclass(frozen=True, slots=True)
class PictureLine:
    """A call's line: its record, its bars, and what happened to it in sentences, each with its time in ms."""

    record: Record
    tool_name: str
    bars: tuple[Bar, ...]
    words: tuple[tuple[float, str], ...]
    is_eventful: bool

    @property
    def summary(self) -> str:
        """The line in words, for those who do not see it."""
        return "; ".join(bar.title for bar in self.bars) or "nothing ran"


def picture_of(line: CallLine, length_ms: float, words: Iterable[tuple[float, str]]) -> PictureLine:
    """Return a call's line over ``length_ms`` milliseconds. What ran lies above what waited."""
    stretches = sorted(line.stretches, key=lambda one: not one.kind.is_wait)
    bars = tuple(_bar(stretch, length_ms) for stretch in stretches)
    return PictureLine(line.record, line.tool_name, bars, tuple(words), line.is_eventful)


def legend_of(lines: Iterable[PictureLine]) -> list[tuple[str, str]]:
    """Return the styles that the lines use, each with its meaning, in a fixed order."""
    bars = [bar for line in lines for bar in line.bars]
    used = {bar.style for bar in bars}
    listed = [(_style(kind), meaning) for kind, meaning in MEANINGS.items() if _style(kind) in used]
    return [*listed, *([_FALLBACK] if any(bar.is_fallback for bar in bars) else [])]


def _bar(stretch: Stretch, length_ms: float) -> Bar:
    left = max(0.0, 100 * stretch.from_ms / length_ms)
    width = max(0.0, 100 * (stretch.to_ms - stretch.from_ms) / length_ms)
    if not stretch.kind.is_wait:
        width = max(width, _LEAST_WIDTH)
        left = min(left, 100 - _LEAST_WIDTH)
    of_fallback = stretch.candidate > 0 and not stretch.kind.is_wait
    who = f", fallback {stretch.candidate}" if of_fallback else ""
    took = f"{(stretch.to_ms - stretch.from_ms) / 1000:.2f} s"
    title = f"{MEANINGS[stretch.kind]}{who}: {took} from {stretch.from_ms / 1000:.2f} s"
    return Bar(
        round(left, 3), round(min(width, 100 - left), 3), _style(stretch.kind), stretch.kind.is_wait, of_fallback, title
    )


def _style(kind: Kind) -> str:
    return kind.name.lower().replace("_", "-")
