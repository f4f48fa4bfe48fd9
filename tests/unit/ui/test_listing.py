from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from typing import TYPE_CHECKING

import pytest

from tests.unit.client.history_rows import HistoryRows, history_rows
from tool_executor.history import History
from tool_executor.ui.listing import PAGE_ROWS, Cursor, Filter, Listing

if TYPE_CHECKING:
    from tests.unit.ui.conftest import Page

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


def fill(rows: HistoryRows, count: int, *, apart: timedelta) -> list[str]:
    names = [f"e{number:03}" for number in range(count)]
    for number, name in enumerate(names):
        rows.execution(name, {"tool_name": "echo"}, started_at=at(NOW - apart * number))
    return names


def walked(rows: HistoryRows, wanted: Filter, what: str = "execution_id") -> list[list[str]]:
    pages: list[list[str]] = []
    cursor: Cursor | None = None
    while True:
        page = Listing(rows_history(rows), wanted, NOW).page(cursor)
        pages.append([row[what] for row in page.rows])
        if page.following is None:
            return pages
        assert len(pages) < 10, "the pages do not end"
        cursor = Cursor.parsed(str(page.following))


def rows_history(rows: HistoryRows) -> History:
    return History.of(rows.aws, rows.deployment)


def test_pages_follow_each_other_over_days_without_a_row_lost_or_told_twice() -> None:
    with history_rows() as rows:
        names = fill(rows, 60, apart=timedelta(hours=2))
        pages = walked(rows, Filter())
    assert [name for page in pages for name in page] == names
    assert [len(page) for page in pages] == [PAGE_ROWS, PAGE_ROWS, 10]


def test_rows_of_one_moment_are_told_once_each_across_pages() -> None:
    with history_rows() as rows:
        rows.execution("many", *[{"tool_name": "echo", "call_id": f"c{n}"} for n in range(60)], started_at=at(NOW))
        rows.execution("one", {"tool_name": "echo", "call_id": "last"}, started_at=at(NOW - timedelta(days=1)))
        pages = walked(rows, Filter(tool="echo"), "call_id")
    listed = [name for page in pages for name in page]
    assert len(listed) == len(set(listed)) == 61
    assert listed[-1] == "last"


def test_a_list_goes_no_further_back_than_a_week_unless_told() -> None:
    with history_rows() as rows:
        rows.execution("old", {"tool_name": "echo"}, started_at=at(NOW - timedelta(days=8)))
        assert walked(rows, Filter()) == [[]]
        assert walked(rows, Filter(since="30d")) == [["old"]]
        assert walked(rows, Filter(correlation_id="old")) == [["old"]]


def test_filters_choose_by_status_time_correlation_and_tool() -> None:
    with history_rows() as rows:
        early, late = NOW - timedelta(hours=5), NOW - timedelta(hours=1)
        rows.execution("a", {"tool_name": "echo"}, started_at=at(late), correlation_id="x", status="partial")
        rows.execution("b", {"tool_name": "flaky"}, {"tool_name": "echo"}, started_at=at(early), correlation_id="x")
        rows.execution("c", {"tool_name": "flaky", "status": "failed"}, started_at=at(late))
        assert walked(rows, Filter(status="partial")) == [["a"]]
        assert walked(rows, Filter(since="2h")) in ([["a", "c"]], [["c", "a"]])
        assert walked(rows, Filter(until="2h")) == [["b"]]
        assert walked(rows, Filter(correlation_id="x")) == [["a", "b"]]
        assert walked(rows, Filter(tool="flaky")) == [["c", "b"]]
        assert walked(rows, Filter(tool="flaky", status="failed")) == [["c"]]
        assert walked(rows, Filter(correlation_id="x", tool="flaky")) == [["b"]]


def test_executions_of_a_correlation_id_show_their_counts_as_those_of_a_day_do() -> None:
    with history_rows() as rows:
        counts = {"total": 2, "success": 1, "failed": 1}
        for name in ("a", "b"):
            rows.execution(name, {}, {}, started_at=at(NOW), correlation_id="x", counts=counts, deadline=at(NOW))
        listed = {
            wanted: Listing(rows_history(rows), wanted, NOW).page(None).rows
            for wanted in (Filter(), Filter(correlation_id="x"))
        }
        by_day, by_correlation = (sorted(page, key=itemgetter("execution_id")) for page in listed.values())
    assert by_correlation == by_day
    assert [row["counts"] for row in by_correlation] == [counts, counts]


