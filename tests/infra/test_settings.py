"""What `cdk -c` chooses, and what it answers to a wrong choice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from infra import settings
from infra.errors import NodeMissingError, SettingsError
from infra.node import require_node
from infra.settings import GROUPS, ROOT, STAGES, read_deployment
from tests.infra.assembly import run_app
from tool_contract.options import ToolExecutorOptions

if TYPE_CHECKING:
    from pathlib import Path

ECHO = "tests/infra/tool_groups/echo"


def test_without_context_dev_is_deployed_to_aws() -> None:
    deployment = read_deployment(lambda _key: None)

    assert (deployment.stage.name, deployment.target, deployment.groups) == ("dev", "aws", GROUPS)


def test_there_are_a_dev_and_a_prod_stage_with_distinct_names() -> None:
    names = [stage.name for stage in STAGES]

    assert {"dev", "prod"} <= set(names)
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("given", [ECHO, f"{ECHO}/", f" {ECHO} ,", [ECHO]])
def test_an_extra_group_is_named_after_its_folder(given: object) -> None:
    extra = read_deployment({"extra_groups": given}.get).groups[-1]

    assert extra.name == "echo"
    assert extra.module == "tests.infra.tool_groups.echo.handler"


def test_underscores_of_a_folder_become_hyphens_of_a_group(tmp_path: Path) -> None:
    folder = tmp_path / "groups" / "two_words"
    folder.mkdir(parents=True)
    (folder / "handler.py").touch()

    assert read_deployment({"extra_groups": "groups/two_words"}.get, root=tmp_path).groups[-1].name == "two-words"


@pytest.mark.parametrize(
    ("context", "sentence"),
    [
        ({"stage": "qa"}, "There is no stage 'qa'; stages are dev, prod."),
        ({"stage": 7}, "There is no stage 7; stages are dev, prod."),
        ({"target": "azure"}, "There is no target 'azure'; targets are aws, local."),
        ({"extra_groups": "tests/nowhere"}, "The extra group 'tests/nowhere' has no handler.py."),
        ({"extra_groups": "../elsewhere"}, "must be a folder of Python modules inside the project."),
        ({"extra_groups": "/lambdas"}, "must be a folder of Python modules inside the project."),
        ({"extra_groups": "tests/Upper"}, "must be a folder of Python modules inside the project."),
        ({"extra_groups": {"a": "b"}}, "extra_groups must be folders separated by commas."),
        ({"extra_groups": f"{ECHO},{ECHO}"}, "The group name 'echo' is taken already."),
        ({"extra_groups": "lambdas/planner"}, "The group name 'planner' is taken already."),
    ],
)
def test_a_wrong_choice_is_one_sentence(context: dict[str, object], sentence: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_deployment(context.get, root=ROOT)

    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_options_that_cannot_be_used_are_one_sentence_with_every_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = ToolExecutorOptions(max_retries=11, timeout_per_tool_ms=5)
    monkeypatch.setattr(settings, "STAGES", (replace(STAGES[0], options=wrong),))

    with pytest.raises(SettingsError, match=r"The stage 'dev' .* max_retries must .* timeout_per_tool_ms must"):
        read_deployment(lambda _key: None)


def test_a_missing_node_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))

    with pytest.raises(NodeMissingError, match=r"needs Node\.js and found none"):
        require_node()


def test_the_app_answers_a_wrong_choice_without_a_trace(tmp_path: Path) -> None:
    done = run_app(tmp_path, {"stage": "qa"})

    assert done.returncode == 1
    assert done.stderr.strip() == "There is no stage 'qa'; stages are dev, prod."
