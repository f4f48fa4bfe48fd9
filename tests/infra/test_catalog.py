"""The catalog that a deployment's zips carry."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from infra.catalog import generate_catalog
from infra.errors import SettingsError
from infra.settings import GROUPS, ROOT, GroupSettings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.infra.assembly import Assembly

ECHO = GroupSettings(name="echo", folder="tests/infra/tool_groups/echo", timeout_seconds=15)


def test_the_catalog_comes_from_the_groups_code(tmp_path: Path) -> None:
    catalog = json.loads(generate_catalog((ECHO,), root=ROOT, cache=tmp_path))

    assert [(tool["name"], tool["group"]) for tool in catalog["tools"]] == [("echo_text", "echo")]


def test_unchanged_code_is_not_read_again(tmp_path: Path) -> None:
    generate_catalog((ECHO,), root=ROOT, cache=tmp_path)
    (stored,) = tmp_path.iterdir()
    stored.write_text("stored", encoding="utf-8")

    assert generate_catalog((ECHO,), root=ROOT, cache=tmp_path) == b"stored"


def test_a_group_that_its_code_calls_otherwise_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'echo'"):
        generate_catalog((GroupSettings(name="other", folder=ECHO.folder),), root=ROOT, cache=tmp_path)


def test_a_tool_that_its_function_would_cut_off_is_refused(tmp_path: Path) -> None:
    short = GroupSettings(name="echo", folder=ECHO.folder, timeout_seconds=14)

    with pytest.raises(SettingsError, match=r"'echo_text' may run 5 s; .* leaves it 4 s"):
        generate_catalog((short,), root=ROOT, cache=tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("seconds", "enough"), [(39, False), (40, True)])
def test_a_tool_without_a_timeout_has_the_longest_of_the_stages(tmp_path: Path, seconds: int, enough: bool) -> None:  # noqa: FBT001
    group = GroupSettings(name="silent", folder="tests/infra/tool_groups/silent", timeout_seconds=seconds)

    if enough:
        (tool,) = json.loads(generate_catalog((group,), root=ROOT, cache=tmp_path))["tools"]
        assert (tool["timeout_seconds"], tool["max_retries"]) == (None, None)
    else:
        with pytest.raises(SettingsError, match=r"'say_nothing' may run 30 s; .* leaves it 29 s"):
            generate_catalog((group,), root=ROOT, cache=tmp_path)


def test_every_tool_has_time_to_answer_before_its_function_ends(assembly: Assembly) -> None:
    text = (assembly.zip_folder("planner") / "tool_contract/catalog.json").read_text(encoding="utf-8")
    tools = json.loads(text)["tools"]

    assert {tool["group"] for tool in tools} == {group.name for group in GROUPS}
    for tool in tools:
        assert (tool["timeout_seconds"] or 30) < assembly.functions[tool["group"]]["Timeout"]
