"""The gates before the tool: a schema refuses what the tool's own types refuse, and nothing else."""

from __future__ import annotations

import datetime as dt
import enum
import uuid
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional, Union

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.dataclasses import dataclass
from typing_extensions import TypedDict

from tests.unit.contract.json_values import json_values
from tool_contract import strict_json
from tool_contract.input_schema import InputSchema, UnsupportedSchemaError
from tool_contract.problems import Problem, problems_from

if TYPE_CHECKING:
    from collections.abc import Mapping


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Only(enum.Enum):
    ONE = "a"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Mixed(enum.Enum):
    NUMBER = 1
    TEXT = "a"


class Part(BaseModel):
    a: int
    b: str = "x"


class ClosedPart(BaseModel):
    model_config = ConfigDict(extra="forbid")

    a: int


class Node(BaseModel):
    v: int
    children: list[Node] = []


class Loose(TypedDict, total=False):
    a: int


@dataclass
class Pair:
    a: int
    b: str = "y"


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int


class Dog(BaseModel):
    kind: Literal["dog"]
    barks: bool


TYPES: Mapping[str, Any] = {
    "integer": int,
    "number": float,
    "text": str,
    "boolean": bool,
    "none": None,
    "anything": Any,
    "optional integer": Optional[int],  # noqa: UP045
    "optional date": dt.date | None,
    "literal": Literal["a", "red"],
    "literal integers": Literal[1, 2],
    "literal boolean": Literal[True],
    "literal or none": Literal["a"] | None,
    "one literal": Literal["a"],
    "text enum": Colour,
    "enum of one": Only,
    "integer enum": Level,
    "mixed enum": Mixed,
    "list": list[int],
    "list of anything": list[Any],
    "bounded list": Annotated[list[int], Field(min_length=1, max_length=2)],
    "dictionary": dict[str, int],
    "dictionary of anything": dict[str, Any],
    "bounded dictionary": Annotated[dict[str, int], Field(min_length=1)],
    "dictionary of lists of models": dict[str, list[Part]],
    "model": Part,
    "closed model": ClosedPart,
    "recursive model": Node,
    "typed dictionary": Loose,
    "dataclass": Pair,
    "optional model": Part | None,
    "union of models": Part | ClosedPart,
    "tagged union": Annotated[Cat | Dog, Field(discriminator="kind")],
    "pair": tuple[int, str],
    "empty tuple": tuple[()],
    "tuple of any length": tuple[int, ...],
    "integer or text": Union[int, str],  # noqa: UP007
    "integer or number": int | float,
    "nested union": list[int | list[str]],
    "date": dt.date,
    "moment": dt.datetime,
    "time": dt.time,
    "duration": dt.timedelta,
    "uuid": uuid.UUID,
    "bounded integer": Annotated[int, Field(ge=0, lt=10)],
    "bounded number": Annotated[float, Field(gt=0, le=1.5)],
    "multiple": Annotated[int, Field(multiple_of=5)],
    "pattern": Annotated[str, Field(pattern="^a+$", max_length=3)],
    "bounded optional": Annotated[int | None, Field(ge=3)],
}
#: The gate does not see the tag: it tells of every branch.
OTHER_POINTERS = {"tagged union"}

_CONFIG = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
_MODELS = {
    name: create_model("Parameters", __config__=_CONFIG, x=(kind, ...), y=(int, 3)) for name, kind in TYPES.items()
}
_SCHEMAS = {name: InputSchema(model.model_json_schema()) for name, model in _MODELS.items()}

INPUTS = st.builds(lambda x: {"x": x}, json_values()) | st.fixed_dictionaries(
    {}, optional={"x": json_values(), "y": json_values(), "z": json_values()}
)


def _problems_of_model(model: type[BaseModel], value: object) -> list[Problem]:
    try:
        model.model_validate_json(strict_json.dumps(value), strict=True)
    except ValidationError as error:
        return problems_from(error.errors(include_url=False), value)
    return []


