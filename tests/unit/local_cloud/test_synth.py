"""The project's app is synthesized as the CDK CLI does it, once for the same sources."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from tests.unit.local_cloud.small_project import synths, write_project
from tool_executor.local.assembly import Assembly
from tool_executor.local.errors import NodeMissing, SynthFailed
from tool_executor.local.synth import CdkApp


def test_the_app_gets_the_clis_context_and_ours(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    CdkApp(project, stage="prod", extra_groups=("tests/a", "tests/b")).synthesize()
    (context,) = synths(project)
    expected = {"flag": True, "stage": "prod", "target": "local", "extra_groups": "tests/a,tests/b"}
    assert expected.items() <= json.loads(context).items()


def test_the_same_sources_are_synthesized_once_even_at_the_same_time(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    folders: list[Path] = []
    threads = [threading.Thread(target=lambda: folders.append(CdkApp(project).synthesize())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(folders)) == 1
    assert len(synths(project)) == 1
    assert Assembly.read(folders[0]).stack_name == "small"


@pytest.mark.parametrize("file", ["infra/stack.py", "lambdas/x/handler.py", "src/tool_contract/new.py", "cdk.json"])
def test_a_change_of_what_goes_in_synthesizes_anew(tmp_path: Path, file: str) -> None:
    project = write_project(tmp_path / "p")
    first = CdkApp(project).synthesize()
    changed = project / file
    changed.parent.mkdir(parents=True, exist_ok=True)
    changed.write_text('{"context": {"flag": false}}', "utf-8")
    assert CdkApp(project).synthesize() != first
    assert len(synths(project)) == 2


def test_what_does_not_go_in_changes_nothing(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    first = CdkApp(project).synthesize()
    for other in ("README.md", "infra/__pycache__/stack.pyc", "docs/x.md"):
        (project / other).parent.mkdir(parents=True, exist_ok=True)
        (project / other).write_text("x", "utf-8")
    assert CdkApp(project).synthesize() == first


def test_old_assemblies_are_forgotten(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p")
    for number in range(7):
        (project / "infra" / "stack.py").write_text(f"n = {number}", "utf-8")
        last = CdkApp(project).synthesize()
        os.utime(last, (number, number))
    kept = [path for path in last.parent.iterdir() if path.is_dir()]
    assert len(kept) == 5
    assert last in kept


def test_a_failing_app_is_shown_in_its_own_words_and_leaves_nothing(tmp_path: Path) -> None:
    project = write_project(tmp_path / "p", app="import sys; sys.exit('There is no stage.')")
    with pytest.raises(SynthFailed) as raised:
        CdkApp(project).synthesize()
    assert "There is no stage." in str(raised.value.details)
    assert not [path for path in (project / ".local" / "assemblies").iterdir() if path.is_dir()]


def test_a_folder_without_an_app_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(SynthFailed, match=r"cdk\.json"):
        CdkApp(tmp_path).synthesize()


def test_a_missing_node_is_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tool_executor.local.synth.shutil.which", lambda *_, **__: None)
    with pytest.raises(NodeMissing) as raised:
        CdkApp(write_project(tmp_path / "p")).synthesize()
    assert "pip install '.[infra]'" in str(raised.value.hint)


def test_an_app_of_several_stacks_is_refused(tmp_path: Path) -> None:
    stack = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "x.json"}}
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": {"a": stack, "b": stack}}), "utf-8")
    with pytest.raises(SynthFailed, match="2 stacks"):
        Assembly.read(tmp_path)
