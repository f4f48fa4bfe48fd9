"""What `make teeth` and `make check-teeth` share: a list of faults, each tried in a copy of the project."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from difflib import get_close_matches
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tests.mutations.project_copy import ProjectCopy


class BadList(Exception):
    """A file of the list does not say what a fault is."""


class DoesNotApply(Exception):
    """The code, or the template, has no place any more for a fault."""


class Named(Protocol):
    """A fault of a list."""

    @property
    def name(self) -> str: ...

    @property
    def why(self) -> str: ...


class Tried(Protocol):
    """How a fault fared. `fault` is which, `said` what a person needs to know where it was not well."""

    @property
    def fault(self) -> Named: ...

    @property
    def verdict(self) -> str: ...

    @property
    def is_well(self) -> bool: ...

    @property
    def seconds(self) -> float: ...

    @property
    def said(self) -> str: ...

    def to_json(self) -> dict[str, Any]: ...


Fault = TypeVar("Fault", bound=Named)
Outcome = TypeVar("Outcome", bound=Tried)


def parser(prog: str, *, noun: str, description: str, examples: str) -> argparse.ArgumentParser:
    """Return the parser of a command that tries faults of a list, each called a `noun`."""
    made = argparse.ArgumentParser(
        prog=prog,
        description=f"{description} The project itself is not touched.",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--only", action="append", metavar="NAME", help=f"try this {noun}; may be given repeatedly")
    made.add_argument("--list", action="store_true", help=f"list the {noun}s and run nothing")
    made.add_argument("--json", action="store_true", help="print JSON on standard output, progress on the other")
    made.add_argument("--jobs", type=_jobs, default=2, metavar="N", help="how many at a time, 1 to 16 (default: 2)")
    return made


def _jobs(text: str) -> int:
    if text.isdecimal() and 1 <= int(text) <= 16:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 16")


def chosen(faults: Sequence[Fault], names: Sequence[str] | None, *, noun: str) -> tuple[Fault, ...]:
    """Return the faults of these names, or all. Raises LookupError with a sentence that helps."""
    if names is None:
        return tuple(faults)
    known = {fault.name: fault for fault in faults}
    for name in names:
        if name not in known:
            close = get_close_matches(name, known, n=3)
            hint = f"Did you mean {' or '.join(close)}?" if close else "--list shows all of them."
            raise LookupError(f"There is no {noun} named {name!r}. {hint}")
    return tuple(known[name] for name in dict.fromkeys(names))


def in_copies(
    faults: Sequence[Fault], copies: Sequence[ProjectCopy], tried: Callable[[ProjectCopy, Fault], Outcome]
) -> Iterator[Outcome]:
    """Yield how each fault fares, as soon as that is known; one at a time in each copy."""
    free: SimpleQueue[ProjectCopy] = SimpleQueue()
    for copy in copies:
        free.put(copy)

    def in_a_free_one(fault: Fault) -> Outcome:
        copy = free.get()
        try:
            return tried(copy, fault)
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        try:
            yield from (done.result() for done in as_completed([pool.submit(in_a_free_one, each) for each in faults]))
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # what is under way ends, the rest is not begun


def tell_of(
    outcomes: Iterable[Outcome],
    faults: Sequence[Named],
    *,
    noun: str,
    line: Callable[[Outcome], str],
    as_json: bool,
) -> int:
    """Print each outcome as it comes, then their sum; return the exit code. `line` says what there is to see of one."""
    tell = to_the_side if as_json else to_the_front
    told: list[Outcome] = []
    began = time.monotonic()
    for outcome in outcomes:
        told.append(outcome)
        tell(_shown(outcome, f"{len(told)}/{len(faults)}", line))
    counts = Counter(outcome.verdict for outcome in told)
    summary = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    tell(f"{len(faults)} {noun}s: {summary}; {time.monotonic() - began:.0f} s")
    if as_json:
        order = {fault.name: number for number, fault in enumerate(faults)}
        told.sort(key=lambda outcome: order[outcome.fault.name])
        to_the_front(json.dumps([outcome.to_json() for outcome in told], indent=2))
    return 0 if all(outcome.is_well for outcome in told) else 1


def _shown(outcome: Outcome, number: str, line: Callable[[Outcome], str]) -> str:
    first = f"{number:>6}  {outcome.verdict:<9} {outcome.seconds:5.1f} s  {line(outcome)}"
    if outcome.is_well:
        return first
    return "\n".join((first, *(f"        {text}" for text in (outcome.fault.why, *outcome.said.splitlines()))))


def to_the_front(text: str) -> None:
    """Print what was asked for."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def to_the_side(text: str) -> None:
    """Print what is said about it."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
