"""The command behind `make check-teeth`: plants each fault of the list, and runs the check that must find it."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

from infra.checks.run import synthesized
from infra.settings import STAGES
from tests.check_teeth.fault import Fault, load_faults
from tests.check_teeth.planting import Outcome, Planting
from tests.mutations.trials import BadList, chosen, parser, tell_of, to_the_front, to_the_side

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_NOUN: Final = "fault"
_DESCRIPTION: Final = """\
Shows that the checks have teeth: plants one fault after the other into a copy of the project, or into its template, and
runs the check that must find it."""
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
    made = parser("python -m tests.check_teeth", noun=_NOUN, description=_DESCRIPTION, examples=_EXAMPLES)
    options = made.parse_args(arguments)
    try:
        faults = chosen(load_faults(), options.only, noun=_NOUN)
    except (BadList, LookupError) as error:
        made.error(str(error.args[0]))
    if options.list:
        _print_list(faults, as_json=options.json)
        return 0
    try:
        outcomes = Planting(_templates, options.jobs).outcomes(faults)
        return tell_of(outcomes, faults, noun=_NOUN, line=_line, as_json=options.json)
    except KeyboardInterrupt:
        to_the_side("Stopped.")
        return 130


def _line(outcome: Outcome) -> str:
    return f"{outcome.fault.check:<9} {outcome.fault.name}"


def _print_list(faults: Sequence[Fault], *, as_json: bool) -> None:
    if as_json:
        fields = ("name", "check", "finds", "why")
        to_the_front(json.dumps([{field: getattr(fault, field) for field in fields} for fault in faults], indent=2))
        return
    for check in dict.fromkeys(fault.check for fault in faults):
        to_the_front(check)
        for fault in faults:
            if fault.check == check:
                to_the_front(f"    {fault.name} ({fault.finds})\n        {fault.why}")


def _templates() -> dict[str, Path]:
    names = [stage.name for stage in STAGES]
    with ThreadPoolExecutor(len(names)) as pool:
        made = zip(names, pool.map(synthesized, names), strict=True)
        return {name: file for name, (file, _) in made}


if __name__ == "__main__":
    sys.exit(main())
