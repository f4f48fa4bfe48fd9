from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tool_contract.catalog import load_catalog
from tool_executor.errors import ExecutionIdTakenError

if TYPE_CHECKING:
    from tests.unit.client.history_rows import HistoryRows
    from tests.unit.ui.conftest import Page, Started

RUN_ID = "0b54e3f2-7c1e-4f8e-a7a5-5d3ce4c4f0aa"


def test_a_form_starts_one_execution_and_goes_to_its_page(page: Page, started: Started) -> None:
    answer = page.post("/tools/echo", run_id=RUN_ID, **{"f/text": "hello"})
    ((name, request),) = started.requests
    assert (answer.status_code, answer.headers["location"]) == (303, f"/executions/{name}")
    assert request == {"calls": [{"call_id": "c1", "tool_name": "echo", "input": {"text": "hello"}}]}
    page.post("/tools/echo", run_id=RUN_ID, **{"f/text": "hello"})
    assert started.requests[1][0] == name


def test_a_form_that_is_sent_twice_starts_one_execution(
    page: Page, started: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = page.html("/tools/echo")
    (run_id,) = re.findall(r'name="run_id" value="([^"]+)"', form)
    page.post("/tools/echo", run_id=run_id, **{"f/text": "hello"})

    def taken(*_: object) -> None:
        raise ExecutionIdTakenError("There is one already.")

    monkeypatch.setattr(started, "start", taken)
    answer = page.post("/tools/echo", run_id=run_id, **{"f/text": "hello"})
    assert answer.headers["location"] == f"/executions/{started.requests[0][0]}"
    assert len(started.requests) == 1


@pytest.mark.parametrize("changed", [{"f/text": "goodbye"}, {"f/text": "hello", "max_retries": "0"}])
def test_a_form_that_was_changed_is_another_execution(page: Page, started: Started, changed: dict[str, str]) -> None:
    page.post("/tools/echo", run_id=RUN_ID, **{"f/text": "hello"})
    page.post("/tools/echo", run_id=RUN_ID, **changed)
    (first, _), (second, _) = started.requests
    assert first != second


def test_one_large_text_is_taken_as_any_other(page: Page, started: Started) -> None:
    text = "x" * 1_500_000
    assert page.post("/tools/echo", **{"f/text": text}).status_code == 303
    assert started.requests[0][1]["calls"][0]["input"] == {"text": text}


def test_an_execution_s_name_is_never_what_somebody_else_wrote(page: Page, started: Started) -> None:
    page.post("/tools/echo", run_id="../../breakers", **{"f/text": "hello"})
    assert re.fullmatch(r"[0-9a-f-]{36}", started.requests[0][0])


def test_options_go_where_the_request_has_them(page: Page, started: Started) -> None:
    options = {"correlation_id": "mine", "caller": "me", "timeout_seconds": "2.5", "max_retries": "0"}
    page.post("/tools/echo", **{"f/text": "hello"}, **options)
    request = started.requests[0][1]
    assert (request["correlation_id"], request["caller"]) == ("mine", "me")
    assert (request["calls"][0]["timeout_seconds"], request["calls"][0]["max_retries"]) == (2.5, 0)


def test_a_problem_stands_at_its_field_in_the_contract_s_words(page: Page, started: Started) -> None:
    fields = {"f/amount": "1.5", "f/share": "2", "n/orders": "1", "f/orders/0/amount": "0", "f/counts": "1\nx"}
    answer = page.post("/tools/everything", **fields)
    assert answer.status_code == 400
    assert started.requests == []
    for pointer, sentence in {
        "/code": "This field is required.",
        "/amount": "Input should be a valid integer",
        "/share": "less than or equal to 1",
        "/orders/0/code": "This field is required.",
        "/orders/0/amount": "greater than or equal to 1",
        "/counts": "/1: Input should be a valid integer",
    }.items():
        (told,) = re.findall(rf'<ul class="error" id="e{pointer}">(.*?)</ul>', answer.text)
        assert sentence in told
        assert re.search(
            rf'id="f{pointer}"[^>]*aria-describedby="[^"]*e{pointer}[" ][^>]*aria-invalid="true"', answer.text
        )
        assert f'href="#f{pointer}' in answer.text


def test_what_was_typed_is_still_there_when_something_is_wrong(page: Page, started: Started) -> None:
    answer = page.post("/tools/everything", **{"f/amount": '"><script>', "f/tags": "a\r\nb", "correlation_id": "mine"})
    assert 'value="&#34;&gt;&lt;script&gt;"' in answer.text
    assert "\na\nb</textarea>" in answer.text
    assert 'value="mine"' in answer.text
    assert started.requests == []


def test_a_problem_of_an_option_stands_at_the_option(page: Page, started: Started) -> None:
    answer = page.post("/tools/echo", timeout_seconds="soon", max_retries="99", correlation_id="with blanks")
    for name in ("timeout_seconds", "max_retries", "correlation_id"):
        assert f'id="e-{name}"' in answer.text
    assert "<details" in answer.text.partition("Options")[0][-60:]
    assert started.requests == []


def test_text_that_should_be_json_is_never_sent_as_text(page: Page, started: Started) -> None:
    answer = page.post("/tools/everything", **{"f/code": "a", "f/anything": "{not json"})
    assert 'id="e/anything"' in answer.text
    assert "Not JSON" in answer.text
    assert started.requests == []


def test_each_link_of_the_summary_leads_to_a_field_or_a_group_of_them(page: Page, started: Started) -> None:
    fields = {"f/counts": "1\nx", "f/address/zip": "x"}
    for rows, place in (("1", "f/orders/0/code"), ("4", "f/orders")):
        answer = page.post("/tools/everything", **fields, **{"n/orders": rows})
        links = re.findall(r'<a href="#(f[^"]+)"><code>', answer.text)
        assert {"f/counts", "f/address/zip", place} <= set(links)
        assert [answer.text.count(f' id="{link}"') for link in links] == [1] * len(links)
    assert '<fieldset id="f/orders" tabindex="-1"' in answer.text
    assert started.requests == []


def test_a_text_or_a_secret_has_several_lines_where_the_text_may_be_long(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tool_executor.ui.place.deployed_catalog", lambda *_: load_catalog())
    assert re.search(r'<textarea id="f/text"', page.html("/tools/type"))


def test_broken_json_never_becomes_a_text_on_the_way_to_json(page: Page) -> None:
    answer = page.post("/tools/everything", **{"as": "json", "f/code": "a", "f/anything": "{not json"})
    assert 'id="e/anything"' in answer.text
    assert 'name="input_json"' not in answer.text
    assert "{not json</textarea>" in answer.text


@pytest.mark.parametrize("button", [{"add": "/orders"}, {"remove": f"/orders/{'9' * 5000}"}, {"remove": "/orders/0"}])
def test_numbers_of_rows_that_no_list_comes_to_are_none(page: Page, button: dict[str, str]) -> None:
    fields = {"n/orders": "9" * 5000, f"f/orders/{'9' * 5000}/code": "x"}
    assert page.post("/tools/everything", **button, **fields).status_code == 200


def test_rows_come_and_go_without_running_anything(page: Page, started: Started) -> None:
    added = page.post("/tools/everything", add="/orders", **{"n/orders": "1", "f/orders/0/code": "x"})
    assert 'value="2"' in added.text
    assert 'value="x"' in added.text
    assert re.search(r'id="f/orders/1/code"[^>]*data-focus', added.text)
    removed = page.post("/tools/everything", remove="/orders/0", **{"n/orders": "2", "f/orders/1/code": "y"})
    assert re.search(r'id="f/orders/0/code"[^>]* value="y"', removed.text)
    assert "f/orders/1/code" not in removed.text
    assert started.requests == []


def test_no_more_rows_are_offered_than_the_schema_takes(page: Page) -> None:
    assert 'name="add"' in page.html("/tools/everything")
    assert 'name="add"' not in page.post("/tools/everything", add="/orders", **{"n/orders": "2"}).text


def test_form_and_json_say_the_same(page: Page, started: Started) -> None:
    as_json = page.post("/tools/everything", **{"as": "json", "f/code": "a", "f/amount": "3"})
    assert "&#34;code&#34;: &#34;a&#34;" in as_json.text
    as_form = page.post("/tools/everything", **{"as": "form", "input_json": '{"code": "b", "orders": []}'})
    assert re.search(r'id="f/code"[^>]* value="b"', as_form.text)
    stays = page.post("/tools/everything", **{"as": "form", "input_json": '{"unknown": 1}'})
    assert "stays JSON" in stays.text
    assert "unknown" in stays.text
    assert started.requests == []


def test_json_that_cannot_be_read_is_told_with_line_and_column(page: Page, started: Started) -> None:
    answer = page.post("/tools/everything", input_json='{"code": }')
    assert answer.status_code == 400
    assert "line 1, column 10" in answer.text
    assert started.requests == []


@pytest.mark.parametrize("text", ["[]", "null", "3", '"x"', '{"a": 1, "a": 2}', "[" * 100_000])
def test_json_that_is_no_input_starts_nothing(page: Page, started: Started, text: str) -> None:
    assert page.post("/tools/everything", input_json=text).status_code == 400
    assert started.requests == []


def test_a_tool_that_there_is_not_is_answered_with_close_names(page: Page) -> None:
    answer = page.get("/tools/ecko")
    assert answer.status_code == 404
    assert "Did you mean &#39;echo&#39;?" in answer.text


def test_a_call_runs_again_with_its_own_input(page: Page, rows: HistoryRows) -> None:
    rows.execution("again", {"tool_name": "echo", "input": '{"text":"hello"}'})
    html = page.html("/tools/echo?execution=again&call=c1")
    assert re.search(r'id="f/text"[^>]* value="hello"', html)


def test_a_call_runs_again_for_the_same_caller_and_under_the_same_correlation_id(page: Page, rows: HistoryRows) -> None:
    call = {"tool_name": "echo", "input": '{"text":"hello"}', "caller": "reports"}
    rows.execution("for-reports", call, correlation_id="monday")
    html = page.html("/tools/echo?execution=for-reports&call=c1")
    fields = dict(re.findall(r'name="(caller|correlation_id)"[^>]* value="([^"]*)"', html))
    assert fields == {"caller": "reports", "correlation_id": "monday"}


def test_a_correlation_id_that_nobody_chose_is_not_said_again(page: Page, rows: HistoryRows) -> None:
    rows.execution("by-itself", {"tool_name": "echo", "input": '{"text":"hello"}'})
    assert "by-itself" not in page.html("/tools/echo?execution=by-itself&call=c1")
    assert "correlation_id" not in page.html("/request?again=by-itself").partition("<textarea")[2]


def test_an_execution_runs_again_as_its_records_have_it(page: Page, rows: HistoryRows, started: Started) -> None:
    fallback = '[{"tool_name":"echo","input":{"text":"instead"}}]'
    calls = [
        {"tool_name": "echo", "input": '{"text":"a"}', "fallbacks": fallback},
        {"tool_name": "echo", "input": "{}"},
    ]
    rows.execution("whole", *calls, mode="sequence", caller="reports", correlation_id="monday")
    (text,) = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page.html("/request?again=whole"), re.DOTALL)
    answer = page.post("/request", run_id=RUN_ID, request_json=text.replace("&#34;", '"'))
    assert answer.headers["location"] == f"/executions/{started.requests[0][0]}"
    request = started.requests[0][1]
    assert request["mode"] == "sequence"
    assert (request["caller"], request["correlation_id"]) == ("reports", "monday")
    assert request["calls"][0]["fallbacks"] == [{"tool_name": "echo", "input": {"text": "instead"}}]


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_an_empty_editor_is_told_that_there_is_no_request(page: Page, started: Started, text: str) -> None:
    answer = page.post("/request", request_json=text)
    assert answer.status_code == 400
    assert "There is no request: write a JSON object with a list of calls" in answer.text
    assert "Not JSON" not in answer.text
    assert started.requests == []


def test_each_problem_of_a_whole_request_has_its_pointer(page: Page, started: Started) -> None:
    request = '{"calls": [{"tool_name": "ecko", "input": {}}, {"tool_name": "echo", "input": {"text": 1}}]}'
    answer = page.post("/request", request_json=request)
    assert answer.status_code == 400
    assert "<code>/calls/0/tool_name</code>" in answer.text
    assert "<code>/calls/1/input/text</code>" in answer.text
    assert started.requests == []
