"""A retrier counts its attempts under one name, however many iterations fail at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from moto.stepfunctions.parser.asl.component import eval_component
from moto.stepfunctions.parser.asl.component.common.retry.max_attempts_decl import MaxAttemptsDecl

from tool_executor.local.moto_patches import interpreter
from tool_executor.local.moto_patches.correction import AppliedCorrections

if TYPE_CHECKING:
    from collections.abc import Iterator

ITERATIONS = 8


@pytest.fixture
def _corrected() -> Iterator[None]:
    applied = AppliedCorrections(interpreter.corrections("http://localhost:9"))
    yield
    applied.revert()


@pytest.fixture
def _all_ask_before_one_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold whoever makes a name up until all others do so too, or until it is plain that they do not."""
    make, everybody = eval_component.long_uid, threading.Barrier(ITERATIONS)

    def slow() -> str:
        with suppress(threading.BrokenBarrierError):
            everybody.wait(timeout=5)
        return str(make())

    monkeypatch.setattr(eval_component, "long_uid", slow)


@pytest.mark.usefixtures("_corrected", "_all_ask_before_one_is_answered")
def test_iterations_that_ask_at_once_get_one_name_of_a_counter() -> None:
    counter = MaxAttemptsDecl()

    with ThreadPoolExecutor(ITERATIONS) as iterations:
        names = set(iterations.map(lambda _: counter.heap_key, range(ITERATIONS)))

    assert len(names) == 1


@pytest.mark.usefixtures("_corrected")
def test_two_retriers_count_apart() -> None:
    first, second = MaxAttemptsDecl(), MaxAttemptsDecl()

    assert first.heap_key == first.heap_key != second.heap_key
