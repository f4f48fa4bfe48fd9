"""Accuracy and calibration on real data: ``python -m bench.forecast`` (some minutes, most of them AutoETS')."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, dataclass
from typing import Final

from bench.forecast.accuracy import Accuracy, Calibration, accuracy, calibration
from bench.forecast.archives import fetch
from bench.forecast.panels import Panel, panels
from bench.forecast.rivals import OURS, RIVALS, by_ours, by_rival
from bench.runs import print_json

#: Mean RMSSE over that of the best other method, and CPU over that of AutoETS: the aims.
MOST_RATIO: Final = 1.03
MOST_OF_AUTOETS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Row:
    """One method on one panel; ``seconds_per_1000`` is CPU time of one forecast each of 1,000 such series."""

    method: str
    accuracy: Accuracy
    seconds_per_1000: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """All methods on one panel, and how well our distributions are calibrated."""

    panel: str
    source: str
    series: int
    rows: tuple[Row, ...]
    ratio_to_best: float
    share_of_autoets: float
    calibration: Calibration


def measure(panel: Panel) -> Outcome:
    """Forecast a panel with every method."""
    demand = panel.demand[:: panel.every]
    rows = []
    for name in (OURS, *RIVALS):
        print(f"  {panel.name}: {name}", file=sys.stderr)
        found = by_ours(panel, demand) if name == OURS else by_rival(name, panel, demand)
        seconds = 1000 * found.cpu_seconds / (demand.shape[0] * panel.origins)
        rows.append(Row(name, accuracy(panel, demand, found.paths), round(seconds, 3)))
    mine, *others = rows
    autoets = next(row for row in others if row.method == "AutoETS")
    return Outcome(
        panel=panel.name,
        source=panel.source,
        series=demand.shape[0],
        rows=tuple(rows),
        ratio_to_best=round(mine.accuracy.rmsse / min(row.accuracy.rmsse for row in others), 3),
        share_of_autoets=round(mine.seconds_per_1000 / autoets.seconds_per_1000, 4),
        calibration=calibration(panel),
    )


def report(found: Outcome) -> None:
    """Print a measurement for people."""
    print(f"\n{found.panel} ({found.source}), {found.series} series")
    print(f"  {'method':12} {'RMSSE':>7} {'total':>7} {'bias':>7} {'CPU s/1,000':>12}")
    for row in found.rows:
        score = row.accuracy
        print(f"  {row.method:12} {score.rmsse:7.4f} {score.total:7.4f} {score.bias:7.3f} {row.seconds_per_1000:12.2f}")
    print(f"  ratio to the best other {found.ratio_to_best:.3f} (at most {MOST_RATIO} is the aim),", end=" ")
    print(f"CPU {found.share_of_autoets:.4f} of AutoETS' (at most {MOST_OF_AUTOETS})")
    kept = found.calibration
    print(f"  at or below 10/50/90 %: a period {_percent(kept.period)}, the total {_percent(kept.total)};", end=" ")
    print(f"95 % reorder point held {kept.reorder_95:.1%} with {kept.stock} times what came")


def _percent(shares: tuple[float, ...]) -> str:
    return "/".join(f"{100 * share:.0f}" for share in shares)


def main() -> None:
    """Run the benchmark and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--panel", default="", help="one panel only, by the start of its name")
    parser.add_argument("--json", action="store_true", help="print JSON")
    given = parser.parse_args()
    fetch()
    found = [measure(panel) for panel in panels(given.panel)]
    if not found:
        raise SystemExit(f"There is no panel {given.panel!r}.")
    if given.json:
        print_json({"forecast": [asdict(outcome) for outcome in found]})
        return
    for outcome in found:
        report(outcome)


if __name__ == "__main__":
    main()