@pytest.mark.parametrize("name", TYPES)
@given(value=INPUTS | json_values())
def test_the_schema_refuses_exactly_what_the_types_refuse(name: str, value: object) -> None:
    ours, theirs = _SCHEMAS[name].problems(value), _problems_of_model(_MODELS[name], value)

    assert bool(ours) == bool(theirs)
    if name not in OTHER_POINTERS:
        assert {problem.pointer for problem in ours} == {problem.pointer for problem in theirs}


@pytest.mark.parametrize("value", [float("nan"), "\ud800", {"x": 10**4301}, {1, 2}])
def test_what_is_no_json_is_a_problem_and_no_exception(value: object) -> None:
    assert _SCHEMAS["anything"].problems(value)


@pytest.mark.parametrize(
    ("value", "pointer", "message"),
    [
        ({}, "/x", "This field is required."),
        ([], "", "Input should be a JSON object."),
        ({"x": "5"}, "/x", "Input should be a valid integer."),
        ({"x": True}, "/x", "Input should be a valid integer."),
    ],
)
def test_a_problem_is_a_pointer_and_a_plain_sentence(value: object, pointer: str, message: str) -> None:
    assert _SCHEMAS["integer"].problems(value) == [Problem(pointer=pointer, message=message)]


def test_a_whole_number_that_is_written_as_a_float_is_told_how_to_write_it() -> None:
    assert _SCHEMAS["integer"].problems({"x": 1e3}) == [
        Problem(pointer="/x", message="Input should be a valid integer.", hint="Write 1000: 1000.0 is no integer here.")
    ]
    (fraction,) = _SCHEMAS["integer"].problems({"x": 5.5})
    assert fraction.hint is None


def test_an_unknown_field_comes_with_the_names_it_may_have_meant() -> None:
    (problem,) = _SCHEMAS["integer"].problems({"x": 1, "xx": 2})

    assert (problem.pointer, problem.message) == ("/xx", "This field is not known.")
    assert problem.hint == "Did you mean 'x'?"


def test_the_30th_of_february_is_no_date() -> None:
    (problem,) = _SCHEMAS["date"].problems({"x": "2026-02-30"})

    assert problem.pointer == "/x"
    assert "date" in problem.message


def test_all_problems_are_told_at_once() -> None:
    schema = InputSchema(
        create_model("Parameters", __config__=_CONFIG, a=(int, ...), b=(Part, ...)).model_json_schema()
    )

    problems = schema.problems({"a": "1", "b": {"a": None, "b": 2}, "c": 0})

    assert [problem.pointer for problem in problems] == ["/a", "/b/a", "/b/b", "/c"]


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(set[int], id="set: uniqueItems"),
        pytest.param(dict[Literal["a", "b"], int], id="keys from a list: propertyNames"),
        pytest.param(dict[Annotated[str, Field(pattern="^a")], int], id="keys by a pattern: patternProperties"),
        pytest.param(Annotated[dict[str, Any], Field(min_length=1)], id="size of a free object: minProperties"),
        pytest.param(Annotated[int | float, Field(ge=3)], id="a bound on a union"),
        pytest.param(Annotated[list[int] | str, Field(min_length=2)], id="a length on a union"),
    ],
)
def test_what_no_gate_can_check_is_refused_when_the_tool_is_defined(kind: Any) -> None:
    model = create_model("Parameters", x=(kind, ...))
    schema = model.model_json_schema()

    with pytest.raises(UnsupportedSchemaError, match="No gate can check"):
        InputSchema(schema)


@pytest.mark.parametrize("schema", [{"not": {}}, {"type": ["string", "null"]}, {"if": {}}, {"allOf": [{}, {}]}])
def test_a_foreign_schema_is_refused_rather_than_half_checked(schema: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedSchemaError):
        InputSchema(schema)
