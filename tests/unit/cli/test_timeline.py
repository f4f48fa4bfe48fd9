"""The timeline: what each stretch of a call's time was, who began after whom, and how that is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cli.records import START_MS, at, call, entry, execution
from tool_executor.cli.timeline_bars import axis, drawn, load
from tool_executor.cli.timeline_page import picture, split, words
from tool_executor.timeline import CallLine, Kind, Stretch, Timeline, timeline_of

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW_MS = START_MS + 10_000
QUEUED, BACKOFF = Kind.QUEUED, Kind.BACKOFF


def timeline(*records: dict[str, Any], now_ms: int = NOW_MS) -> Timeline:
    return timeline_of(records, now_ms)


def bar(*records: dict[str, Any], width: int = 10) -> list[str]:
    """Each call's line: a letter is a second where the execution takes ten."""
    seen = timeline(*records)
    return [drawn(line.stretches, seen.length_ms, width) for line in seen.lines]


def seconds(line: CallLine) -> list[tuple[Kind, float, float]]:
    return [(one.kind, one.from_ms / 1000, one.to_ms / 1000) for one in line.stretches]


def test_a_call_waits_runs_and_waits_between_its_attempts() -> None:
    log = [entry(1, 2, 1, "retry", delay_seconds=2), entry(2, 5, 4)]

    (line,) = timeline(execution(), call("c1", *log, end=9)).lines

    assert seconds(line) == [(QUEUED, 0, 2), (Kind.FAILED, 2, 3), (BACKOFF, 3, 5), (Kind.SUCCEEDED, 5, 9)]
    assert bar(execution(), call("c1", *log, end=9)) == ["..f--ssss "]


@pytest.mark.parametrize(
    ("last", "letter"),
    [
        (entry(1, 0, 10), "s"),
        (entry(1, 0, 10, "cached"), "c"),
        (entry(1, 0, 10, "replayed"), "r"),
        (entry(1, 0, 10, "end"), "f"),
        (entry(1, 0, 10, "end", error_code="ToolTimeout"), "t"),
        (entry(1, 0, 10, candidate=1), "S"),
        (entry(1, 0, 10, "end", candidate=2), "F"),
    ],
)
def test_each_outcome_has_a_letter_and_a_fallbacks_is_a_capital(last: dict[str, Any], letter: str) -> None:
    assert bar(execution(), call("c1", last, end=10)) == [letter * 10]


def test_a_call_that_was_never_begun_waited_until_it_ended() -> None:
    assert bar(execution(), call("c1", end=10, status="timeout")) == [".........."]
    assert bar(execution(), call("c1", end=10, status="skipped")) == [" " * 10]
    assert bar(execution(end=None), call("c1")) == [".........."]


def test_what_runs_lasts_until_now() -> None:
    running = {"status": "running", "attempts": 1, "attempt_started_at": at(4)}

    assert bar(execution(end=None), call("c1", **running)) == ["....======"]


def test_a_later_attempt_that_runs_follows_what_the_log_tells() -> None:
    running = {"status": "retrying", "attempts": 2, "attempt_started_at": at(6)}

    assert bar(execution(end=None), call("c1", entry(1, 1, 2, "retry"), **running)) == [".ff---===="]


def test_an_attempt_after_one_that_never_began_has_the_same_number() -> None:
    """Lambda had no room for the first: that takes no attempt."""
    running = {"status": "running", "attempts": 1, "attempt_started_at": at(6)}

    assert bar(execution(end=None), call("c1", entry(1, 1, 2, "retry"), **running)) == [".ff---===="]


def test_an_attempt_that_the_end_of_the_execution_cut_off_is_marked() -> None:
    cut = {"status": "cancelled", "attempts": 1, "attempt_started_at": at(2)}

    assert bar(execution(), call("c1", end=5, **cut)) == ["..xxx     "]


def test_a_call_whose_last_attempt_failed_waits_for_the_next_until_the_end() -> None:
    ended = {"status": "timeout", "attempts": 1, "attempt_started_at": at(1)}

    assert bar(execution(), call("c1", entry(1, 1, 2, "retry"), end=10, **ended)) == [".ff-------"]


def test_whatever_ran_has_a_letter_however_short_it_was() -> None:
    log = [entry(1, 2, 0.001, "retry"), entry(2, 7, 0.001)]

    assert bar(execution(), call("c1", *log, end=7.1)) == ["..f----s  "]


def test_calls_that_began_late_began_after_those_that_made_room() -> None:
    calls = [
        call("c1", entry(1, 0, 3), end=3),
        call("c2", entry(1, 0, 5), end=5),
        call("c3", entry(1, 3.1, 1), end=4.1),
        call("c4", entry(1, 4.2, 4), end=8.2),
        call("c5", entry(1, 5.1, 1), end=6.1),
    ]

    after = {line.call_id: line.after for line in timeline(execution(), *calls).lines}

    assert after == {"c1": None, "c2": None, "c3": "c1", "c4": "c3", "c5": "c2"}


