from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from tool_contract.breaker_item import Circuit

if TYPE_CHECKING:
    from tests.unit.client.history_rows import HistoryRows
    from tests.unit.ui.conftest import Page


def test_figures_are_told_by_tool_and_by_hour(page: Page, rows: HistoryRows) -> None:
    moment = datetime.now(UTC) - timedelta(minutes=1)
    started = f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"
    rows.execution("s1", {"tool_name": "echo", "execution_time_ms": 2000.0}, started_at=started)
    rows.execution("s2", {"tool_name": "echo", "status": "failed", "error_code": "ToolFailed"}, started_at=started)
    html = page.html("/statistics?tool=echo&since=2h")
    (row,) = re.findall(rf'<th scope="row" class="nowrap">{moment:%Y-%m-%d %H}:00</th>(.*?)</tr>', html)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", row)
    assert int(cells[0]) >= 1
    assert int(cells[1]) >= 1
    assert '<a href="/executions?tool=echo">echo</a>' in html
    assert 'data-chart="calls"' in html
    by_correlation = page.html("/statistics?correlation_id=s2")
    assert "data-chart" not in by_correlation


def test_long_windows_are_told_by_day(page: Page, rows: HistoryRows) -> None:
    now = datetime.now(UTC)
    rows.execution("today", {"tool_name": "echo"}, started_at=f"{now:%Y-%m-%dT%H:%M:%S}.000Z")
    html = page.html("/statistics?since=7d")
    assert html.count("<tr data-time=") == 8
    assert f"{now:%Y-%m-%d}</th>" in html


def test_a_window_that_cannot_be_is_told(page: Page) -> None:
    answer = page.get("/statistics?since=2026-11-20&until=2026-11-19")
    assert answer.status_code == 400
    assert "ends at" in answer.text
    assert page.get("/statistics?since=nonsense").status_code == 400


def test_a_breaker_is_forced_after_a_question(page: Page) -> None:
    asked = page.html("/breakers/echo/open")
    assert "refused with CircuitOpen" in asked
    assert "forced open" not in page.html("/breakers")
    answer = page.post("/breakers/echo/open")
    assert answer.headers["location"] == "/breakers?changed=echo"
    told = page.html("/breakers?changed=echo")
    assert "forced open" in told
    assert "was set" in told
    page.post("/breakers/echo/close")
    assert Circuit.FORCED_CLOSED.replace("_", " ") in page.html("/breakers")
    page.post("/breakers/echo/reset")
    assert "forced" not in page.html("/breakers").replace("has forced", "")


def test_a_page_tells_of_no_breaker_that_an_address_has_made_up(page: Page) -> None:
    assert "was set" not in page.html("/breakers?changed=your%20account%20was%20closed")
