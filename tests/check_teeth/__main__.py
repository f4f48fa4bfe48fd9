"""The command behind `make check-teeth`: plants each fault of the list, and runs the check that must find it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from infra.checks.run import synthesized
from infra.settings import STAGES
from tests.check_teeth.fault import BadList, Fault, load_faults
from tests.check_teeth.planting import Outcome, Planting, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_EXAMPLES: Final = """\
examples:
  python -m tests.check_teeth                    all of them
  python -m tests.check_teeth --list             what there is, without running anything
  python -m tests.check_teeth --only a-raw-goto
  make check-teeth ARGS="--only a-star-action --only a-plain-topic"

exit codes: 0 all found, 1 not all, 2 wrong usage
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        faults = _chosen(load_faults(), options.only)
    except (BadList, LookupError) as error:
        parser.error(str(error.args[0]))
    if options.list:
        _print_list(faults, as_json=options.json)
        return 0
    try:
        return _run(faults, jobs=options.jobs, as_json=options.json)
    except KeyboardInterrupt:
        _to_the_side("Stopped.")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.check_teeth",
        description="Shows that the checks have teeth: plants one fault after the other into a copy of the project, or"
        " into its template, and runs the check that must find it. The project itself is not touched.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", action="append", metavar="NAME", help="plant this fault; may be given repeatedly")
    parser.add_argument("--list", action="store_true", help="list the faults and run nothing")
    parser.add_argument("--json", action="store_true", help="print JSON on standard output, progress on the other")
    parser.add_argument("--jobs", type=_jobs, default=2, metavar="N", help="how many at a time, 1 to 16 (default: 2)")
    return parser


def _jobs(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 16:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 16")


def _chosen(faults: tuple[Fault, ...], names: Sequence[str] | None) -> tuple[Fault, ...]:
    if names is None:
        return faults
    known = {fault.name: fault for fault in faults}
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=3)
            hint = f"Did you mean {' or '.join(close)}?" if close else "--list shows all of them."
            raise LookupError(f"There is no fault named {name!r}. {hint}")
    return tuple(known[name] for name in dict.fromkeys(names))


def _print_list(faults: Sequence[Fault], *, as_json: bool) -> None:
    if as_json:
        fields = ("name", "check", "finds", "why")
        _print(json.dumps([{field: getattr(fault, field) for field in fields} for fault in faults], indent=2))
        return
    for check in dict.fromkeys(fault.check for fault in faults):
        _print(check)
        for fault in faults:
            if fault.check == check:
                _print(f"    {fault.name} ({fault.finds})\n        {fault.why}")


def _run(faults: Sequence[Fault], *, jobs: int, as_json: bool) -> int:
    tell = _to_the_side if as_json else _print
    outcomes: list[Outcome] = []
    began = time.monotonic()
    for outcome in Planting(_templates, jobs).outcomes(faults):
        outcomes.append(outcome)
        tell(_line(outcome, f"{len(outcomes)}/{len(faults)}"))
    counts = Counter(outcome.verdict for outcome in outcomes)
    summary = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
    tell(f"{len(faults)} faults: {summary}; {time.monotonic() - began:.0f} s")
    if as_json:
        order = {fault.name: number for number, fault in enumerate(faults)}
        outcomes.sort(key=lambda outcome: order[outcome.fault.name])
        _print(json.dumps([outcome.to_json() for outcome in outcomes], indent=2))
    return 0 if all(outcome.is_well for outcome in outcomes) else 1


def _templates() -> dict[str, Path]:
    names = [stage.name for stage in STAGES]
    with ThreadPoolExecutor(len(names)) as pool:
        made = zip(names, pool.map(synthesized, names), strict=True)
        return {name: file for name, (file, _) in made}


def _line(outcome: Outcome, number: str) -> str:
    fault = outcome.fault
    line = f"{number:>6}  {outcome.verdict:<9} {outcome.seconds:5.1f} s  {fault.check:<9} {fault.name}"
    if outcome.is_well:
        return line
    return "\n".join((line, *(f"        {text}" for text in (fault.why, *outcome.said.splitlines()))))


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _to_the_side(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
