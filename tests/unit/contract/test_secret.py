"""A secret's text and its reference: what they show, and what takes them."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, ValidationError

from tests.unit.contract.json_values import json_values
from tool_contract import strict_json
from tool_contract.input_schema import InputSchema, UnsupportedSchemaError
from tool_contract.secret import MAX_SECRET_BYTES, Secret, SecretRef, is_reference, parameter_name, secrets_from
from tool_contract.secret_fields import one_time_names, takes_secrets, without_one_time_names

TEXT = "hunter22"
ONCE = "once/12345678-1234-4234-8234-123456789012"


class Deep(BaseModel):
    token: SecretRef


class Given(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: SecretRef
    other: SecretRef | None = None
    many: list[SecretRef] = []
    deep: Deep | None = None
    by_name: dict[str, SecretRef] = {}


SCHEMA = InputSchema(Given.model_json_schema())


def test_a_secret_shows_its_text_to_nobody() -> None:
    secret = Secret(TEXT)
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", "%s" % secret, repr([secret])):  # noqa: UP031
        assert TEXT not in shown
    assert secret.reveal() == TEXT


def test_nothing_writes_a_secret_down() -> None:
    with pytest.raises(TypeError, match=r"A Secret cannot be pickled\."):
        pickle.dumps(Secret(TEXT))
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(Secret(TEXT))
    with pytest.raises(strict_json.JsonError, match="A Secret may stand in a call's input only") as refused:
        strict_json.dumps({"a": [Secret(TEXT)]})
    assert refused.value.problem.pointer == "/a/0"


def test_a_copy_of_a_secret_is_the_same_secret() -> None:
    secret = Secret(TEXT)
    assert copy.deepcopy({"a": secret})["a"] is secret
    assert copy.copy(secret) is secret


@pytest.mark.parametrize("text", ["", "ü" * (MAX_SECRET_BYTES // 2 + 1), "\ud800x"])
def test_what_no_parameter_takes_is_no_secret(text: str) -> None:
    with pytest.raises(ValueError, match="A Secret is Unicode text") as refused:
        Secret(text)
    assert "ü" not in str(refused.value)


def test_a_reference_reveals_by_the_resolver_that_is_set() -> None:
    ref = SecretRef("shop/db")
    with secrets_from({"shop/db": TEXT}.__getitem__):
        assert ref.reveal() == TEXT
    with pytest.raises(RuntimeError, match="while a tool runs only"):
        ref.reveal()


def test_a_reference_is_its_name() -> None:
    assert (SecretRef("a"), hash(SecretRef("a"))) == (SecretRef("a"), hash(SecretRef("a")))
    assert SecretRef("a") != SecretRef("b")
    assert repr(pickle.loads(pickle.dumps(SecretRef("a")))) == "SecretRef('a')"  # noqa: S301 - our own bytes
    assert Given(password=SecretRef("a")).model_dump(mode="json")["password"] == {"secret_ref": "a"}


@pytest.mark.parametrize("name", ["", "/a", "a/", "a//b", "a b", "ä", "a\n", "x" * 201, "/".join("a" * 11)])
def test_a_name_is_parts_with_slashes_between(name: str) -> None:
    assert not is_reference({"secret_ref": name})
    with pytest.raises(ValueError, match="A secret's name is"):
        SecretRef(name)
    with pytest.raises(ValidationError):
        Given.model_validate_json(json.dumps({"password": {"secret_ref": name}}))


def test_named_and_one_time_secrets_lie_apart() -> None:
    assert parameter_name("dev", "shop/db") == "/tool-executor/dev/secrets/shop/db"
    assert parameter_name("dev", ONCE) == f"/tool-executor/dev/{ONCE}"
    assert parameter_name("dev", "once/else") == "/tool-executor/dev/secrets/once/else"


def test_a_parameter_is_marked_in_the_tools_schema() -> None:
    assert Given.model_json_schema()["properties"]["password"]["x-secret"] is True
    assert takes_secrets(Given.model_json_schema())
    assert takes_secrets(Deep.model_json_schema())
    assert not takes_secrets({"properties": {"x-secret": {"type": "string"}}})


def test_references_pass() -> None:
    ref = {"secret_ref": "a/b"}
    value = {"password": ref, "other": None, "many": [ref], "deep": {"token": ref}, "by_name": {"x": ref}}
    assert SCHEMA.problems(value) == []
    assert Given.model_validate_json(json.dumps(value)).by_name == {"x": SecretRef("a/b")}


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("/password", {"password": TEXT}),
        ("/other", {"password": {"secret_ref": "a"}, "other": TEXT}),
        ("/many/1", {"password": {"secret_ref": "a"}, "many": [{"secret_ref": "a"}, TEXT]}),
        ("/deep/token", {"password": {"secret_ref": "a"}, "deep": {"token": TEXT}}),
        ("/by_name/x", {"password": {"secret_ref": "a"}, "by_name": {"x": TEXT}}),
        ("/password", {"password": {"secret_ref": "a", TEXT: {TEXT: float("nan")}}}),
    ],
)
def test_plain_text_is_one_problem_at_its_place(place: str, value: Any) -> None:
    (problem,) = SCHEMA.problems(value)
    assert (problem.error_code, problem.pointer) == ("SecretInRequest", place)
    assert TEXT not in json.dumps(problem.as_detail())


@given(json_values())
def test_no_problem_repeats_what_stands_in_a_secrets_place(value: Any) -> None:
    given = value if is_reference(value) else {TEXT: value}
    problems = SCHEMA.problems({"password": given, "pasword": 1})
    assert TEXT not in json.dumps([problem.as_detail() for problem in problems])
    assert [problem.error_code for problem in problems] == ["SecretInRequest", "InvalidInput"]
    assert problems[1].hint == "Did you mean 'password'?"


def test_what_is_missing_is_missing() -> None:
    (problem,) = SCHEMA.problems({})
    assert (problem.pointer, problem.error_code) == ("/password", "InvalidInput")


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "x-secret": True},
        {"anyOf": [Given.model_json_schema()["properties"]["password"], {"type": "string"}]},
    ],
)
def test_a_secrets_place_takes_nothing_but_a_reference(schema: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedSchemaError):
        InputSchema({"type": "object", "properties": {"a": schema}})


def test_one_time_names_are_found_and_left_out() -> None:
    value = {"a": [{"secret_ref": ONCE}, {"secret_ref": "named"}], "b": {"secret_ref": ONCE, "c": 1}}
    assert list(one_time_names(value)) == [ONCE]
    assert without_one_time_names(value) == {
        "a": [{"secret_ref": None}, {"secret_ref": "named"}],
        "b": {"secret_ref": ONCE, "c": 1},
    }


@given(st.text())
def test_a_name_that_the_type_takes_is_one_that_the_schema_takes(name: str) -> None:
    assert is_reference({"secret_ref": name}) == (SCHEMA.problems({"password": {"secret_ref": name}}) == [])
