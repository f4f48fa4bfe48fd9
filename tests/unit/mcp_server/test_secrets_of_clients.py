"""Which secrets a client may name, and where."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.mcp_server.calling import called
from tests.unit.mcp_server.fake_executions import TOOLS, FakeExecutions, answering
from tool_executor.errors import InvalidRequestError
from tool_executor.mcp_server.asked import check, put_secrets_into
from tool_executor.model_secrets import ModelSecrets


def test_plain_text_where_a_secret_belongs_is_refused_and_not_repeated() -> None:
    executions = FakeExecutions(answering({}))
    answer = called(executions, "say_text", {"text": "x", "password": "hunter2-hunter2"})
    assert (answer.is_error, answer.meta["tool-executor/envelope"]["error_code"]) == (True, "SecretInRequest")
    assert "hunter2" not in answer.model_dump_json()


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_a_client_may_name_the_secrets_alone_that_the_server_was_given(mode: str) -> None:
    executions, named = FakeExecutions(answering({})), {"text": "x", "password": {"secret_ref": "shop"}}
    answer = called(executions, "say_text", named, mode=mode, secrets={"shop": "shop/login"})
    assert answer.is_error is False
    assert executions.requests[0]["calls"][0]["input"]["password"] == {"secret_ref": "shop/login"}
    for given, hint in (({"shop": "shop/login"}, "shop"), ({}, "None was given.")):
        guessed = {"text": "x", "password": {"secret_ref": "shop/login"}}
        answer = called(executions, "say_text", guessed, mode=mode, secrets=given)
        (detail,) = answer.meta["tool-executor/envelope"]["details"]
        assert (answer.is_error, detail["pointer"]) == (True, "/password/secret_ref")
        assert detail["message"] == "There is no secret named 'shop/login' for you to use."
        assert hint in detail["hint"]
    assert len(executions.requests) == 1


def test_calls_and_fallbacks_of_a_batch_may_name_no_other_secret_either() -> None:
    executions = FakeExecutions(answering({}))
    known = {"tool_name": "say_text", "input": {"text": "x", "password": {"secret_ref": "shop"}}}
    guessed = {"tool_name": "say_text", "input": {"text": "x", "password": {"secret_ref": "bank"}}}
    calls = [known, {**known, "fallbacks": [known, guessed]}, guessed]
    answer = called(executions, "run_batch", {"calls": calls}, secrets={"shop": "shop/login"})
    details = answer.meta["tool-executor/envelope"]["details"]
    places = ["/calls/1/fallbacks/1/input/password/secret_ref", "/calls/2/input/password/secret_ref"]
    assert (answer.is_error, [detail["pointer"] for detail in details]) == (True, places)
    called(executions, "run_batch", {"calls": [{**known, "fallbacks": [known]}]}, secrets={"shop": "shop/login"})
    ((call,),) = (request["calls"] for request in executions.requests)
    assert [one["input"]["password"] for one in (call, *call["fallbacks"])] == [{"secret_ref": "shop/login"}] * 2


def test_what_is_too_deep_to_be_looked_through_is_refused_as_such() -> None:
    deep: Any = {"secret_ref": "shop"}
    for _ in range(2_000):
        deep = [deep]
    request = {"calls": [{"tool_name": "say_text", "input": {"text": deep}}]}
    assert put_secrets_into(request, ModelSecrets()) is request
    with pytest.raises(InvalidRequestError) as refused:
        check(request, TOOLS)
    assert "nested deeper" in refused.value.problems[0]["message"]
