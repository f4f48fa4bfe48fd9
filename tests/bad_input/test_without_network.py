"""Bad input at the first and the last gate: the client's check, the command line, the tool's function in process."""

from __future__ import annotations

import contextlib
import json
import math
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from lambdas.runtime.catalog_builder import build_catalog
from lambdas.runtime.invocation import Invoker
from tests.bad_input.cases import ALL, CALL, Case
from tests.bad_input.said import assert_fit_for_a_caller, assert_says
from tests.tool_groups.probe.handler import tools
from tests.unit.contract.json_values import json_values
from tool_contract import strict_json
from tool_contract.catalog import Catalog
from tool_contract.envelope import Envelope
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.request import check_request
from tool_executor.cli.main import app
from tool_executor.errors import InvalidRequestError as Refused
from tool_executor.errors import RequestUnreadableError

if TYPE_CHECKING:
    from pathlib import Path

CATALOG = Catalog.model_validate(build_catalog({"probe": "tests.tool_groups.probe.handler"}))
INVOKER = Invoker({tool.spec.name: tool for tool in tools.tools})


def _readable(case: Case) -> bool:
    try:
        json.loads(case.text)
    except (ValueError, RecursionError):
        return False
    return case.name != "a key twice"


def _told_by_the_client(value: object) -> dict[str, Any]:
    with pytest.raises(InvalidRequestError) as refused:
        check_request(value, CATALOG)
    return refused.value.to_json()


@pytest.mark.parametrize("case", [case for case in ALL if _readable(case)], ids=str)
def test_the_client_refuses_it(case: Case) -> None:
    told = _told_by_the_client(json.loads(case.text))

    assert told["error_code"] == "InvalidRequest"
    assert_says(told, case, case.pointers)


@pytest.mark.parametrize("case", ALL, ids=str)
def test_the_command_line_refuses_it_in_sentences(case: Case, tmp_path: Path) -> None:
    request, catalog = tmp_path / "request.json", tmp_path / "catalog.json"
    request.write_bytes(case.text.encode())
    catalog.write_text(strict_json.dumps(CATALOG.to_json()), encoding="utf-8")

    outcome = CliRunner().invoke(app, ["validate", str(request), "--catalog", str(catalog)])

    error = outcome.exception
    assert isinstance(error, RequestUnreadableError if case.unreadable else Refused)
    assert "\n" not in error.sentence
    assert_fit_for_a_caller(error.sentence.replace(str(request), ""))
    if isinstance(error, Refused):
        assert_says(error.to_json(), case, case.pointers)


@pytest.mark.parametrize("case", [case for case in ALL if case.at_the_tool and _readable(case)], ids=str)
def test_the_tool_refuses_it_as_the_client_does(case: Case) -> None:
    event = json.loads(case.text)["calls"][0]

    envelope = INVOKER.invoke(event, "request-1")

    assert (envelope["status"], envelope["error_code"], envelope["effect"]) == ("failed", case.code, "none")
    assert_says(envelope, case, case.tool_pointers)
    if case.code == "InvalidInput":
        said = [detail["message"] for detail in _told_by_the_client(json.loads(case.text))["details"]]
        assert [detail["message"] for detail in envelope["details"]] == said


FIELDS = ("code", "day", "amount", "share", "tags", "cod")


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), json_values(), max_size=4) | json_values())
def test_client_and_tool_say_the_same_of_any_input(tool_input: object) -> None:
    envelope = INVOKER.invoke({"tool_name": "typed", "input": tool_input}, "request-1")

    try:
        check_request({"calls": [{"tool_name": "typed", "input": tool_input}]}, CATALOG)
    except InvalidRequestError as error:
        said = [
            {**detail, "pointer": detail["pointer"].removeprefix("/calls/0/input")}
            for detail in error.to_json()["details"]
        ]
        assert envelope["details"] == said
        assert envelope["error_code"] == "InvalidInput"
    else:
        assert envelope["success"]


#: What a program can hand over, or Python's reader takes from a text, and the contract's JSON cannot say.
UNSAYABLE = st.sampled_from([math.nan, math.inf, -math.inf, 10**40, "\ud800"]) | st.builds(lambda: 10**4_301)
UNREADABLE = st.sampled_from([b"x", {1, 2}, {1: 2}, (1, math.nan)]) | st.builds(object)


@settings(deadline=None)
@given(json_values(UNSAYABLE | UNREADABLE, max_leaves=4))
def test_no_value_of_a_program_gives_the_client_an_exception(value: Any) -> None:
    for request in (value, {"calls": [{**CALL, "input": {"code": value}}]}, {"calls": [value]}):
        with contextlib.suppress(InvalidRequestError):
            check_request(request, CATALOG)


@settings(deadline=None)
@given(json_values(UNSAYABLE, max_leaves=4))
def test_no_value_of_pythons_json_gives_the_tool_an_exception(value: Any) -> None:
    answer = INVOKER.invoke({"tool_name": "typed", "input": value}, "request-1")

    assert Envelope.model_validate(answer).to_json() == answer
