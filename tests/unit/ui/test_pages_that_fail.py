"""What is not there, not allowed or not answering, told on a page that says what to do."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from tests.unit.ui.conftest import CATALOG, Page, page_of
from tool_executor.errors import CredentialsMissingError, DeploymentNotFoundError, ServiceError
from tool_executor.ui.errors import UiMissingError
from tool_executor.ui.extra import require_ui
from tool_executor.ui.place import Found, Place

if TYPE_CHECKING:
    from tests.unit.client.history_rows import HistoryRows


@pytest.mark.parametrize(
    "path",
    [
        "/nowhere",
        "/executions/files/calls/c1/artifacts/other.png",
        "/executions/files/calls/c1/artifacts/result.json",
        "/executions/files/calls/nothing",
        "/executions/files/calls/%23execution",
        "/executions/%23calls",
        "/executions/%23calls%23echo%232026-11%230/calls/2026-11-20T10",
        "/static/../app.py",
        "/breakers/echo/explode",
        "/breakers/nothing/open",
    ],
)
def test_what_is_not_there_is_told_as_an_error_of_the_one_shape(page: Page, path: str) -> None:
    answer = page.get(path, Accept="application/json")
    assert answer.status_code == 404
    told = answer.json()
    assert told["error_code"] in {"PageNotFound", "ExecutionNotFound"}
    assert told["error"].endswith(".")
    assert 'class="problems"' in page.get(path).text


def test_a_wrong_method_is_told_too(page: Page) -> None:
    assert page.post("/statistics").status_code == 405


def test_a_fault_of_this_program_is_a_sentence(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tool_executor.ui.looks.timeline_of", lambda *_: 1 / 0)
    page.place.find().aws.dynamodb.put_item(
        TableName=page.place.find().deployment.history_table,
        Item={"execution_id": {"S": "faulty"}, "call_id": {"S": "#execution"}},
    )
    answer = page.get("/executions/faulty")
    assert answer.status_code == 500
    assert "This should not have happened: ZeroDivisionError" in answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (DeploymentNotFoundError("There is none.", hint="Deploy it with 'make deploy STAGE=dev'."), 503),
        (CredentialsMissingError("No AWS credentials were found.", hint="Run 'aws configure'."), 503),
        (ServiceError("Nothing answers at http://localhost:1.", hint="Check the network."), 502),
    ],
)
@pytest.mark.parametrize("path", ["/executions", "/tools", "/statistics", "/breakers", "/executions/e"])
def test_where_aws_is_not_there_each_page_says_what_to_do(path: str, error: Any, status: int) -> None:
    def find() -> Found:
        raise error

    answer = page_of(Place(find, "stage dev")).get(path)
    assert answer.status_code == status
    assert error.hint.replace("'", "&#39;") in answer.text
    assert f'href="{path}">Try again' in answer.text


def test_another_try_asks_for_the_same(page: Page) -> None:
    page.place.find = gone
    answer = page.get("/executions?status=failed&since=1h")
    assert 'href="/executions?status=failed&amp;since=1h">Try again' in answer.text


def gone() -> Found:
    raise DeploymentNotFoundError("There is none.")


def test_a_deployment_that_went_away_is_found_again(rows: HistoryRows, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tool_executor.ui.place.deployed_catalog", lambda *_: CATALOG)
    found: list[Found] = []

    def find() -> Found:
        found.append(Found(rows.aws, rows.deployment))
        return found[-1]

    page = page_of(Place(find, "local cloud"))
    assert page.get("/tools").status_code == 200

    def gone(*_: Any, **__: Any) -> None:
        cause = EndpointConnectionError(endpoint_url="http://localhost:1")
        raise ServiceError("Nothing answers there.") from cause

    with monkeypatch.context() as patched:
        patched.setattr("tool_executor.ui.listing.Listing.page", gone)
        assert page.get("/executions").status_code == 502
        assert page.get("/executions").status_code == 502
    assert page.get("/executions").status_code == 200
    assert len(found) == 3


def test_who_lacks_the_extra_is_told_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tool_executor.ui.extra.find_spec", lambda name: None if name == "uvicorn" else sys)
    with pytest.raises(UiMissingError) as told:
        require_ui()
    assert told.value.sentence == "The page needs the package uvicorn."
    assert "pip install '.[ui]'" in json.dumps(told.value.to_json())


def test_where_the_planner_fails_the_list_and_the_breakers_are_shown_all_the_same(
    rows: HistoryRows, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise ServiceError("The planner did not tell its catalog; its log says why.")

    monkeypatch.setattr("tool_executor.ui.place.deployed_catalog", fails)
    page = page_of(Place(lambda: Found(rows.aws, rows.deployment), "stage dev"))
    assert page.get("/executions").status_code == 200
    assert page.get("/breakers").status_code == 200
    assert page.get("/tools").status_code == 502
