from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tool_contract import strict_json
from tool_contract.secret import SECRET_REF

if TYPE_CHECKING:
    from tests.unit.client.history_rows import HistoryRows
    from tests.unit.ui.conftest import Page

HOSTILE = "<script>alert(1)</script>\"'>"


def entry(attempt: int, decision: str, **more: Any) -> dict[str, Any]:
    took = {"started_at": f"2026-11-20T10:00:0{attempt}.000Z", "duration_ms": 900.0}
    return {"attempt": attempt, "tool_name": "echo", "decision": decision, **took, **more}


def eventful() -> dict[str, Any]:
    log = [
        entry(1, "fallback", error_code="NotFound", error="It is not there."),
        entry(2, "done", candidate=1, tool_name="spare"),
    ]
    return {
        "tool_name": "spare",
        "asked_for": "echo",
        "attempts": 2,
        "fallback_used": True,
        "finished_at": "2026-11-20T10:00:03.000Z",
        "attempt_log": strict_json.dumps(log),
        "input": '{"text":"hello"}',
    }


def test_an_execution_is_drawn_and_told(page: Page, rows: HistoryRows) -> None:
    rows.execution("drawn", eventful())
    html = page.html("/executions/drawn")
    assert '<rect class="failed"' in html
    assert '<rect class="succeeded fallback"' in html
    assert '<rect class="queued"' in html
    assert "NotFound: It is not there.; next the fallback 1, spare" in html
    assert "a fallback, outlined" in html


def test_an_execution_that_runs_is_asked_for_again_and_one_that_has_ended_is_not(page: Page, rows: HistoryRows) -> None:
    rows.execution("running", {"tool_name": "echo", "status": "pending", "attempts": 0}, open="0")
    live = page.html("/executions/running/live")
    assert 'hx-get="/executions/running/live"' in live
    assert "Running: 0 of 1 calls have ended." in live
    assert 'action="/executions/running/cancel"' in live
    rows.execution("over", {"tool_name": "echo"})
    ended = page.html("/executions/over/live")
    assert "hx-get" not in ended
    assert "/cancel" not in ended
    assert "Run again" in ended


def test_each_look_finds_the_focus_again(page: Page, rows: HistoryRows) -> None:
    rows.execution("focused", eventful(), {"tool_name": "echo"}, correlation_id="other")
    live = page.html("/executions/focused/live")
    places = re.findall(r"<(?:a|summary|button)\b[^>]*>", live)
    ids = [found[1] for place in places if (found := re.search(r' id="([^"]+)"', place))]
    assert len(places) == len(set(ids)) >= 5


def test_larger_executions_are_asked_for_less_often(page: Page, rows: HistoryRows) -> None:
    now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}.000Z"
    for name, count, seconds in (("few", 3, 1), ("some", 60, 2), ("many", 150, 5)):
        calls = [{"call_id": f"c{n}", "tool_name": "echo", "status": "pending", "attempts": 0} for n in range(count)]
        rows.execution(name, *calls, open="0", started_at=now)
        assert f'hx-trigger="every {seconds}s"' in page.html(f"/executions/{name}/live")


def test_what_tools_say_is_text_and_never_markup(page: Page, rows: HistoryRows) -> None:
    log = strict_json.dumps([entry(1, "end", error_code="ToolFailed", error=HOSTILE)])
    call = {
        "call_id": "c:1",
        "tool_name": "echo",
        "status": "failed",
        "error": HOSTILE,
        "error_code": "ToolFailed",
        "attempt_log": log,
        "input": strict_json.dumps({"text": HOSTILE}),
        "finished_at": "2026-11-20T10:00:03.000Z",
    }
    rows.execution("hostile", call, correlation_id="</a><img/src=x>")
    pages = ["/executions/hostile", "/executions/hostile/calls/c:1", "/executions?since=400h&correlation_id=%3Cimg%3E"]
    pages += ["/executions?tool=%3Cscript%3E", "/request?again=hostile", "/tools/echo?execution=hostile&call=c:1"]
    for path in pages:
        html = page.get(path).text
        assert "<script>alert" not in html, path
        assert "<img/src" not in html, path
        assert "<script>\n" not in html, path


def test_a_failed_call_of_a_timeline_shows_its_error_shortened_without_a_click(page: Page, rows: HistoryRows) -> None:
    error = "There is no 'x' & nothing like it. " + "word " * 100
    failed = {"status": "failed", "error_code": "NotFound", "finished_at": "2026-11-20T10:00:03.000Z"}
    log = strict_json.dumps([entry(1, "end", error_code="NotFound", error="It is not there.")])
    rows.execution(
        "telling", {**failed, "error": error, "attempt_log": log}, {**failed, "error": 5, "attempt_log": log}
    )

    summaries = re.findall(r"<summary.*?</summary>", page.html("/executions/telling"), re.DOTALL)

    assert ", NotFound: There is no &#39;x&#39; &amp; nothing like it. word word" in summaries[0]
    assert "…" in summaries[0]
    assert len(summaries[0]) < 400
    assert ", NotFound<" in summaries[1]


