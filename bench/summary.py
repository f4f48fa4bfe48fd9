"""One row for each question that a benchmark answers: ours, what a user would pick instead, the ratio, the aim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bench import cold_start, crowd, imports, inventory, makespan, sequence
from bench.forecast import __main__ as forecast
from bench.overhead import __main__ as overhead

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench import cost, direct, hedging, orchestration, transitions, workflow
    from bench.browser import Logins

_HEADINGS: Final = ("question", "ours", "instead", "ratio", "aim", "command")


@dataclass(frozen=True, slots=True)
class Row:
    """A question and its answer. ``ratio`` is ours to the other's; None where the two are no such thing."""

    question: str
    ours: str
    instead: str
    ratio: float | None
    aim: str
    command: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        return (self.question, self.ours, self.instead, ratio, self.aim, f"python -m bench.{self.command}")


def of_overhead(found: overhead.Overhead) -> Iterator[Row]:
    """Yield what the runtime adds to a tool."""
    question, aim = "the runtime's share of a warm call, CPU", f"at most {overhead.MOST_RATIO:g}"
    yield Row(
        question, f"{found.runtime_us:.0f} us", f"Powertools {found.powertools_us:.0f} us", found.ratio, aim, "overhead"
    )
    bare = found.without_sdk
    yield Row(
        f"{question}, without SDK and traces",
        f"{bare.runtime_us:.0f} us",
        f"Powertools {bare.powertools_us:.0f} us",
        bare.ratio,
        "",
        "overhead",
    )


def of_cold_starts(found: tuple[float, list[cold_start.ColdStart]]) -> Iterator[Row]:
    """Yield what each function imports."""
    base, figures = found
    for one in figures:
        aim = f"at most {cold_start.MOST_RATIO:g}" if one.function in {"planner", "plain tool"} else ""
        instead = f"boto3 and Powertools {base:.0f} ms"
        yield Row(
            f"cold import of {one.function}, CPU", f"{one.ready_ms:.0f} ms", instead, one.ready_ratio, aim, "cold_start"
        )


def of_orchestration(found: Sequence[orchestration.Figure]) -> Iterator[Row]:
    """Yield the direct route beside other executors, microseconds over a bare gather."""
    own, *others = found
    aims = {"LangGraph ToolNode": "under 1", "Strands ConcurrentToolExecutor": "at most 0.5"}
    for other in others:
        yield Row(
            "orchestration of a call, over a bare gather",
            f"{own.microseconds:.0f} us",
            f"{other.name} {other.microseconds:.0f} us",
            own.microseconds / other.microseconds,
            aims.get(other.name, ""),
            "orchestration",
        )


def of_direct(found: Sequence[direct.Figure]) -> Iterator[Row]:
    """Yield the direct route's throughput."""
    own, bare = found
    yield Row(
        "1,000 direct calls of 20 ms, 100 at once",
        f"{own.calls_a_second:.0f} calls/s",
        f"{bare.name} {bare.calls_a_second:.0f} calls/s",
        own.calls_a_second / bare.calls_a_second,
        "at least 1",
        "direct",
    )


def of_hedging(found: Sequence[hedging.Figure]) -> Iterator[Row]:
    """Yield the tail of a tool that is slow now and then."""
    plain, hedged = found
    yield Row(
        "p99 of a tool that is slow now and then",
        f"hedged {hedged.p99_ms:.0f} ms, {hedged.more_invocations_percent:.1f} % more invocations",
        f"not hedged {plain.p99_ms:.0f} ms",
        hedged.p99_ms / plain.p99_ms,
        "",
        "hedging",
    )


def of_workflow(found: Sequence[workflow.Figure]) -> Iterator[Row]:
    """Yield how a call's time on the local cloud grows with the calls of its execution."""
    small, large = found[0], found[-1]
    yield Row(
        f"a call of {large.calls} on the local cloud",
        f"{large.ms_per_call:.1f} ms",
        f"one of {small.calls} {small.ms_per_call:.1f} ms",
        large.ms_per_call / small.ms_per_call,
        "",
        "workflow",
    )


def of_crowd(found: crowd.Pace) -> Iterator[Row]:
    """Yield the local cloud's pace with several executions at once."""
    yield Row(
        f"a call of {crowd.CROWD} executions of {crowd.EACH}, local cloud",
        f"{found.crowd_ms:.1f} ms",
        f"one of {crowd.ALONE} {found.alone_ms:.1f} ms",
        found.ratio,
        f"at most {crowd.MOST_RATIO:g}",
        "crowd",
    )


