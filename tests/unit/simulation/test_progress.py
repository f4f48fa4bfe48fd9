"""How far a long simulation is."""

from __future__ import annotations

import io

from bench.simulation.progress import Progress


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_the_time_left_goes_by_the_pace_of_this_run_not_by_what_was_kept() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = Progress(4000, 4, {0: 1000, 1: 1000}, stream, clock)

    clock.now = 100
    progress.tell(2, 500)

    assert stream.getvalue() == ("2 of 4 slices, 2,500 of 4,000 calls (62 %), 0:01:40 so far, about 0:05:00 left\n")


def test_a_file_gets_a_line_a_minute_and_one_for_each_finished_slice() -> None:
    clock, stream = Clock(), io.StringIO()
    progress = Progress(2000, 2, {}, stream, clock)

    for second in range(1, 131):
        clock.now = second
        progress.tell(0, second)
    progress.tell(0, 1000, finished=True)

    assert [line.split(",")[0] for line in stream.getvalue().splitlines()] == ["0 of 2 slices"] * 2 + ["1 of 2 slices"]


def test_a_terminal_has_one_line_that_is_renewed() -> None:
    clock, stream = Clock(), Terminal()
    progress = Progress(2000, 2, {}, stream, clock)

    for second in (1, 2, 3):
        clock.now = second
        progress.tell(0, second)
    progress.end()

    assert stream.getvalue().count("\n") == 1
    assert stream.getvalue().count("\r") == 3


def test_nothing_done_yet_means_no_guess() -> None:
    assert "not known yet" in Progress(10, 1, {}, io.StringIO(), Clock()).line()
