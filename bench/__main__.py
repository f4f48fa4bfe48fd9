"""All benchmarks, and one table of their answers: ``python -m bench``. ``python -m bench.direct`` runs one alone.

Each compares, in the same run, with what a user would pick instead. ``--write`` puts the table into
``docs/benchmarks.md`` and everything that was found into ``docs/benchmarks.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from bench import (
    browser,
    cold_start,
    cost,
    crowd,
    direct,
    hedging,
    imports,
    inventory,
    makespan,
    orchestration,
    sequence,
    summary,
    transitions,
    workflow,
)
from bench.forecast import __main__ as forecast
from bench.forecast.archives import fetch
from bench.forecast.panels import panels
from bench.overhead import __main__ as overhead
from bench.runs import ROOT, probe_cloud

if TYPE_CHECKING:
    from tool_executor.execution import Runner

PAGE: Final = ROOT / "docs" / "benchmarks.md"
FOUND: Final = ROOT / "docs" / "benchmarks.json"
_BEGIN: Final = "<!-- begin of the table: written by `make bench ARGS=--write` -->"
_END: Final = "<!-- end of the table -->"


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A script of this package: how it measures, how it tells people, and which rows of the table it is."""

    name: str
    measure: Callable[[Any], Any]
    report: Callable[[Any], None]
    rows: Callable[[Any], Iterable[summary.Row]]


#: On a local cloud of its own, handed to each.
ON_THE_CLOUD: Final = (
    Benchmark("workflow", lambda cloud: workflow.measure(cloud, 3), workflow.report, summary.of_workflow),
    Benchmark("crowd", lambda cloud: crowd.measure(cloud, 3), crowd.report, summary.of_crowd),
    Benchmark("makespan", lambda cloud: makespan.measure(cloud, 2), makespan.report, summary.of_makespan),
    Benchmark("transitions", transitions.measure, transitions.report, summary.of_transitions),
    Benchmark("sequence", lambda cloud: sequence.measure(cloud, 3), sequence.report, summary.of_sequence),
    Benchmark("hedging", lambda cloud: hedging.measure(cloud, 1), hedging.report, summary.of_hedging),
)
#: Each by itself.
ALONE: Final = (
    Benchmark("overhead", lambda _: overhead.measure(40), overhead.report, summary.of_overhead),
    Benchmark("cold_start", lambda _: cold_start.measure(8), cold_start.report, summary.of_cold_starts),
    Benchmark("orchestration", lambda _: orchestration.measure(15), orchestration.report, summary.of_orchestration),
    Benchmark("direct", lambda _: direct.measure(3), direct.report, summary.of_direct),
    Benchmark("imports", lambda _: imports.measure(10), imports.report, summary.of_imports),
    Benchmark("inventory", lambda _: inventory.measure(3), inventory.report, summary.of_inventory),
    Benchmark("forecast", lambda _: _one_panel(), forecast.report, summary.of_forecast),
    Benchmark("browser", lambda _: browser.measure(5), browser.report, summary.of_browser),
    Benchmark("cost", lambda _: cost.measure(), cost.report, summary.of_cost),
)


def main() -> None:
    """Run the benchmarks and print their figures, and the table."""
    given = _options()
    names = set(given.only) or {one.name for one in (*ON_THE_CLOUD, *ALONE)}
    began = time.monotonic()
    found: dict[str, Any] = {}
    cloudy = [one for one in ON_THE_CLOUD if one.name in names]
    if cloudy:
        with probe_cloud() as cloud:
            found |= {one.name: _measured(one, cloud) for one in cloudy}
    found |= {one.name: _measured(one, None) for one in ALONE if one.name in names}
    done = [one for one in (*ALONE, *ON_THE_CLOUD) if one.name in found]
    rows = [row for one in done for row in one.rows(found[one.name])]
    machine = {
        "machine": _machine(),
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "seconds": round(time.monotonic() - began),
    }
    document = {**machine, **{name: _plain(figures) for name, figures in found.items()}}
    if given.write:
        _write(rows, document)
    if given.json:
        print(json.dumps(document, indent=2))
        return
    for one in done:
        one.report(found[one.name])
        print()
    print(summary.as_text(rows))
    print(f"\n{machine['machine']}, {machine['seconds']} s")


def _measured(one: Benchmark, cloud: Runner | None) -> Any:  # noqa: ANN401 - each has figures of its own
    print(f"{one.name} ...", file=sys.stderr, end=" ", flush=True)
    began = time.monotonic()
    figures = one.measure(cloud)
    print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
    return figures


def _one_panel() -> forecast.Outcome:
    """Return the smallest panel's figures; ``make bench-forecast`` has all."""
    fetch()
    return forecast.measure(next(iter(panels("monthly drugs"))))


def _plain(figures: Any) -> Any:  # noqa: ANN401 - as above
    if is_dataclass(figures) and not isinstance(figures, type):
        return asdict(figures)
    return [_plain(each) for each in figures] if isinstance(figures, (list, tuple)) else figures


def _machine() -> str:
    return (
        f"{platform.machine()} with {_processors()} processors, {platform.system()}, Python {platform.python_version()}"
    )


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _write(rows: list[summary.Row], document: dict[str, Any]) -> None:
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(_BEGIN)
    told = f"Measured on {document['day']}, {document['machine']}, in {document['seconds']} s."
    page = f"{before}{_BEGIN}\n{told}\n\n{summary.as_markdown(rows)}\n{_END}{rest.partition(_END)[2]}"
    PAGE.write_text(page, encoding="utf-8")
    FOUND.write_text(f"{json.dumps(document, indent=2)}\n", encoding="utf-8")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [one.name for one in (*ALONE, *ON_THE_CLOUD)]
    parser.add_argument("--only", metavar="NAME", action="append", choices=names, default=[], help=", ".join(names))
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", action="store_true", help="write docs/benchmarks.md and docs/benchmarks.json")
    return parser.parse_args()


if __name__ == "__main__":
    main()
