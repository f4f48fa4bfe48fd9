"""Records that are not all there, or not as this version writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tool_executor.errors import ExecutionNotFoundError

if TYPE_CHECKING:
    from tests.unit.client.history_rows import HistoryRows
    from tests.unit.ui.conftest import Page

UNREADABLE: dict[str, dict[str, Any]] = {
    "status": {"status": "dreaming"},
    "code": {"status": "failed", "error": "No.", "error_code": "Unheard"},
    "no code": {"status": "failed", "error": "No."},
    "log": {"attempt_log": '[{"from": "the future"}]'},
    "time": {"attempt_started_at": "soon", "finished_at": "later"},
}


@pytest.mark.parametrize("row", UNREADABLE.values(), ids=list(UNREADABLE))
def test_one_record_that_cannot_be_read_costs_the_others_nothing(
    page: Page, rows: HistoryRows, row: dict[str, Any]
) -> None:
    rows.execution("strange", {"tool_name": "echo"}, {"tool_name": "echo", **row})
    html = page.html("/executions/strange")
    assert '<rect class="queued"' in html
    assert page.get("/executions/strange/calls/c2", Accept="application/json").status_code in {200, 500}
    assert "This should not have happened" not in page.get("/executions/strange/calls/c2").text


def test_a_record_that_cannot_be_read_is_marked_so(page: Page, rows: HistoryRows) -> None:
    rows.execution("marked", {"tool_name": "echo"}, {"tool_name": "echo", "status": "dreaming"})
    html = page.html("/executions/marked")
    assert html.count('<li class="call">') == 2
    assert "no line can be made of it" in html
    told = page.get("/executions/marked/calls/c2", Accept="application/json").json()
    assert told["error_code"] == "RecordUnreadable"


@pytest.mark.parametrize("row", [{"started_at": "2026-11-20T10:00:00.000Z"}, {"status": "over", "open": "0"}, {}])
def test_an_execution_s_own_record_may_lack_anything(page: Page, rows: HistoryRows, row: dict[str, Any]) -> None:
    execution_id = f"lacking-{len(row)}-{'open' in row}"
    rows.put(execution_id=execution_id, call_id="#execution", **row)
    rows.call(execution_id, call_id="c1", tool_name="echo", started_at="2026-11-20T10:00:00.000Z", position=0)
    assert "of 1 call" in page.html(f"/executions/{execution_id}")


@pytest.mark.parametrize("asked", ["", "?tool=echo", "?status=open", "?correlation_id=odd"])
def test_a_list_is_shown_whatever_its_rows_lack(page: Page, rows: HistoryRows, asked: str) -> None:
    keys = {"day": "2026-11-20", "tool_day": "echo#2026-11-20#0", "open": "0", "deadline": "2026-11-20T10:01:00.000Z"}
    started = {"started_at": "2026-11-20T10:00:00.000Z", "correlation_id": "odd"}
    rows.put(execution_id="odd-one", call_id="#execution" if "tool" not in asked else "c1", **keys, **started)
    query = asked if "open" in asked else f"{asked}{'&' if asked else '?'}since=2026-11-20&until=2026-11-21"
    assert "odd-one" in page.html(f"/executions{query}")


def test_rows_whose_start_is_no_time_are_told_beside_the_list(page: Page, rows: HistoryRows) -> None:
    open_row = {"open": "0", "deadline": "2026-11-20T10:01:00.000Z"}
    rows.put(execution_id="began-soon", call_id="#execution", started_at="soon", **open_row)
    rows.put(execution_id="never-began", call_id="#execution", **open_row)
    rows.put(execution_id="began", call_id="#execution", started_at="2026-11-20T10:00:00.000Z", **open_row)
    html = page.html("/executions?status=open")
    left_out = html.partition("Left out")[2].partition("</p>")[0]
    assert [name in left_out for name in ("began-soon", "never-began", "/began<")] == [True, True, False]
    assert '<td class="id"><a href="/executions/began">' in html


@pytest.mark.parametrize("knows", ["ended", "nothing"])
def test_calls_whose_execution_has_expired_before_them_are_shown_and_asked_for_no_more(
    page: Page, rows: HistoryRows, monkeypatch: pytest.MonkeyPatch, knows: str
) -> None:
    def still_runs(*_: object) -> bool:
        if knows == "ended":
            return False
        raise ExecutionNotFoundError("There is none.")

    monkeypatch.setattr("tool_executor.ui.looks.still_runs", still_runs)
    rows.call("half-gone", call_id="c1", tool_name="echo", started_at="2026-11-20T10:00:00.000Z", position=0)
    html = page.html("/executions/half-gone")
    assert "own record has expired" in html
    assert 'href="/executions/half-gone/calls/c1"' in html
    assert "hx-get" not in html
    assert "/cancel" not in html


def test_calls_that_are_written_before_their_execution_s_record_are_being_planned(
    page: Page, rows: HistoryRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tool_executor.ui.looks.still_runs", lambda *_: True)
    rows.call("half-written", call_id="c1", tool_name="echo", started_at="2026-11-20T10:00:00.000Z", position=0)
    html = page.html("/executions/half-written")
    assert "being planned" in html
    assert "hx-get" in html
