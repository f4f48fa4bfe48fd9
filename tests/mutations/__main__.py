"""The command behind `make teeth`: applies each mutation of the list to a copy of the project and runs its tests."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from tests.mutations.mutation import PROMISES, BadList, Mutation, load_mutations
from tests.mutations.teeth import Outcome, Teeth, Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXAMPLES: Final = """\
examples:
  python -m tests.mutations                      all of them
  python -m tests.mutations --list               what there is, without running anything
  python -m tests.mutations --only no-fence-at-the-start
  make teeth ARGS="--only no-fence-at-the-start --only attempts-are-added-up"

exit codes: 0 all caught, 1 not all, 2 wrong usage
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        mutations = _chosen(load_mutations(), options.only)
    except (BadList, LookupError) as error:
        parser.error(str(error.args[0]))
    if options.list:
        _print_list(mutations, as_json=options.json)
        return 0
    try:
        return _run(mutations, jobs=options.jobs, as_json=options.json)
    except KeyboardInterrupt:
        _to_the_side("Stopped.")
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.mutations",
        description="Shows that the tests have teeth: puts one fault after the other into a copy of the project, and"
        " runs the tests that must notice it. The project itself is not touched.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", action="append", metavar="NAME", help="try this mutation; may be given repeatedly")
    parser.add_argument("--list", action="store_true", help="list the mutations and run nothing")
    parser.add_argument("--json", action="store_true", help="print JSON on standard output, progress on the other")
    parser.add_argument("--jobs", type=_jobs, default=2, metavar="N", help="how many at a time, 1 to 16 (default: 2)")
    return parser


def _jobs(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 16:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 16")


def _chosen(mutations: tuple[Mutation, ...], names: Sequence[str] | None) -> tuple[Mutation, ...]:
    if names is None:
        return mutations
    known = {mutation.name: mutation for mutation in mutations}
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=3)
            hint = f"Did you mean {' or '.join(close)}?" if close else "--list shows all of them."
            raise LookupError(f"There is no mutation named {name!r}. {hint}")
    return tuple(known[name] for name in dict.fromkeys(names))


def _print_list(mutations: Sequence[Mutation], *, as_json: bool) -> None:
    if as_json:
        fields = ("name", "promise", "why", "file", "tests")
        _print(json.dumps([{field: getattr(mutation, field) for field in fields} for mutation in mutations], indent=2))
        return
    for promise, sentence in PROMISES.items():
        _print(f"{promise}: {sentence}")
        for mutation in mutations:
            if mutation.promise == promise:
                _print(f"    {mutation.name} ({mutation.file})\n        {mutation.why}")


def _run(mutations: Sequence[Mutation], *, jobs: int, as_json: bool) -> int:
    tell = _to_the_side if as_json else _print
    outcomes: list[Outcome] = []
    began = time.monotonic()
    for outcome in Teeth(tell, jobs).outcomes(mutations):
        outcomes.append(outcome)
        tell(_line(outcome, f"{len(outcomes)}/{len(mutations)}"))
    counts = Counter(outcome.verdict for outcome in outcomes)
    summary = ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])
    tell(f"{len(mutations)} mutations: {summary}; {time.monotonic() - began:.0f} s")
    if as_json:
        order = {mutation.name: number for number, mutation in enumerate(mutations)}
        outcomes.sort(key=lambda outcome: order[outcome.mutation.name])
        _print(json.dumps([outcome.to_json() for outcome in outcomes], indent=2))
    return 0 if all(outcome.is_well for outcome in outcomes) else 1


def _line(outcome: Outcome, number: str) -> str:
    mutation = outcome.mutation
    line = f"{number:>6}  {outcome.verdict:<9} {outcome.seconds:5.1f} s  {mutation.promise}  {mutation.name}"
    if outcome.is_well:
        return line
    return "\n".join((line, *(f"        {text}" for text in (mutation.why, *outcome.said.splitlines()))))


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _to_the_side(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
