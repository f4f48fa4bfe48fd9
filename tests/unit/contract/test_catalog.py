"""The catalog and its entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from tests.unit.contract.small_catalog import CATALOG
from tool_contract import strict_json
from tool_contract.catalog import Catalog, load_catalog
from tool_contract.tool_spec import ToolAnnotations, ToolSpec

if TYPE_CHECKING:
    from pathlib import Path

SPEC: dict[str, Any] = {
    "name": "look_up", "group": "stock-desk", "description": "Look something up.",
    "input_schema": {}, "output_schema": {}, "annotations": {},
}  # fmt: skip


def _read(text: str, folder: Path) -> Catalog:
    file = folder / "catalog.json"
    file.write_text(text, encoding="utf-8")
    return load_catalog(file)


def test_a_catalog_reads_back_as_it_was_written(tmp_path: Path) -> None:
    loaded = _read(strict_json.dumps(CATALOG.to_json()), tmp_path)

    assert loaded.to_json() == CATALOG.to_json()
    assert loaded.by_name.keys() == CATALOG.by_name.keys()


def test_a_written_catalog_is_sorted_by_name() -> None:
    assert [tool["name"] for tool in CATALOG.to_json()["tools"]] == ["look_up", "place_order", "set_level"]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("[]", id="an array"),
        pytest.param('{"tools":[{}]}', id="an empty tool"),
        pytest.param('{"tools":[],"surprise":1}', id="an unknown field"),
        pytest.param('{"tools":[],"tools":[]}', id="a key twice"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_broken_catalog_is_an_error_when_it_is_loaded(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - pydantic's and ours are ValueErrors
        _read(text, tmp_path)


def test_inputs_are_checked_by_the_tools_own_schema() -> None:
    assert CATALOG.input_problems("look_up", {"code": "AB123"}) == []
    assert [problem.pointer for problem in CATALOG.input_problems("look_up", {"code": "AB123", "days": 91})] == [
        "/days"
    ]
    assert [problem.pointer for problem in CATALOG.input_problems("set_level", {"code": "x"})] == ["/level"]


def test_an_unknown_name_is_echoed_short() -> None:
    problem = CATALOG.unknown_tool("\x00" * 10_000)

    assert len(problem.message) < 100
    assert problem.pointer == "/tool_name"


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Look_up"},
        {"name": "look-up"},
        {"name": "l" * 65},
        {"group": "Stock"},
        {"group": "../x"},
        {"description": ""},
        {"timeout_seconds": 0.5},
        {"timeout_seconds": 841},
        {"max_retries": 11},
        {"max_retries": -1},
        {"surprise": 1},
    ],
)
def test_a_tool_that_breaks_the_rules_is_no_entry(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ToolSpec.model_validate({**SPEC, **wrong})


def test_a_tool_that_says_nothing_is_taken_for_dangerous() -> None:
    spec = ToolSpec.model_validate(SPEC)

    assert spec.annotations == ToolAnnotations(read_only=False, idempotent=False, destructive=True, open_world=True)
    assert not spec.annotations.repeatable


def test_a_tool_that_says_nothing_of_its_policy_leaves_it_to_the_stage() -> None:
    spec = ToolSpec.model_validate(SPEC)

    assert (spec.timeout_seconds, spec.max_retries, spec.retry) == (None, None, None)


@pytest.mark.parametrize("mark", ["read_only", "idempotent"])
def test_a_tool_that_only_reads_or_is_idempotent_may_be_repeated(mark: str) -> None:
    assert ToolAnnotations.model_validate({mark: True}).repeatable


@pytest.mark.parametrize("destructive", [False, True])
@pytest.mark.parametrize("open_world", [False, True])
def test_no_other_mark_lets_a_tool_be_repeated(destructive: bool, open_world: bool) -> None:  # noqa: FBT001
    assert not ToolAnnotations(destructive=destructive, open_world=open_world).repeatable


def test_the_name_of_a_tools_function_is_the_same_in_every_stage() -> None:
    assert ToolSpec.model_validate(SPEC).function_name == "stock-desk-lambda"
