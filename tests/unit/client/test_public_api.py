"""What programs may import: all of it exported, documented, typed, and cheap."""

from __future__ import annotations

import inspect
import logging
import subprocess
import sys
from collections.abc import Mapping
from importlib.resources import files
from types import ModuleType

import pytest

import tool_executor
from tool_executor import ToolExecutor, agents, errors, model_apis

#: What the command line alone raises.
NOT_THE_CLIENTS = {"ExecutionOpenError", "RequestUnreadableError"}
#: What a program that has tools run by the state machine should not wait for.
NOT_AT_IMPORT = ("aiohttp", "moto", "numpy", "pydantic_settings", "rich", "typer", "aws_cdk")
MODULES = (tool_executor, agents, model_apis)
NAMES = [(module, name) for module in MODULES for name in module.__all__]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_all_is_sorted_and_is_what_there_is(module: ModuleType) -> None:
    there = {name for name in dir(module) if not name.startswith("_")}
    there -= {name for name in there if isinstance(getattr(module, name), ModuleType)}
    assert set(module.__all__) == there
    assert set(getattr(module, "_HOMES", there)) == there, "names that are imported when first asked for"
    assert module.__all__ == sorted(module.__all__, key=lambda name: (not name.isupper(), name))


@pytest.mark.parametrize(("module", "name"), NAMES, ids=lambda value: getattr(value, "__name__", value))
def test_every_public_name_is_documented_with_what_it_offers(module: ModuleType, name: str) -> None:
    value = getattr(module, name)
    if not inspect.isclass(value):
        assert isinstance(value, Mapping), "constants are told of in docs/configuration.md"
        return
    assert inspect.getdoc(value)
    undocumented = [
        member
        for member, what in inspect.getmembers(value, _is_callable_or_property)
        if not member.startswith("_") and what.__module__.startswith("tool_") and not inspect.getdoc(what)
    ]
    assert undocumented == []


def _is_callable_or_property(what: object) -> bool:
    return inspect.isroutine(what) and hasattr(what, "__module__") and what.__module__ is not None


def test_every_property_of_the_executor_and_its_results_is_documented() -> None:
    for kind in (ToolExecutor, tool_executor.ToolExecutionResult, tool_executor.ConfigurationManager):
        properties = inspect.getmembers(kind, lambda what: isinstance(what, property))
        assert properties
        assert [name for name, what in properties if not name.startswith("_") and not what.__doc__] == []


def _coroutines(kind: type) -> list[str]:
    methods = inspect.getmembers(kind, inspect.iscoroutinefunction)
    return [name for name, _ in methods if not name.startswith("_")]


def test_every_coroutine_of_the_executor_has_a_twin_that_waits() -> None:
    names = _coroutines(ToolExecutor)
    assert {"execute_tool", "execute_tools", "submit", "wait", "cancel"} <= set(names)
    twins = {name: "close" if name == "aclose" else f"{name}_sync" for name in names}
    assert [name for name, twin in twins.items() if not callable(getattr(ToolExecutor, twin, None))] == []


@pytest.mark.parametrize("name", [name for name in _coroutines(ToolExecutor) if name != "aclose"])
def test_a_twin_takes_what_its_coroutine_takes(name: str) -> None:
    own, twin = (inspect.signature(getattr(ToolExecutor, one)).parameters for one in (name, f"{name}_sync"))
    assert [(one.name, one.kind, one.default) for one in own.values()] == [
        (one.name, one.kind, one.default) for one in twin.values()
    ]


def test_every_error_is_exported_and_in_the_tree_of_the_docstring() -> None:
    told = inspect.getdoc(errors) or ""
    defined = {
        name
        for name, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, errors.ToolExecutorError)
    }
    assert defined - NOT_THE_CLIENTS <= set(tool_executor.__all__)
    assert [name for name in defined if name not in told] == []


def test_every_error_is_of_one_root_with_a_code_of_its_own() -> None:
    kinds = [
        value
        for name in tool_executor.__all__
        if inspect.isclass(value := getattr(tool_executor, name)) and issubclass(value, BaseException)
    ]
    assert all(issubclass(kind, tool_executor.ToolExecutorError) for kind in kinds)
    assert len({kind.code for kind in kinds}) == len(kinds)


@pytest.mark.parametrize("package", ["inventory_data", "tool_contract", "tool_executor"])
def test_the_types_are_shipped(package: str) -> None:
    assert files(package).joinpath("py.typed").is_file()


def test_an_import_brings_nothing_that_the_first_call_may_not_need() -> None:
    code = (
        f"import sys; from tool_executor import *; print([name for name in {NOT_AT_IMPORT!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_the_logger_is_quiet_until_the_program_asks() -> None:
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("tool_executor").handlers)
