"""The command behind the second half of `make check`: what is unsafe in the code or in the stack."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.checks.check import CODE, NAG, NAG_LOOKS_FOR, NAMES, TEMPLATE
from infra.checks.programs import OWN_ENVIRONMENT
from infra.checks.run import Result, results
from infra.settings import STAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

_EXAMPLES: Final = """\
examples:
  python -m infra.checks                          all of them, in every stage
  python -m infra.checks --list                   what there is
  python -m infra.checks --only nag --only rules
  python -m infra.checks --only semgrep lambdas/browser/handler.py
  python -m infra.checks --only checkov --template cdk.out/tool-executor-dev.template.json --stage dev

exit codes: 0 nothing found, 1 something found, 2 wrong usage or not installed
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.list:
        for name, looks_for in ((NAG, NAG_LOOKS_FOR), *((each.name, each.looks_for) for each in (*TEMPLATE, *CODE))):
            _print(f"{name:<10} {looks_for}")
        return 0
    if not OWN_ENVIRONMENT.is_dir():
        parser.error(f"{OWN_ENVIRONMENT.parent.name} is not there; `make check` makes it.")
    if (options.template is None) != (options.stage is None):
        parser.error("--template and --stage go together: some rules are for one stage only.")
    templates = {options.stage: options.template} if options.template else {}
    return _run(options.only or NAMES, files=options.files, templates=templates, as_json=options.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.checks",
        description="Looks for what is unsafe in the code and in the stack. Nothing leaves the machine.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="*", help="look at these files only, where a check looks at files")
    parser.add_argument("--only", action="append", choices=NAMES, help="run this check; may be given repeatedly")
    parser.add_argument("--template", type=Path, metavar="FILE", help="look at this template instead of a new one")
    parser.add_argument("--stage", choices=[stage.name for stage in STAGES], help="the stage of --template")
    parser.add_argument("--list", action="store_true", help="list the checks and run nothing")
    parser.add_argument("--json", action="store_true", help="print JSON")
    return parser


def _run(names: Sequence[str], *, files: Sequence[str], templates: dict[str, Path], as_json: bool) -> int:
    began = time.monotonic()
    found: list[Result] = []
    for result in results(names, files=files, templates=templates):
        found.append(result)
        if not as_json:
            _print(_line(result))
    bad = [result for result in found if not result.is_well]
    if as_json:
        _print(json.dumps([result.to_json() for result in found], indent=2))
    else:
        _print(f"{len(found)} checks, {len(bad)} found something; {time.monotonic() - began:.0f} s")
    return 1 if bad else 0


def _line(result: Result) -> str:
    subject = f"{result.looks_for}{f' ({result.stage})' if result.stage else ''}"
    line = f"{'ok' if result.is_well else 'FOUND':<6} {result.check:<9} {result.seconds:5.1f} s  {subject}"
    if result.is_well:
        return line
    return f"{line}\n{textwrap.indent(result.said, '        ')}\n        -> {result.hint}"


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
