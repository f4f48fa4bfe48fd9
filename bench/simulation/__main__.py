"""``python -m bench.simulation``: so many calls through the project's code and modelled services, and what came of it.

A long run is cut into slices of --slice-calls. Each is a simulation by itself: a seed of its own (the first one's is
--seed), a stretch of virtual time of its own that begins with empty tables and warm functions, at the same rate. So a
slice must be long enough for its rates and hot keys to be those of a steady state. How many --processes run them
changes nothing in the figures. With --folder finished slices are kept, and the same command goes on where it stopped.

  python -m bench.simulation --calls 20000 --shards 1
  python -m bench.simulation --calls 10000000 --processes 2 --folder ../ten-million

Exit code: 0; 1 if a promise was broken; 2 if it cannot be run so; 130 if it was stopped.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
from contextlib import closing
from dataclasses import dataclass, fields
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from bench.simulation.folder import Folder, FolderRefused
from bench.simulation.processes import SliceDied, run_slices
from bench.simulation.progress import Progress
from bench.simulation.report import Report, lines_of, seed_line
from bench.simulation.scenario import Scenario
from bench.simulation.slices import Slice, slices_of

if TYPE_CHECKING:
    from collections.abc import Sequence

_SLICE_CALLS = 1_000_000
_STOPPED = 130


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    scenario: Scenario
    slice_calls: int
    processes: int
    folder: Path | None
    as_json: bool


def main() -> int:
    """Run what the command line asks for."""
    asked = _asked()
    slices = slices_of(asked.scenario, asked.slice_calls)
    print(seed_line(asked.scenario), file=sys.stderr if asked.as_json else sys.stdout)
    signal.signal(signal.SIGTERM, _stop)
    try:
        folder = Folder.opened(asked.folder, asked.scenario, asked.slice_calls) if asked.folder else None
        reports = _reports(slices, asked.processes, folder)
    except KeyboardInterrupt:
        print(_left_behind(asked.folder), file=sys.stderr)
        return _STOPPED
    except (FolderRefused, SliceDied) as error:
        print(error, file=sys.stderr)
        return 2
    report = reduce(Report.joined, (reports[part.number].of_slice(part.name) for part in slices))
    if folder:
        folder.conclude({**report.to_json(), "codes": sorted(folder.codes(slices))})
    print(json.dumps(report.to_json(), indent=2) if asked.as_json else "\n".join(lines_of(report)))
    return 1 if report.broken else 0


def _reports(slices: Sequence[Slice], processes: int, folder: Folder | None) -> dict[int, Report]:
    """Return the reports of all slices by number: those that the folder has, and those of the others once run."""
    reports = folder.kept(slices) if folder else {}
    if folder and folder.codes(slices) - {folder.code}:
        print("The code has changed since some of the slices were run: remove them to run them again.", file=sys.stderr)
    kept = {number: report.counts["calls"] for number, report in reports.items()}
    progress = Progress(sum(part.scenario.calls for part in slices), len(slices), kept, sys.stderr)
    left = [part for part in slices if part.number not in reports]
    try:
        # Closed at once, whatever comes: the processes end with it.
        with closing(run_slices(left, processes)) as running:
            for part, told in running:
                if isinstance(told, int):
                    progress.tell(part.number, told)
                    continue
                reports[part.number] = told
                if folder:
                    folder.keep(part, told)
                progress.tell(part.number, told.counts["calls"], finished=True)
    finally:
        progress.end()
    return reports


def _left_behind(folder: Path | None) -> str:
    if folder is None:
        return "Stopped. Nothing is kept without --folder."
    return f"Stopped. The slices that were finished are in {folder}; the same command runs the others."


def _stop(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _asked() -> Asked:
    parser = argparse.ArgumentParser(
        prog="python -m bench.simulation", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="the figures as JSON; all else goes to stderr")
    parser.add_argument("--processes", type=int, default=1, help="how many slices run at once (default 1)")
    parser.add_argument(
        "--slice-calls", type=int, default=_SLICE_CALLS, help=f"the most calls of a slice (default {_SLICE_CALLS:,})"
    )
    parser.add_argument("--folder", type=Path, help="keep finished slices here, and do not run again what is kept")
    for each in fields(Scenario):
        option, default = f"--{each.name.replace('_', '-')}", each.default
        if isinstance(default, bool):
            parser.add_argument(option, action="store_true")
        else:
            parser.add_argument(option, type=type(default), default=default, help=f"default {default}")
    said = vars(parser.parse_args())
    own = (said.pop("slice_calls"), said.pop("processes"), said.pop("folder"), said.pop("json"))
    asked = Asked(Scenario(**said), *own)
    scenario = asked.scenario
    sizes = (scenario.calls, scenario.rate, scenario.calls_per_execution, scenario.tools, scenario.shards)
    if min(*sizes, asked.processes, asked.slice_calls) <= 0 or scenario.calls_per_execution > 250:  # noqa: PLR2004 - an execution holds no more
        parser.error("calls, rates, shards, slices and processes are above 0, and calls per execution at most 250.")
    return asked


if __name__ == "__main__":
    sys.exit(main())