def test_two_places_that_are_free_at_once_are_taken_by_two() -> None:
    calls = [call(f"c{n}", entry(1, 0, 3), end=3) for n in (1, 2)]
    calls += [call(f"c{n}", entry(1, 3.1, 1), end=4.1) for n in (3, 4)]

    after = [line.after for line in timeline(execution(), *calls).lines]

    assert sorted(filter(None, after)) == ["c1", "c2"]


def test_in_a_sequence_a_call_began_after_the_one_before_it() -> None:
    calls = [call("c1", entry(1, 0, 1), end=1), call("c2", entry(1, 1, 1), end=2), call("c3", entry(1, 2, 1), end=3)]

    after = [line.after for line in timeline(execution("sequence"), *calls).lines]

    assert after == [None, "c1", "c2"]


def test_clocks_that_disagree_draw_nothing_outside_of_the_line() -> None:
    assert bar(execution(end=1), call("c1", entry(1, -2, 40), end=1)) == ["ssssssssss"]


@given(
    st.lists(st.tuples(st.sampled_from(Kind), st.floats(0, 1e6), st.floats(0, 1e6)), max_size=8),
    st.integers(1, 100),
)
def test_a_line_is_as_wide_as_told(parts: list[tuple[Kind, float, float]], width: int) -> None:
    stretches = [Stretch(kind, begin, begin + length) for kind, begin, length in parts]

    line = drawn(stretches, 1e6, width)

    assert len(line) == width
    assert all(letter == " " or letter in {one.letter for one in stretches} for letter in line)


def test_the_load_counts_what_ran_at_once() -> None:
    calls = [call(f"c{n}", entry(1, n % 2 * 5, 5), end=n % 2 * 5 + 5) for n in range(12)]
    seen = timeline(execution(), *calls, *[call(f"d{n}", entry(1, 5, 5), end=10) for n in range(9)])

    assert load(seen.lines, seen.length_ms, 10) == "66666+++++"


@pytest.mark.parametrize("width", [20, 61, 300])
@pytest.mark.parametrize("length_ms", [1.0, 123.4, 8_851.0, 86_400_000.0])
def test_the_axis_has_its_width(width: int, length_ms: float) -> None:
    line = axis(length_ms, width)

    assert len(line) == width
    assert line.startswith("0")
    assert line.endswith(" s")


def page(lines: Sequence[CallLine], folded: Sequence[CallLine] = (), width: int = 80) -> list[str]:
    seen = Timeline(None, tuple(lines), 10_000)
    return [text.plain for text in picture(seen, lines, folded, width)]


def test_the_picture_keeps_to_80_columns_whatever_the_names() -> None:
    name = "a" * 64
    calls = [call(name, entry(1, 0, 3), end=3), call("c2", entry(1, 3, 5, "end"), end=8, status="failed")]

    lines = page(timeline(execution(), *calls).lines)

    assert max(map(len, lines)) <= 80
    assert lines[1].endswith("success")
    assert lines[2].endswith("failed")


def test_foreign_text_steers_no_terminal() -> None:
    lines = page(timeline(execution(), call("c1\x1b[2J", entry(1, 0, 3), end=3)).lines)

    assert "\x1b" not in "".join(lines)


def test_of_250_calls_those_that_simply_succeeded_share_a_line() -> None:
    calls = [call(f"c{n}", entry(1, n / 50, 1), end=n / 50 + 1) for n in range(250)]
    calls[7] = call("c7", entry(1, 0, 1, "end"), end=1, status="failed", error_code="Unavailable")
    calls[9] = call("c9", entry(1, 0, 1, "cached"), end=1)

    shown, folded = split(timeline(execution(), *calls).lines)

    assert [line.call_id for line in shown] == ["c7", "c9"]
    assert len(folded) == 248
    assert len(page(shown, folded)) < 10


def test_few_calls_are_not_folded() -> None:
    calls = [call(f"c{n}", entry(1, 0, 1), end=1) for n in range(40)]

    assert split(timeline(execution(), *calls).lines)[1] == []


def told(*records: dict[str, Any], every: bool = True) -> str:
    lines = [text.plain for text in words(timeline(*records).lines, 10_000, every=every)]
    return "\n".join(lines)


