"""What goes through a process pool, a copy, or ``asdict``: results, errors, configurations."""

from __future__ import annotations

import copy
import dataclasses
import json
import pickle
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from tool_contract.envelope import Detail
from tool_contract.errors import Effect, ErrorCode
from tool_contract.options import InvalidOptionsError, ToolExecutorOptions
from tool_contract.problems import Problem
from tool_executor import ConfigurationManager, ToolCall, ToolExecutionResult, ToolExecutionStatus, ToolExecutorError
from tool_executor.agents import PlanResult, PromptNotCompletedError, PromptResult
from tool_executor.bulk.errors import InvalidBulkError
from tool_executor.bulk.source import LineProblem
from tool_executor.errors import ExecutionTimeoutError, InvalidConfigurationError, InvalidRequestError
from tool_executor.frozen_dict import FrozenDict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

for module in ("tool_executor.local.errors", "tool_executor.cli.show", "tool_executor.errors"):
    import_module(module)

WORDS = {"execution_id": "e1", "tool_code": "NotFound", "hint": "Do this."}
PROBLEMS = [{"pointer": "/calls", "message": "No.", "error_code": "InvalidRequest"}]


def _kinds(root: type[ToolExecutorError]) -> Iterator[type[ToolExecutorError]]:
    yield root
    for kind in root.__subclasses__():
        yield from _kinds(kind)


def _made(kind: type[Any]) -> ToolExecutorError:
    """Return an error of a kind, with everything that it takes."""
    if issubclass(kind, InvalidConfigurationError):
        return kind(PROBLEMS)
    if issubclass(kind, InvalidBulkError):
        return kind([LineProblem(3, Problem(pointer="/input", message="No."))], 1, 5)
    if issubclass(kind, PromptNotCompletedError):
        return kind("It is so.", PromptResult(correlation_id="p1", status="stopped", stop="turns", error="No more."))
    if issubclass(kind, InvalidRequestError):
        return kind("It is so.", PROBLEMS, hint="Do this.")
    names = kind.__init__.__kwdefaults__ or {}
    wanted = {name: word for name, word in WORDS.items() if name in names or name in kind.__init__.__annotations__}
    error: ToolExecutorError = kind("It is so.", **wanted)
    return error


def _pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))  # noqa: S301 - what was pickled here


@pytest.mark.parametrize("again", [_pickled, copy.deepcopy, copy.copy])
@pytest.mark.parametrize("kind", sorted(set(_kinds(ToolExecutorError)), key=lambda kind: kind.__name__))
def test_every_error_comes_back_as_it_was(kind: type[ToolExecutorError], again: Callable[[Any], Any]) -> None:
    error = _made(kind)
    error.nothing_ran = True
    error.add_note("And so.")

    back = again(error)

    assert type(back) is kind
    assert (str(back), back.args, vars(back)) == (str(error), error.args, vars(error))
    assert back.to_json() == error.to_json()
    assert back.nothing_ran


def test_a_timeout_that_came_back_is_pythons_own_too() -> None:
    with pytest.raises(TimeoutError, match="It is so"):
        raise _pickled(_made(ExecutionTimeoutError))


def test_what_is_wrong_with_options_comes_back() -> None:
    with pytest.raises(InvalidOptionsError) as caught:
        ToolExecutorOptions(max_retries=99).validate()
    back = _pickled(caught.value)
    assert (str(back), back.problems) == (str(caught.value), caught.value.problems)


RESULT = ToolExecutionResult(
    tool_name="look_up",
    status=ToolExecutionStatus.FAILED,
    error="There is none.",
    error_code=ErrorCode.INVALID_INPUT,
    effect=Effect.NONE,
    details=(Detail(pointer="/code", message="No."),),
    metadata={"correlation_id": "k", "mine": {"a": [1]}},
    call_id="c1",
)
PLAN = PlanResult("k", {"first": RESULT, "second": ToolExecutionResult.succeeded("look_up", {"a": [1]})})
CONFIGURATION = ConfigurationManager({"max_retries": 1}, environment={"TOOL_EXECUTOR_STAGE": "prod"})


@pytest.mark.parametrize("again", [_pickled, copy.deepcopy, copy.copy])
@pytest.mark.parametrize("value", [RESULT, PLAN, CONFIGURATION, ToolCall("look_up", {"a": 1})])
def test_a_value_comes_back_equal(value: object, again: Callable[[Any], Any]) -> None:
    assert again(value) == value


@pytest.mark.parametrize("again", [_pickled, copy.deepcopy, copy.copy])
def test_what_came_back_cannot_be_changed_either(again: Callable[[Any], Any]) -> None:
    metadata = again(RESULT).metadata
    with pytest.raises(TypeError):
        metadata["a"] = 1
    with pytest.raises(TypeError):
        metadata |= {"a": 1}
    for change in ("clear", "pop", "popitem", "setdefault", "update"):
        with pytest.raises(TypeError, match="cannot be changed"):
            getattr(metadata, change)("a")
    with pytest.raises(TypeError):
        del metadata["mine"]
    assert metadata == RESULT.metadata


def test_a_deep_copy_shares_nothing_that_can_be_changed() -> None:
    assert copy.deepcopy(RESULT).metadata["mine"] is not RESULT.metadata["mine"]


@pytest.mark.parametrize("value", [RESULT, PLAN, CONFIGURATION])
def test_asdict_takes_it(value: Any) -> None:
    plain = dataclasses.asdict(value)
    assert plain.keys() == {field.name for field in dataclasses.fields(value)}


def test_what_asdict_makes_of_a_result_is_json_but_for_its_details() -> None:
    plain = dataclasses.asdict(dataclasses.replace(RESULT, details=()))
    assert json.loads(json.dumps(plain))["metadata"] == RESULT.metadata


def test_a_frozen_dict_is_any_other_to_those_who_read_it() -> None:
    frozen = FrozenDict({"a": 1, "b": 2})
    assert (frozen == {"b": 2, "a": 1}, repr(frozen), {**frozen, "a": 2}) == (
        True,
        "{'a': 1, 'b': 2}",
        {"a": 2, "b": 2},
    )
    assert type(frozen | {"c": 3}) is dict
