"""The command behind `make chaos`: random scenarios under random faults, judged by the oracle."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tests.faults.chaos.campaign import AT_ONCE, Campaign, Verdict, seed_of
from tests.faults.chaos.cloud import NoCloud, served_cloud
from tests.faults.chaos.generator import scenario
from tests.faults.chaos.kept_seeds import FILE, keep, kept_seeds

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.faults.oracle_rules import Violation

_EXAMPLES: Final = """\
examples:
  python -m tests.faults.chaos                       200 seeds, and those that once failed before them
  python -m tests.faults.chaos --seeds 50 --first 1000
  python -m tests.faults.chaos --seed 17 --seed 23   these two and no others
  python -m tests.faults.chaos --show 17             the scenario of a seed, without running it
  make chaos SEEDS=50 ARGS="--first 1000 --json"

A seed that fails is added to tests/faults/chaos/failed_seeds.toml (not where CI is set).
exit codes: 0 no violation, 1 violations, 2 wrong usage, or no local cloud
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    options = _parser().parse_args(arguments)
    if options.show is not None:
        _print(json.dumps(scenario(options.show).to_json(), indent=2))
        return 0
    chosen = options.seed or (*kept_seeds(), *range(options.first, options.first + options.seeds))
    began = time.monotonic()
    try:
        verdicts = _run(tuple(dict.fromkeys(chosen)), options.at_once, began)
    except NoCloud as error:
        _tell(str(error))
        return 2
    except KeyboardInterrupt:
        _tell("\ninterrupted")
        return 130
    failed = [verdict for verdict in verdicts if verdict.violations]
    if options.json:
        _print(json.dumps([verdict.to_json() for verdict in verdicts], indent=2, default=str))
    else:
        for verdict in failed:
            _print(_described(verdict))
    _keep(failed)
    count = sum(len(verdict.violations) for verdict in failed)
    summary = f"{len(verdicts)} seeds, {count} violations in {len(failed)} of them; {time.monotonic() - began:.0f} s"
    (_tell if options.json else _print)(summary)
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults.chaos",
        description="Runs random executions under random faults on one local cloud, several at once, and holds each"
        " against the oracle: one terminal record a call, attempts as seen, effects within the tools' marks, and more.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    number = _number(0)
    parser.add_argument("--seeds", type=_number(1), default=200, metavar="N", help="how many seeds (default: 200)")
    parser.add_argument("--first", type=number, default=1, metavar="N", help="the first of them (default: 1)")
    parser.add_argument("--seed", type=number, action="append", metavar="N", help="this seed; may be given repeatedly")
    parser.add_argument("--show", type=number, metavar="N", help="print the scenario of a seed and run nothing")
    parser.add_argument("--json", action="store_true", help="print JSON on standard output, progress on the other")
    parser.add_argument(
        "--at-once", type=_number(1), default=AT_ONCE, metavar="N", help=f"scenarios at a time (default: {AT_ONCE})"
    )
    return parser


class _number:  # noqa: N801 - a type, as argparse calls it
    """A whole number from a least one on."""

    def __init__(self, least: int) -> None:
        self._least = least

    def __call__(self, text: str) -> int:
        """Read it."""
        if text.isdecimal() and int(text) >= self._least:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {self._least}")


def _run(seeds: Sequence[int], at_once: int, began: float) -> list[Verdict]:
    _tell("Starting a local cloud")
    with served_cloud() as (cloud, logs):
        campaign = Campaign(cloud, logs, at_once)
        verdicts: dict[int, Verdict] = {}
        violations = 0
        for verdict in campaign.verdicts(seeds):
            verdicts[verdict.seed] = verdict
            violations += len(verdict.violations)
            _progress(len(verdicts), len(seeds), violations, time.monotonic() - began)
        late = _by_seed(campaign.afterwards())
        # What names no execution is somebody's all the same.
        late[seeds[0]] += late.pop(None, [])
    return [_with_late(verdicts[seed], late.get(seed, [])) for seed in seeds]


def _by_seed(violations: Iterable[Violation]) -> defaultdict[int | None, list[Violation]]:
    found: defaultdict[int | None, list[Violation]] = defaultdict(list)
    for violation in violations:
        found[seed_of(violation)].append(violation)
    return found


def _with_late(verdict: Verdict, late: Sequence[Violation]) -> Verdict:
    return replace(verdict, violations=(*verdict.violations, *late)) if late else verdict


def _described(verdict: Verdict) -> str:
    lines = [f"seed {verdict.seed}", *(f"  {violation}" for violation in verdict.violations)]
    lines.append(f"  scenario: {json.dumps(scenario(verdict.seed).to_json())}")
    lines.append(f"  again: python -m tests.faults.chaos --seed {verdict.seed}\n")
    return "\n".join(lines)


def _keep(failed: Iterable[Verdict]) -> None:
    if os.environ.get("CI"):
        return
    for verdict in failed:
        if keep(verdict.seed, ", ".join(dict.fromkeys(violation.rule for violation in verdict.violations))):
            _tell(f"seed {verdict.seed} is kept in {FILE.name}")


def _progress(done: int, of: int, violations: int, seconds: float) -> None:
    line = f"{done}/{of} seeds, {violations} violations, {seconds:.0f} s"
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{line}" + ("\n" if done == of else ""))
        sys.stderr.flush()
    elif done == of or done % max(1, of // 10) == 0:
        _tell(line)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _tell(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