def test_words_tell_what_happened_and_why() -> None:
    log = [
        entry(1, 1, 0.5, "retry", delay_seconds=2.1),
        entry(2, 3.6, 0.5, "fallback"),
        entry(3, 4.2, 0.1, "end", candidate=1, tool_name="other", error_code="CircuitOpen", error="It is open."),
    ]
    failed = {"status": "failed", "error_code": "CircuitOpen", "error": "It is open.", "execution_time_ms": 3300.0}

    said = told(execution(), call("c1", *log, end=4.3, **failed))

    assert "c1  echo: failed (3 attempts, 3.30 s)" in said
    assert "1.00 s  began after 1.00 s, when it was planned" in said
    assert "attempt 1 of echo, 500 ms: Unavailable: It is away.; retried in 2.1 s" in said
    assert "attempt 2 of echo, 500 ms: Unavailable: It is away.; next the fallback 1, other" in said
    assert "CircuitOpen: It is open.; failed for good: the tool's circuit breaker was open" in said


@pytest.mark.parametrize(
    ("last", "row", "expected"),
    [
        ({"decision": "cached"}, {}, "answered from the cache"),
        ({"decision": "replayed"}, {}, "stored result of an earlier call"),
        ({"decision": "end", "error_code": "DeadlineTooClose"}, {}, "deadline was too close to begin"),
        ({"decision": "end", "effect": "unknown"}, {"retryable": True}, "may have had an effect"),
        ({"decision": "end", "effect": "none"}, {"retryable": True}, "no tries or no time were left"),
        ({"decision": "end", "effect": "none"}, {"retryable": False}, "another try would not help"),
    ],
)
def test_words_for_each_end(last: dict[str, Any], row: dict[str, Any], expected: str) -> None:
    assert expected in told(execution(), call("c1", {**entry(1, 0, 1, "end"), **last}, end=1, **row))


def test_two_attempts_beside_each_other_are_drawn_and_told_in_time() -> None:
    won = call("c1", entry(1, 1, 3, "overtaken", error=None, error_code=None), entry(2, 3, 1), end=4)
    lost = call("c2", entry(1, 1, 4), end=5, attempts=2, hedge_attempt=2, hedges=1, attempt_started_at=at(3))
    timeline = timeline_of([execution(), won, lost], START_MS + 10_000)

    assert [drawn(line.stretches, 10_000, 10) for line in timeline.lines] == [".oos      ", ".ssoo     "]
    assert [line.began_ms for line in timeline.lines] == [1_000, 1_000]
    said = told(execution(), won, lost)
    assert "attempt 1 of echo, 3000 ms: left: the attempt beside it had answered" in said
    assert said.index("attempt 1 of echo, 4000 ms: answered") < said.index("attempt 2 of echo, 2000 ms: left")


def test_of_two_attempts_that_failed_the_words_say_that_one_waited_for_the_other() -> None:
    said = told(execution(), call("c1", entry(1, 0, 3, "hedged"), entry(2, 1, 2, "end", effect="none"), end=3))
    assert "attempt 1 of echo, 3000 ms: Unavailable: It is away.; the attempt beside it was waited for" in said


def test_words_for_what_no_log_tells() -> None:
    cut = {"status": "cancelled", "attempts": 1, "attempt_started_at": at(2), "effect": "unknown"}
    why = {"error_code": "Cancelled", "error": "The execution was stopped."}

    said = told(execution(), call("c1", end=5, **cut, **why), call("c2", status="pending"))

    assert "2.00 s  attempt 1 of echo: cut off" in said
    assert "5.00 s  cancelled: Cancelled: The execution was stopped.; effect unknown" in said
    assert "waits: it has not begun" in said


def test_words_of_calls_that_simply_succeeded_are_told_only_if_asked_for() -> None:
    calls = [execution(), call("c1", entry(1, 0, 1), end=1), call("c2", entry(1, 1.5, 1), end=2.5)]

    assert told(*calls, every=False) == ""
    assert "began after 1.50 s, 0.50 s after c1 had ended" in told(*calls, every=True)


def test_words_keep_to_the_width_and_hang() -> None:
    log = entry(1, 0, 1, "end", error="It does not work, and this is a long sentence that says so at some length.")
    seen = timeline(execution(), call("c1", log, end=1, status="failed", error_code="Unavailable"))

    lines = [line for text in words(seen.lines, 60, every=True) for line in text.plain.splitlines()]

    assert max(map(len, lines)) <= 60
    assert any(line.startswith(" " * 14) for line in lines)


def test_a_call_tells_which_earlier_results_its_input_is_made_of() -> None:
    own = '{"a":{"$from":"c0","pointer":"/x/0"},"b":{"$from":"c0","pointer":""}}'
    fallbacks = '[{"tool_name":"echo","input":{"$from":"c0"}}]'
    record = call("c1", entry(1, 2, 1), end=3, input=own, fallbacks=fallbacks, resolved_candidate=0)
    plain = call("c2", entry(1, 2, 1), end=3, input='{"a":"from"}')

    lines = timeline(execution(), record, plain).lines
    told = " ".join(text.plain for text in words(lines, 200, every=False))

    assert "the input at /a is c0 /x/0" in told
    assert "the input at /b is all of c0" in told
    assert "fallback 1's input at its top is all of c0" in told
    assert "c2" not in told
