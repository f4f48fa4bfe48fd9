"""The command behind `make teeth`: applies each mutation of the list to a copy of the project and runs its tests."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

from tests.mutations.mutation import PROMISES, Mutation, load_mutations
from tests.mutations.teeth import Outcome, Teeth
from tests.mutations.trials import BadList, chosen, parser, tell_of, to_the_front, to_the_side

if TYPE_CHECKING:
    from collections.abc import Sequence

_NOUN: Final = "mutation"
_DESCRIPTION: Final = """\
Shows that the tests have teeth: puts one fault after the other into a copy of the project, and runs the tests that must
notice it."""
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
    made = parser("python -m tests.mutations", noun=_NOUN, description=_DESCRIPTION, examples=_EXAMPLES)
    options = made.parse_args(arguments)
    try:
        mutations = chosen(load_mutations(), options.only, noun=_NOUN)
    except (BadList, LookupError) as error:
        made.error(str(error.args[0]))
    if options.list:
        _print_list(mutations, as_json=options.json)
        return 0
    tell = to_the_side if options.json else to_the_front
    try:
        outcomes = Teeth(tell, options.jobs).outcomes(mutations)
        return tell_of(outcomes, mutations, noun=_NOUN, line=_line, as_json=options.json)
    except KeyboardInterrupt:
        to_the_side("Stopped.")
        return 130


def _line(outcome: Outcome) -> str:
    return f"{outcome.fault.promise}  {outcome.fault.name}"


def _print_list(mutations: Sequence[Mutation], *, as_json: bool) -> None:
    if as_json:
        fields = ("name", "promise", "why", "file", "tests")
        listed = [{field: getattr(mutation, field) for field in fields} for mutation in mutations]
        to_the_front(json.dumps(listed, indent=2))
        return
    for promise, sentence in PROMISES.items():
        to_the_front(f"{promise}: {sentence}")
        for mutation in mutations:
            if mutation.promise == promise:
                to_the_front(f"    {mutation.name} ({mutation.file})\n        {mutation.why}")


if __name__ == "__main__":
    sys.exit(main())
