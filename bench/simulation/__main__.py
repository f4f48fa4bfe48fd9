"""``python -m bench.simulation``: so many calls through the project's code and modelled services, and what came of it.

Exit code: 0; 1 if a promise was broken; 2 if it cannot be run so.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
from dataclasses import fields, replace
from functools import reduce

from bench.simulation.report import Report, lines_of, seed_line
from bench.simulation.run import run
from bench.simulation.workload import Scenario


def main() -> int:
    """Run what the command line asks for."""
    scenario, processes, as_json = _asked()
    say = (lambda text: print(text, file=sys.stderr)) if as_json else print
    say(seed_line(scenario))
    # Each process has a stretch of time of its own: what is shared in a second stays shared.
    share, more = divmod(scenario.calls, processes)
    parts = [
        replace(scenario, calls=share + (number < more), seed=scenario.seed + number) for number in range(processes)
    ]
    if processes == 1:
        report = run(scenario)
    else:
        with multiprocessing.get_context("spawn").Pool(processes) as pool:
            report = reduce(Report.joined, pool.map(run, parts))
    if as_json:
        print(json.dumps(report.to_json(), indent=2))
    else:
        print("\n".join(lines_of(report)))
    return 1 if report.broken else 0


def _asked() -> tuple[Scenario, int, bool]:
    parser = argparse.ArgumentParser(prog="python -m bench.simulation", description=__doc__)
    parser.add_argument("--json", action="store_true", help="the figures as JSON; progress goes to stderr")
    parser.add_argument("--processes", type=int, default=1, help="each runs a part of the time (default 1)")
    for each in fields(Scenario):
        option, default = f"--{each.name.replace('_', '-')}", each.default
        if isinstance(default, bool):
            parser.add_argument(option, action="store_true")
        else:
            parser.add_argument(option, type=type(default), default=default, help=f"default {default}")
    said = vars(parser.parse_args())
    as_json, processes = said.pop("json"), said.pop("processes")
    scenario = Scenario(**said)
    sizes = (scenario.calls, scenario.rate, scenario.calls_per_execution, scenario.tools, scenario.shards)
    if min(sizes) <= 0 or processes < 1 or scenario.calls_per_execution > 250:  # noqa: PLR2004 - an execution holds no more
        parser.error("calls, rates, shards and processes are above 0, and calls per execution at most 250.")
    return scenario, processes, as_json


if __name__ == "__main__":
    sys.exit(main())