def test_a_page_by_correlation_id_reads_the_records_that_it_shows_and_no_others() -> None:
    with history_rows() as rows:
        for number in range(PAGE_ROWS + 3):
            rows.execution(f"e{number}", {}, started_at=at(NOW - timedelta(seconds=number)), correlation_id="x")
        got: list[str] = []
        rows.aws.dynamodb.meta.events.register("before-call.dynamodb.GetItem", lambda **_: got.append("get"))
        Listing(rows_history(rows), Filter(correlation_id="x"), NOW).page(None)
        assert len(got) == PAGE_ROWS
        Listing(rows_history(rows), Filter(correlation_id="x", tool="echo"), NOW).page(None)
        assert len(got) == PAGE_ROWS


def test_open_executions_are_those_of_the_window_that_is_said() -> None:
    with history_rows() as rows:
        for name, days in (("old", 20), ("middle", 5), ("new", 0)):
            rows.execution(name, started_at=at(NOW - timedelta(days=days)), open="0", deadline=at(NOW))

        assert walked(rows, Filter(status="open", since="10d")) == [["new", "middle"]]
        assert walked(rows, Filter(status="open", until="1d")) == [["middle", "old"]]
        assert walked(rows, Filter(status="open", since="10d", until="1d")) == [["middle"]]


def test_open_executions_are_found_whenever_they_began() -> None:
    with history_rows() as rows:
        rows.execution("old", started_at=at(NOW - timedelta(days=20)), open="0", deadline=at(NOW))
        rows.execution("done", started_at=at(NOW))
        assert walked(rows, Filter(status="open")) == [["old"]]


def test_a_full_first_page_takes_one_query_and_an_empty_week_one_a_day() -> None:
    with history_rows() as rows:
        asked: list[str] = []
        rows.aws.dynamodb.meta.events.register("before-call.dynamodb.Query", lambda **_: asked.append("query"))
        walked(rows, Filter())
        assert len(asked) == 8
        fill(rows, PAGE_ROWS + 1, apart=timedelta(seconds=1))
        asked.clear()
        Listing(rows_history(rows), Filter(), NOW).page(None)
        assert len(asked) == 1


@pytest.mark.parametrize("query", ["since=xyz", "until=nonsense", "after=nonsense", "since=1h&until=2h", "since=60d"])
def test_what_cannot_be_meant_is_told_on_the_page(page: Page, query: str) -> None:
    answer = page.get(f"/executions?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "Nothing has run" not in answer.text


def test_an_empty_list_says_what_to_type(page: Page) -> None:
    assert "tool-executor run examples/morning_check.json" in page.html("/executions")
    assert "Clear the filter" in page.html("/executions?status=failed")


def test_the_list_links_to_the_next_page_with_its_filter(page: Page, rows: HistoryRows) -> None:
    now = datetime.now(UTC)
    for number in range(PAGE_ROWS + 1):
        rows.execution(f"n{number}", started_at=at(now - timedelta(seconds=number)), correlation_id=f"n{number}")
    html = page.html("/executions?since=1h")
    (following,) = re.findall(r'href="(/executions\?[^"]+)" rel="next"', html)
    assert "since=1h" in following
    older = page.html(following.replace("&amp;", "&"))
    assert f"/executions/n{PAGE_ROWS}" in older
    assert "/executions/n0" not in older


@pytest.mark.parametrize(
    "query",
    [
        "after=999999999999999-1",
        "after=253402300799001-1",
        "since=0001-01-01T00:00%2B05:00",
        "until=0001-01-01",
        "since=0001-01-01",
    ],
)
def test_times_at_the_end_of_all_calendars_are_problems_and_no_faults(page: Page, query: str) -> None:
    answer = page.get(f"/executions?{query}")
    assert answer.status_code == 400
    assert "The list cannot be shown." in answer.text


@pytest.mark.parametrize("query", ["until=0001-01-02", "after=253402300799000-1", "after=0-1"])
def test_times_long_gone_or_to_come_list_nothing_of_them(page: Page, query: str) -> None:
    assert page.get(f"/executions?{query}").status_code == 200
