"""All benchmarks of the state machine, on one warm local cloud: ``python -m bench``. Each runs alone, too."""

from __future__ import annotations

from dataclasses import asdict

from bench import makespan, transitions, workflow
from bench.runs import options, print_json, probe_cloud


def main() -> None:
    """Run all benchmarks and print their figures."""
    given = options(__doc__, rounds=3)
    with probe_cloud() as runner:
        figures = workflow.measure(runner, given.rounds)
        span = makespan.measure(runner, given.rounds)
        counted = transitions.measure(runner)
    if given.json:
        print_json(
            {
                "figures": [asdict(figure) for figure in figures],
                "makespan": asdict(span),
                "transitions": [asdict(each) for each in counted],
            }
        )
        return
    workflow.report(figures)
    print()
    makespan.report(span)
    print()
    transitions.report(counted)


if __name__ == "__main__":
    main()
