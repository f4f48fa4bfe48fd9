"""An execution's timeline in letters: a line a call, each as wide as the terminal lets it be. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.timeline import CallLine, Stretch


def drawn(stretches: Sequence[Stretch], length_ms: float, width: int) -> str:
    """Return a line of ``width`` letters. What ran has a letter at least, however short it was; waits give way."""
    letters = [" "] * width
    for stretch in sorted(stretches, key=lambda one: not one.kind.is_wait):
        first, last = _cells(stretch, length_ms, width)
        letters[first:last] = stretch.letter * (last - first)
    return "".join(letters)


def load(lines: Sequence[CallLine], length_ms: float, width: int) -> str:
    """Return how many of the calls ran in each part of the time: a digit, ``+`` above 9."""
    running = [0] * width
    for line in lines:
        busy: set[int] = set()
        for stretch in line.stretches:
            if not stretch.kind.is_wait:
                busy.update(range(*_cells(stretch, length_ms, width)))
        for cell in busy:
            running[cell] += 1
    return "".join(" " if not count else str(count) if count <= 9 else "+" for count in running)  # noqa: PLR2004


def axis(length_ms: float, width: int) -> str:
    """Return the line above: where the time is 0, half (where there is room to say so) and all of the length."""
    middle, end = _seconds(length_ms / 2), f"{_seconds(length_ms)} s"
    at = width // 2 - len(middle) // 2
    if at + len(middle) + len(" ") + len(end) > width:
        at, middle = 1, ""
    left = f"{'0':{at}}{middle}"
    return f"{left}{end:>{width - len(left)}}"


def _seconds(milliseconds: float) -> str:
    seconds = milliseconds / 1000
    return f"{seconds:.3g}" if seconds < 1000 else f"{seconds:.0f}"  # noqa: PLR2004 - from there on .3g says e+03


def _cells(stretch: Stretch, length_ms: float, width: int) -> tuple[int, int]:
    first = min(width - 1, max(0, int(stretch.from_ms / length_ms * width)))
    last = min(width, round(stretch.to_ms / length_ms * width))
    return first, max(first + (0 if stretch.kind.is_wait else 1), last)
