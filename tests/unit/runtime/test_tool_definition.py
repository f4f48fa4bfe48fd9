"""A tool is a typed function: its schemas come from its types, its description from its docstring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import pytest
from pydantic import BaseModel, Field

from lambdas.runtime.catalog_builder import build_catalog
from lambdas.runtime.invocation import Invoker
from lambdas.runtime.tool import BadToolResponse, NonFiniteResult, Tool, ToolDefinitionError
from lambdas.runtime.tool_group import ToolGroup
from tool_contract.attempt import AttemptContext
from tool_contract.input_schema import UnsupportedSchemaError
from tool_contract.retry import RetryPolicy

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_contract.tool_spec import ToolSpec


twin = ToolGroup("twin")


@twin.tool()
def orders() -> None:
    """Have the name of another group's tool."""


class Level(BaseModel):
    """A level."""

    title: str
    amount: Annotated[float, Field(ge=0, description="Units.")]


def _define(function: Callable[..., Any], **marks: Any) -> ToolSpec:
    group = ToolGroup("samples")
    assert group.tool(**marks)(function) is function
    return group.tools[0].spec


def look_up(
    code: Annotated[str, Field(pattern="^A", description="Its code.")], title: str = "x", days: int = 30
) -> Level:
    """Look something up.

    And say where.
    """
    return Level(title=code + title, amount=days)


def test_the_schemas_are_those_of_the_types() -> None:
    spec = _define(look_up)

    assert spec.input_schema == {
        "type": "object",
        "properties": {
            "code": {"type": "string", "pattern": "^A", "description": "Its code."},
            "title": {"type": "string", "default": "x"},
            "days": {"type": "integer", "default": 30},
        },
        "required": ["code"],
        "additionalProperties": False,
    }
    assert spec.output_schema["required"] == ["title", "amount"]
    assert spec.output_schema["properties"]["title"] == {"type": "string"}


def test_the_description_is_the_docstring_without_its_indent() -> None:
    assert _define(look_up).description == "Look something up.\n\nAnd say where."


def test_a_function_stays_an_ordinary_function() -> None:
    assert look_up("A1", days=3) == Level(title="A1x", amount=3)


@pytest.mark.parametrize(
    ("read_only", "given", "expected"), [(True, None, False), (False, None, True), (False, False, False)]
)
def test_a_tool_that_only_reads_is_not_destructive(read_only: bool, given: bool | None, expected: bool) -> None:  # noqa: FBT001
    assert _define(look_up, read_only=read_only, destructive=given).annotations.destructive is expected


def test_policies_of_the_definition_are_the_specs() -> None:
    retry = RetryPolicy(backoff="fixed")
    spec = _define(look_up, timeout_seconds=7, max_retries=0, retry=retry)

    assert (spec.name, spec.group) == ("look_up", "samples")
    assert (spec.timeout_seconds, spec.max_retries, spec.retry) == (7, 0, retry)


def test_policies_that_a_definition_leaves_out_are_left_to_the_stage() -> None:
    spec = _define(look_up)

    assert (spec.timeout_seconds, spec.max_retries, spec.retry) == (None, None, None)


@pytest.mark.parametrize(("of_tool", "of_call", "limit"), [(None, None, 30), (7, None, 7), (7, 9, 9), (None, 9, 9)])
def test_an_attempts_time_is_the_calls_else_the_tools_else_half_a_minute(
    of_tool: float | None, of_call: float | None, limit: float
) -> None:
    group = ToolGroup("samples")
    group.tool(timeout_seconds=of_tool)(look_up)
    (tool,) = group.tools

    assert Invoker({})._limit(tool, AttemptContext(timeout_seconds=of_call)).seconds == limit


def no_docstring(code: str) -> str:
    return code


def no_type(code) -> str:  # type: ignore[no-untyped-def] # noqa: ANN001
    """Have a parameter without a type."""
    return str(code)


def no_result(code: str):  # type: ignore[no-untyped-def] # noqa: ANN201
    """Have no type of result."""
    return code


