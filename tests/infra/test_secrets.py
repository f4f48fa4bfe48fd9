"""Who may read and delete secrets: those that have a tool for it, in their own stage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.infra.assembly import Assembly, actions, resources, synthesize

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "arn:aws:ssm:eu-west-1:123456789012:parameter/tool-executor"


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Assembly:
    folder: Path = tmp_path_factory.mktemp("vault")
    return synthesize(folder, stage="prod", target="local", extra_groups="tests/tool_groups/vault")


def on_ssm(assembly: Assembly, function: str) -> list[tuple[list[str], list[str]]]:
    statements: list[dict[str, Any]] = assembly.statements(assembly.functions[function]["Role"])
    return [
        (actions(statement), sorted(resources(statement)))
        for statement in statements
        if any(action.startswith("ssm:") for action in actions(statement))
    ]


def test_a_group_with_a_tool_that_takes_a_secret_may_read_its_stages_secrets(vault: Assembly) -> None:
    assert on_ssm(vault, "vault") == [
        (["ssm:GetParameter"], [f"{PREFIX}/prod/once/*", f"{PREFIX}/prod/secrets/*"]),
    ]


def test_the_browser_group_may_read_besides_where_a_secret_may_be_typed(assembly: Assembly) -> None:
    kinds = ("once", "secret-origins", "secrets")

    assert on_ssm(assembly, "browser") == [
        (["ssm:GetParameter"], [f"{PREFIX}/{assembly.stage}/{kind}/*" for kind in kinds])
    ]


def test_the_finisher_may_delete_one_time_secrets_and_read_none(vault: Assembly) -> None:
    assert on_ssm(vault, "finisher") == [(["ssm:DeleteParameters"], [f"{PREFIX}/prod/once/*"])]


@pytest.mark.parametrize("function", ["inventory-optimizer", "planner"])
def test_a_function_without_such_a_tool_may_do_nothing_with_secrets(vault: Assembly, function: str) -> None:
    assert on_ssm(vault, function) == []


def test_without_such_a_tool_nobody_may_do_anything_with_secrets(without_browser: Assembly) -> None:
    functions = without_browser.functions

    assert [on_ssm(without_browser, function) for function in functions] == [[]] * len(functions)