def of_makespan(found: makespan.Makespan) -> Iterator[Row]:
    """Yield how long calls of a second take side by side."""
    yield Row(
        f"{found.calls} calls of a second, {found.concurrency} at once, local cloud",
        f"{found.seconds:.1f} s",
        f"ideal {found.ideal_seconds:.0f} s",
        found.ratio,
        f"at most {makespan.MOST_RATIO:g}",
        "makespan",
    )


def of_sequence(found: sequence.Overhead) -> Iterator[Row]:
    """Yield what a sequence takes beyond its tools."""
    aim = f"under {sequence.MOST_MS} ms"
    yield Row(
        f"a sequence of {found.calls} calls, local cloud", f"{found.overhead_ms:.0f} ms", "", None, aim, "sequence"
    )


def of_transitions(found: Sequence[transitions.Counted]) -> Iterator[Row]:
    """Yield the state transitions of ten calls."""
    ten = next(one for one in found if one.calls == 10 and one.course.startswith("ten calls"))  # noqa: PLR2004 - its name
    yield Row("state transitions of ten calls", str(ten.transitions), "", None, "", "transitions")


def of_cost(found: Sequence[cost.Cost]) -> Iterator[Row]:
    """Yield dollars beside published designs."""
    own = next(one for one in found if one.name == "Tool Executor")
    for other in found:
        if other is not own:
            yield Row(
                "a thousand calls, ten an execution",
                f"${own.dollars:.4f}, {own.transitions:.0f} transitions",
                f"{other.name} ${other.dollars:.4f}, {other.transitions:.0f}",
                own.dollars / other.dollars,
                "",
                "cost",
            )


def of_imports(found: imports.ImportCost) -> Iterator[Row]:
    """Yield what the client's import costs."""
    yield Row(
        "import of the client",
        f"{found.tool_executor_ms:.0f} ms",
        f"pydantic and boto3 {found.pydantic_and_boto3_ms:.0f} ms",
        found.ratio,
        f"at most {imports.MOST_RATIO:g}",
        "imports",
    )


def of_inventory(found: inventory.Figures) -> Iterator[Row]:
    """Yield the inventory tools' CPU."""
    aim = f"at most {inventory.MOST_CPU_SECONDS:g} s"
    question = f"reorder points of {found.products:,} products, CPU"
    yield Row(question, f"{found.reorder_points_cpu:.2f} s", "", None, aim, "inventory")


def of_forecast(found: forecast.Outcome) -> Iterator[Row]:
    """Yield accuracy and CPU beside statsforecast's."""
    own, *others = found.rows
    best = min(others, key=lambda row: row.accuracy.rmsse)
    yield Row(
        f"RMSSE of {found.series} series: {found.panel}",
        f"{own.accuracy.rmsse:.3f}",
        f"statsforecast {best.method} {best.accuracy.rmsse:.3f}",
        found.ratio_to_best,
        f"at most {forecast.MOST_RATIO:g}",
        "forecast",
    )
    autoets = next(row for row in others if row.method == "AutoETS")
    yield Row(
        "CPU of 1,000 forecasts",
        f"{own.seconds_per_1000:.2f} s",
        f"statsforecast AutoETS {autoets.seconds_per_1000:.1f} s",
        found.share_of_autoets,
        f"at most {forecast.MOST_OF_AUTOETS:g}",
        "forecast",
    )


def of_browser(found: Logins) -> Iterator[Row]:
    """Yield a login beside bare Playwright."""
    ours, bare = f"{found.tools_ms:.0f} ms", f"bare Playwright {found.bare_ms:.0f} ms"
    yield Row("a login of five steps", ours, bare, found.times, "at most 3", "browser")


def as_text(rows: Sequence[Row]) -> str:
    """Return the rows as a table for a terminal."""
    cells = [_HEADINGS, *(row.cells for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def as_markdown(rows: Sequence[Row]) -> str:
    """Return the rows as a table for the documentation."""
    lines = [_HEADINGS, ("---",) * len(_HEADINGS), *((*row.cells[:-1], f"`{row.cells[-1]}`") for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
