"""Shows that the tests have teeth: applies each mutation to a private copy, and sees whether its tests notice."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from tests.mutations.project_copy import ROOT, ProjectCopy, TestRun
from tests.mutations.trials import DoesNotApply, in_copies

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tests.mutations.mutation import Mutation

_MUTATED_SECONDS: Final = 420
_UNMUTATED_SECONDS: Final = 900
_NOTHING_RAN: Final = TestRun(frozenset(), frozenset(), complete=False, printed="")


class Verdict(StrEnum):
    """What came of a mutation. Only the first is well."""

    CAUGHT = "caught"
    SURVIVED = "survived"
    DOES_NOT_APPLY = "does not apply"
    #: Its tests fail, or are missing, without it.
    TESTS_UNFIT = "tests unfit"
    #: pytest came to no result: nothing could be imported, or it had to be ended.
    NO_RESULT = "no result"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a mutation fared. `said` is what a person needs to know where it was not caught."""

    fault: Mutation
    verdict: Verdict
    seconds: float = 0.0
    said: str = ""

    @property
    def is_well(self) -> bool:
        """Whether the tests have noticed."""
        return self.verdict is Verdict.CAUGHT

    def to_json(self) -> dict[str, Any]:
        """Return the outcome as plain JSON values."""
        told = {"name": self.fault.name, "promise": self.fault.promise, "file": self.fault.file}
        return {**told, "verdict": self.verdict.value, "seconds": round(self.seconds, 1), "said": self.said}


@dataclass(frozen=True, slots=True)
class Teeth:
    """Tries mutations, `jobs` at a time. `tell` gets a line on each step."""

    tell: Callable[[str], None]
    jobs: int = 2
    root: Path = ROOT

    def outcomes(self, mutations: Sequence[Mutation]) -> Iterator[Outcome]:
        """Yield how each mutation fares, as soon as that is known."""
        with ExitStack() as stack:
            copies = [stack.enter_context(ProjectCopy.made(self.root)) for _ in range(min(self.jobs, len(mutations)))]
            fit, unfit = self._sorted_out(copies[0], mutations)
            yield from unfit
            yield from in_copies(fit, copies, _tried)

    def _sorted_out(self, copy: ProjectCopy, mutations: Sequence[Mutation]) -> tuple[list[Mutation], list[Outcome]]:
        """Run all tests on the code as it is: one that fails there, or is not there, can notice nothing."""
        # pytest would run none of them if one were not there.
        tests = sorted({test for mutation in mutations for test in mutation.tests if copy.has(test)})
        self.tell(f"{len(tests)} tests on the code as it is, which they must pass")
        began = time.monotonic()
        processes = min(self.jobs, len(tests))
        run = copy.run(tests, processes=processes, seconds=_UNMUTATED_SECONDS) if tests else _NOTHING_RAN
        self.tell(f"{len(run.ran - run.failed)} passed in {time.monotonic() - began:.0f} s")
        good = run.ran - run.failed if run.complete else frozenset()
        fit = [mutation for mutation in mutations if good.issuperset(mutation.tests)]
        return fit, [_unfit(mutation, run, good) for mutation in mutations if mutation not in fit]


def _unfit(mutation: Mutation, run: TestRun, good: frozenset[str]) -> Outcome:
    bad = [test for test in mutation.tests if test not in good]
    said = "without the mutation, these fail or are not there: " + ", ".join(bad)
    return Outcome(mutation, Verdict.TESTS_UNFIT, said=said if run.ran else f"{said}\n{run.printed}")


def _tried(copy: ProjectCopy, mutation: Mutation) -> Outcome:
    began = time.monotonic()
    try:
        with copy.mutated(mutation):
            verdict, said = _judged(mutation, copy)
    except DoesNotApply as error:
        verdict, said = Verdict.DOES_NOT_APPLY, str(error)
    return Outcome(mutation, verdict, time.monotonic() - began, said)


def _judged(mutation: Mutation, copy: ProjectCopy) -> tuple[Verdict, str]:
    for test in mutation.tests:
        run = copy.run([test], seconds=_MUTATED_SECONDS)
        if test in run.failed:
            continue
        if run.complete and test in run.ran:
            return Verdict.SURVIVED, f"{test} passes with the fault in the code"
        return Verdict.NO_RESULT, f"{test} came to no result\n{run.printed}"
    return Verdict.CAUGHT, ""
