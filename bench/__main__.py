"""All benchmarks: ``python -m bench``. Each runs alone, too: ``python -m bench.direct``."""

from __future__ import annotations

from dataclasses import asdict

from bench import (
    browser,
    direct,
    hedging,
    imports,
    inventory,
    makespan,
    orchestration,
    sequence,
    transitions,
    workflow,
)
from bench.runs import options, print_json, probe_cloud

_IMPORT_ROUNDS = 10
#: Of what takes a second or two a round, and is measured by the least.
_SHORT_ROUNDS = 15


def main() -> None:
    """Run all benchmarks and print their figures."""
    given = options(__doc__, rounds=3)
    with probe_cloud() as runner:
        figures = workflow.measure(runner, given.rounds)
        span = makespan.measure(runner, given.rounds)
        counted = transitions.measure(runner)
        ordered = sequence.measure(runner, given.rounds)
        tails = hedging.measure(runner, 1)
    routes = direct.measure(given.rounds)
    executors = orchestration.measure(_SHORT_ROUNDS)
    cost = imports.measure(_IMPORT_ROUNDS)
    tools = inventory.measure(given.rounds)
    logins = browser.measure(given.rounds)
    if given.json:
        print_json(
            {
                "figures": [asdict(figure) for figure in figures],
                "makespan": asdict(span),
                "transitions": [asdict(each) for each in counted],
                "sequence": asdict(ordered),
                "hedging": [asdict(each) for each in tails],
                "direct": [asdict(each) for each in routes],
                "orchestration": [asdict(each) for each in executors],
                "imports": asdict(cost),
                "inventory": asdict(tools),
                "browser": asdict(logins),
            }
        )
        return
    workflow.report(figures)
    print()
    makespan.report(span)
    print()
    transitions.report(counted)
    print()
    sequence.report(ordered)
    print()
    hedging.report(tails)
    print()
    direct.report(routes)
    print()
    orchestration.report(executors)
    print()
    imports.report(cost)
    print()
    inventory.report(tools)
    print()
    browser.report(logins)


if __name__ == "__main__":
    main()