def test_the_column_of_correlation_ids_is_there_where_there_are_any(page: Page, rows: HistoryRows) -> None:
    rows.execution("of-none", {"tool_name": "echo"}, started_at="2026-05-01T10:00:00.000Z")
    window = "/executions?since=2026-05-01&until=2026-05-02"
    assert ">Correlation id</th>" not in page.html(window)
    rows.execution("of-one", {"tool_name": "echo"}, started_at="2026-05-01T11:00:00.000Z", correlation_id="monday")
    assert ">Correlation id</th>" in page.html(window)
    assert page.html(window).count("correlation_id=monday") == 1


def test_a_call_shows_its_attempts_input_and_result(page: Page, rows: HistoryRows) -> None:
    rows.execution("whole-call", eventful())
    html = page.html("/executions/whole-call/calls/c1")
    assert "NotFound: It is not there.; next the fallback" in html
    assert "&#34;text&#34;: &#34;hello&#34;" in html
    assert "/tools/echo?execution=whole-call&amp;call=c1" in html


def test_a_call_of_a_plan_shows_what_its_references_came_to_and_is_run_again_with_that(
    page: Page, rows: HistoryRows
) -> None:
    plan = {"text": {"$from": "c1", "pointer": "/text"}}
    resolved = {"resolved_input": '{"text":"told before"}', "resolved_candidate": 0}
    rows.execution("planned", {"tool_name": "echo", "input": strict_json.dumps(plan), **resolved})

    html = page.html("/executions/planned/calls/c1")

    assert "$from" in html
    assert "Resolved input" in html
    again = page.html("/tools/echo?execution=planned&call=c1")
    assert "told before" in again
    assert "$from" not in again


def test_a_result_that_is_gone_is_told_and_costs_the_page_nothing(page: Page, rows: HistoryRows) -> None:
    ref = {"bucket": "artifacts", "key": "executions/gone/c1/result.json", "bytes": 3, "sha256": "0" * 64}
    rows.execution("gone", {"tool_name": "echo", "input": "{}", "result_ref": strict_json.dumps(ref)})
    assert "is not there any more" in page.html("/executions/gone/calls/c1")


def test_a_very_large_result_is_cut_and_says_so(page: Page, rows: HistoryRows) -> None:
    text = strict_json.dumps({"text": "x" * 300_000})
    rows.put_result("executions/large/c1/result.json", text)
    sha = hashlib.sha256(text.encode()).hexdigest()
    ref = {"bucket": "artifacts", "key": "executions/large/c1/result.json", "bytes": len(text), "sha256": sha}
    rows.execution("large", {"tool_name": "echo", "input": "{}", "result_ref": strict_json.dumps(ref)})
    html = page.html("/executions/large/calls/c1")
    assert "the first 200,000 of" in html
    assert len(html) < 250_000


def test_a_secret_is_shown_by_its_name_alone(page: Page, rows: HistoryRows) -> None:
    kept_as = "shop/database"
    given = strict_json.dumps({"text": {SECRET_REF: kept_as}})
    rows.execution("referring", {"tool_name": "everything", "input": given})
    assert kept_as in page.html("/executions/referring/calls/c1")
    form = page.html("/tools/everything")
    assert "secret by name" in form
    assert 'type="password"' not in form


def test_pictures_are_shown_and_everything_else_is_saved(page: Page, rows: HistoryRows) -> None:
    rows.execution("files", {"tool_name": "echo"})
    rows.put_result("executions/files/c1/shot-1-ab.png", "picture")
    rows.put_result("executions/files/c1/page-1-ab.html", "<script>alert(1)</script>")
    rows.put_result("executions/files/c1/page-2.svg", "<svg onload='alert(1)'/>")
    rows.put_result("executions/files/c1/result.json", "{}")
    html = page.html("/executions/files")
    assert '<img src="/executions/files/calls/c1/artifacts/shot-1-ab.png"' in html
    assert "result.json" not in html
    picture = page.get("/executions/files/calls/c1/artifacts/shot-1-ab.png")
    assert (picture.text, picture.headers["content-type"]) == ("picture", "image/png")
    for name in ("page-1-ab.html", "page-2.svg"):
        saved = page.get(f"/executions/files/calls/c1/artifacts/{name}")
        assert saved.headers["content-type"] == "application/octet-stream"
        assert saved.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert saved.headers["x-content-type-options"] == "nosniff"


def test_the_tools_are_listed_by_group_with_what_they_may_do(page: Page) -> None:
    html = page.html("/tools")
    assert '<a href="/tools/everything">everything</a>' in html
    assert "only reads" in html
    assert "<p>Do it.</p>" in html
