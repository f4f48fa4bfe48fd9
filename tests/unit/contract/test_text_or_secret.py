"""A field that takes text or a secret's reference: allowed where both are meant, never repeated when it is wrong."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field

from lambdas.runtime.tool import make_tool
from tool_contract.input_schema import UnsupportedSchemaError
from tool_contract.secret import X_PLAIN_TEXT, SecretRef
from tool_contract.tool_spec import ToolAnnotations

Text = Annotated[str, Field(max_length=10, json_schema_extra={X_PLAIN_TEXT: True})]


def put(text: Text | SecretRef) -> dict[str, str]:
    """Put text somewhere."""
    return {"put": str(text)}


def put_by_mistake(text: str | SecretRef) -> dict[str, str]:
    """Put text somewhere."""
    return {"put": str(text)}


TOOL = make_tool(put, group="g", annotations=ToolAnnotations())


@pytest.mark.parametrize(("value", "expected"), [("abc", "abc"), ({"secret_ref": "a/b"}, SecretRef("a/b"))])
def test_both_are_taken(value: Any, expected: Any) -> None:
    assert TOOL.arguments({"text": value}) == {"text": expected}


@pytest.mark.parametrize(
    "value", ["canary-text-too-long", {"secret_ref": "canary no name"}, {"secret": "canary"}, ["canary"], 5]
)
def test_anything_else_is_one_problem_that_repeats_nothing(value: Any) -> None:
    problems = TOOL.arguments({"text": value})

    assert isinstance(problems, list)
    ((pointer, code, message),) = [(one.pointer, one.error_code, one.message) for one in problems]
    assert (pointer, code) == ("/text", "InvalidInput")
    assert "canary" not in message


def test_text_beside_a_secret_has_to_be_meant() -> None:
    with pytest.raises(UnsupportedSchemaError, match="x-plain-text"):
        make_tool(put_by_mistake, group="g", annotations=ToolAnnotations())
