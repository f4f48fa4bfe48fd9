"""The timeline of an execution as text: the picture, then what happened to each call in words."""

from __future__ import annotations

import textwrap
from collections import Counter
from typing import TYPE_CHECKING, Final

from rich.text import Text

from tool_executor.attempt_words import call_words
from tool_executor.cli.console import STATUS_STYLES, visible
from tool_executor.cli.timeline_bars import axis, drawn, load
from tool_executor.timeline import MEANINGS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tool_executor.timeline import CallLine, Timeline

#: More calls than this are folded: those that simply succeeded share a line.
FOLD_ABOVE: Final = 40

_STYLES: Final = {
    Kind.QUEUED: "dim",
    Kind.BACKOFF: "yellow",
    Kind.SUCCEEDED: "green",
    Kind.CACHED: "cyan",
    Kind.REPLAYED: "cyan",
    Kind.FAILED: "red",
    Kind.TIMED_OUT: "magenta",
    Kind.CUT_OFF: "red",
    Kind.OVERTAKEN: "dim",
    Kind.RUNNING: "blue",
}
_LEAST_BAR: Final = 20
_WIDEST_NAME: Final = 24
_LEAST_WORDS: Final = 30
_STATUS_WIDTH: Final = len("cancelled")


def picture(timeline: Timeline, shown: Sequence[CallLine], folded: Sequence[CallLine], width: int) -> Iterator[Text]:
    """Yield the picture's lines, none wider than ``width``: axis, one line a call, and the letters' meanings."""
    names = [_name(line) for line in shown] + ([f"{len(folded)} more"] if folded else [])
    name_width = min(max(map(len, names), default=0), _WIDEST_NAME, max(8, width - _LEAST_BAR - _STATUS_WIDTH - 2))
    bar_width = max(_LEAST_BAR, width - name_width - _STATUS_WIDTH - 2)
    yield Text(f"{'':{name_width}} {axis(timeline.length_ms, bar_width)}", style="dim")
    for line, name in zip(shown, names, strict=False):
        bar = drawn(line.stretches, timeline.length_ms, bar_width)
        status = Text(line.status.value, style=STATUS_STYLES.get(line.status.value, ""))
        yield Text.assemble(f"{_cut(name, name_width):{name_width}} ", _coloured(bar), " ", status)
    if folded:
        bar = load(folded, timeline.length_ms, bar_width)
        yield Text.assemble(f"{names[-1]:{name_width}} ", (bar, "green"), " ", ("success", "green"))
    yield from _legend(shown, folded, width)


def words(shown: Sequence[CallLine], width: int, *, every: bool) -> Iterator[Text]:
    """Yield what happened to each call; to calls that simply succeeded only where ``every`` one is wanted."""
    for line in shown:
        if not (every or line.is_eventful):
            continue
        status = (line.status.value, STATUS_STYLES.get(line.status.value, ""))
        name = (visible(line.call_id), "bold")
        yield Text.assemble("\n", name, f"  {visible(line.tool_name)}: ", status, _figures(line))
        for at_ms, sentence in call_words(line):
            at = f"  {at_ms / 1000:8.2f} s  "
            told = textwrap.wrap(visible(sentence), max(_LEAST_WORDS, width - len(at)), break_on_hyphens=False)
            yield Text(at + f"\n{'':{len(at)}}".join(told))


def folded_words(folded: Sequence[CallLine]) -> str:
    """Return which calls share the folded line."""
    tools = Counter(line.tool_name for line in folded)
    listed = ", ".join(f"{count} {visible(name)}" for name, count in tools.most_common())
    return f"{len(folded)} calls succeeded at once and are folded: {listed}. Their line says how many ran."


def split(lines: Sequence[CallLine], *, fold_above: int = FOLD_ABOVE) -> tuple[list[CallLine], list[CallLine]]:
    """Return the calls to show and those to fold: where they are many, what simply succeeded is folded."""
    if len(lines) <= fold_above:
        return list(lines), []
    return [line for line in lines if line.is_eventful], [line for line in lines if not line.is_eventful]


def _legend(shown: Sequence[CallLine], folded: Sequence[CallLine], width: int) -> Iterator[Text]:
    used = {stretch.kind for line in shown for stretch in line.stretches}
    parts = [f"{kind.value} {meaning}" for kind, meaning in MEANINGS.items() if kind in used]
    if any(stretch.candidate and not stretch.kind.is_wait for line in shown for stretch in line.stretches):
        parts.append("capital: a fallback")
    if folded:
        parts.append("1-9, +: so many ran")
    yield Text()
    line = ""
    for part in parts:
        if line and len(line) + len(part) + 2 > width:
            yield Text(line, style="dim")
            line = ""
        line += f"{'  ' if line else ''}{part}"
    yield Text(line, style="dim")


def _figures(line: CallLine) -> str:
    attempts = int(line.record.get("attempts", 0))
    took = f", {float(line.record['execution_time_ms']) / 1000:.2f} s" if "execution_time_ms" in line.record else ""
    degraded = ", degraded" if line.record.get("degraded") else ""
    return f" ({attempts} attempt{'' if attempts == 1 else 's'}{took}{degraded})"


def _coloured(bar: str) -> Text:
    text = Text()
    for letter in bar:
        style = "" if letter == " " else _STYLES[Kind(letter.lower())]
        text.append(letter, style=style)
    return text


def _name(line: CallLine) -> str:
    return f"{visible(line.call_id)} {visible(line.tool_name)}"


def _cut(name: str, width: int) -> str:
    return name if len(name) <= width else f"{name[: width - 1]}~"