def many(*codes: str) -> str:
    """Take any number."""
    return str(codes)


def any_name(**codes: str) -> str:
    """Take any name."""
    return str(codes)


def by_position(code: str, /) -> str:
    """Take no name."""
    return code


@pytest.mark.parametrize("function", [no_docstring, no_type, no_result, many, any_name, by_position])
def test_a_function_that_cannot_be_a_tool_says_what_to_write(function: Callable[..., Any]) -> None:
    with pytest.raises(ToolDefinitionError, match=function.__name__):
        _define(function)


def unordered(codes: set[str]) -> int:
    """Take a set, which JSON has not."""
    return len(codes)


def test_a_parameter_that_no_gate_can_check_is_refused() -> None:
    with pytest.raises(UnsupportedSchemaError, match="uniqueItems"):
        _define(unordered)


def test_a_group_has_each_name_once() -> None:
    group = ToolGroup("samples")
    group.tool()(look_up)

    with pytest.raises(ToolDefinitionError, match="two tools named 'look_up'"):
        group.tool()(look_up)


def test_the_catalog_is_built_from_the_modules_of_the_groups() -> None:
    catalog = build_catalog({"samples": "tests.unit.runtime.sample_tools", "probe": "tests.tool_groups.probe.handler"})

    names = [tool["name"] for tool in catalog["tools"]]
    assert names == sorted(names)
    assert {"orders", "noop"} <= set(names)


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ({"other": "tests.unit.runtime.sample_tools"}, "its settings call it 'other'"),
        ({"samples": "tests.unit.runtime.fake_clock"}, "holds no ToolGroup"),
        ({"samples": "tests.unit.runtime.sample_tools", "twin": __name__}, "same name: orders"),
    ],
)
def test_a_module_that_does_not_fit_its_settings_is_refused(groups: dict[str, str], said: str) -> None:
    with pytest.raises(ToolDefinitionError, match=said):
        build_catalog(groups)


@dataclass
class Reading:
    value: float
    extra: Any = None


@pytest.mark.parametrize(
    ("kind", "value", "pointer"),
    [
        (float, float("nan"), "/"),
        (list[float], [1.0, float("inf")], "/1"),
        (Any, {"a": float("nan")}, "/a"),
        (dict[str, Any], {"a": [0, (1, float("-inf"))]}, "/a/1/1"),
        (Reading, Reading(float("nan")), "/value"),
        (Reading, Reading(1, extra=[float("nan")]), "/extra/0"),
        (Any, {"a": {float("nan")}}, "/a/0"),
        (str, "\ud800", "/"),
        (int, 2**53, "/"),
    ],
)
def test_a_result_that_json_cannot_hold_is_refused_with_its_place(kind: Any, value: Any, pointer: str) -> None:
    with pytest.raises(NonFiniteResult, match=f"at {pointer}: "):
        _returning(kind).result_json(value)


@pytest.mark.parametrize(
    ("kind", "value"),
    [(int, "five"), (Level, {"title": 5}), (None, 5), (bytes, b"\xff"), (list[int], None)],
)
def test_a_result_of_another_type_than_declared_is_refused(kind: Any, value: Any) -> None:
    with pytest.raises(BadToolResponse, match="did not return what it declares"):
        _returning(kind).result_json(value)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (None, None, "null"),
        (Level, Level(title="ä", amount=1), '{"title":"ä","amount":1.0}'),
        (list[date], [date(2026, 2, 28)], '["2026-02-28"]'),
        (dict[str, Any], {"a": (1, None)}, '{"a":[1,null]}'),
    ],
)
def test_a_result_is_written_as_compact_json(kind: Any, value: Any, text: str) -> None:
    assert _returning(kind).result_json(value) == text


def _returning(kind: Any) -> Tool:
    def answer() -> Any:
        """Answer."""

    answer.__annotations__["return"] = kind
    group = ToolGroup("samples")
    group.tool()(answer)
    return group.tools[0]
