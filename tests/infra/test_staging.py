"""The folders that become the functions' zips, put together from a small project of the test's own."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from infra import packages
from infra.bytecode import find_python
from infra.errors import StagingError
from infra.staging import Stager

PYTHON = find_python()
needs_lambda_python = pytest.mark.skipif(PYTHON is None, reason="no Python of Lambda's version here")

_PROJECT = {
    "src/tool_contract/__init__.py": "",
    "src/tool_contract/catalog.json": "the committed one",
    "src/tool_contract/py.typed": "",
    "src/shared_data/rows.py": "ROWS = ()\n",
    "lambdas/__init__.py": "",
    "lambdas/runtime/deep/er.py": "DEPTH = 2\n",
    "lambdas/one/handler.py": "def lambda_handler(event, context): return 1\n",
    "lambdas/one/tests/test_handler.py": "",
    "lambdas/one/__pycache__/handler.cpython-311.pyc": "",
    "lambdas/one/.secret": "",
    "lambdas/two/handler.py": "def lambda_handler(event, context): return 2\n",
    "requirements/lambda-base.lock": "",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    for name, content in _PROJECT.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return root


@pytest.fixture
def stager(project: Path, tmp_path: Path) -> Stager:
    return Stager(root=project, build=tmp_path / "build", catalog=b"{}", python=None, with_packages=False)


def _files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }


def test_a_zip_holds_the_functions_code_and_what_is_shared_and_no_more(stager: Stager) -> None:
    staged = stager.stage("one", "lambdas/one", "src/shared_data", dependencies="base")

    assert set(_files(staged.folder)) == {
        "lambdas/__init__.py",
        "lambdas/one/handler.py",
        "lambdas/runtime/deep/er.py",
        "shared_data/rows.py",
        "tool_contract/__init__.py",
        "tool_contract/catalog.json",
        "tool_contract/py.typed",
    }
    assert staged.handler == "lambdas.one.handler.lambda_handler"


def test_a_zip_carries_the_deployments_catalog_not_the_committed_one(stager: Stager) -> None:
    staged = replace(stager, catalog=b'{"tools": []}').stage("one", "lambdas/one", dependencies="base")

    assert _files(staged.folder)["tool_contract/catalog.json"] == '{"tools": []}'


def test_two_functions_get_two_folders_with_their_own_code(stager: Stager) -> None:
    one = stager.stage("one", "lambdas/one", dependencies="base")
    two = stager.stage("two", "lambdas/two", dependencies="base")

    assert one.folder != two.folder
    assert one.digest != two.digest
    assert "lambdas/two/handler.py" in _files(two.folder)
    assert "lambdas/two/handler.py" not in _files(one.folder)


def test_an_unchanged_tree_keeps_its_digest_wherever_and_whenever_it_lies(
    stager: Stager, project: Path, tmp_path: Path
) -> None:
    first = stager.stage("one", "lambdas/one", dependencies="base")
    moved = project.rename(tmp_path / "elsewhere")
    os.utime(moved / "lambdas/one/handler.py", (1, 1))
    again = replace(stager, root=moved, build=tmp_path / "build2").stage("one", "lambdas/one", dependencies="base")

    assert again.digest == first.digest
    assert _files(again.folder) == _files(first.folder)


@pytest.mark.parametrize("changed", ["lambdas/one/handler.py", "src/tool_contract/py.typed"])
def test_a_changed_file_changes_the_digest(stager: Stager, project: Path, changed: str) -> None:
    before = stager.stage("one", "lambdas/one", dependencies="base")
    (project / changed).write_text("# other\n", encoding="utf-8")

    assert stager.stage("one", "lambdas/one", dependencies="base").digest != before.digest


@pytest.mark.parametrize("changed", ["lambdas/two/handler.py", "lambdas/one/tests/test_handler.py"])
def test_a_change_elsewhere_leaves_the_digest(stager: Stager, project: Path, changed: str) -> None:
    before = stager.stage("one", "lambdas/one", dependencies="base")
    (project / changed).write_text("# other\n", encoding="utf-8")

    assert stager.stage("one", "lambdas/one", dependencies="base").digest == before.digest


def test_a_moved_lock_changes_the_digest_on_aws_only(stager: Stager, project: Path) -> None:
    aws = replace(stager, with_packages=True)
    (stager.build / "packages" / packages.packages_key(_lock(project), python=None)).mkdir(parents=True)
    before = [each.stage("one", "lambdas/one", dependencies="base").digest for each in (stager, aws)]
    _lock(project).write_text("# newer\n", encoding="utf-8")
    (stager.build / "packages" / packages.packages_key(_lock(project), python=None)).mkdir()
    after = [each.stage("one", "lambdas/one", dependencies="base").digest for each in (stager, aws)]

    assert before[0] == after[0]
    assert before[1] != after[1]


def _lock(project: Path) -> Path:
    return project / "requirements" / "lambda-base.lock"


def test_a_second_staging_writes_nothing(stager: Stager) -> None:
    first = stager.stage("one", "lambdas/one", dependencies="base")
    handler = first.folder / "lambdas/one/handler.py"
    os.utime(handler, (1, 1))
    second = stager.stage("one", "lambdas/one", dependencies="base")

    assert second == first
    assert handler.stat().st_mtime == 1


def test_lambdas_user_may_read_the_code_whatever_the_umask_is_here(stager: Stager) -> None:
    before = os.umask(0o077)
    try:
        staged = stager.stage("one", "lambdas/one", dependencies="base")
    finally:
        os.umask(before)

    modes = {path.is_dir(): path.stat().st_mode & 0o777 for path in staged.folder.rglob("*")}
    assert modes == {True: 0o755, False: 0o644}


def test_lambda_may_run_the_programs_of_packages_that_are_known_and_no_others(stager: Stager, project: Path) -> None:
    installed = stager.build / "packages" / packages.packages_key(_lock(project), python=None)
    for name in ("playwright/driver/node", "other/tool"):
        program = installed / name
        program.parent.mkdir(parents=True)
        program.touch(mode=0o700)

    staged = replace(stager, with_packages=True).stage("one", "lambdas/one", dependencies="base")

    modes = {name: (staged.folder / name).stat().st_mode & 0o777 for name in ("playwright/driver/node", "other/tool")}
    assert modes == {"playwright/driver/node": 0o755, "other/tool": 0o644}


def test_a_folder_unused_for_a_week_is_removed_by_the_next_change(stager: Stager, project: Path) -> None:
    old = stager.stage("one", "lambdas/one", dependencies="base").folder
    os.utime(old, (1, 1))
    (project / "lambdas/one/handler.py").write_text("# other\n", encoding="utf-8")
    new = stager.stage("one", "lambdas/one", dependencies="base").folder

    assert new.is_dir()
    assert not old.exists()


def test_without_packages_uv_is_not_asked(stager: Stager, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a subprocess was started")

    monkeypatch.setattr(subprocess, "run", refuse)
    assert stager.stage("one", "lambdas/one", dependencies="base").folder.is_dir()


@needs_lambda_python
def test_byte_code_is_never_checked_against_the_source_and_names_no_path_of_this_machine(stager: Stager) -> None:
    staged = replace(stager, python=PYTHON).stage("one", "lambdas/one", dependencies="base")
    (compiled,) = (staged.folder / "lambdas/one/__pycache__").iterdir()
    content = compiled.read_bytes()

    assert int.from_bytes(content[4:8], "little") == 0b01  # hash-based, source not consulted (PEP 552)
    assert b"/var/task/lambdas/one/handler.py" in content
    assert str(staged.folder).encode() not in content


@needs_lambda_python
def test_a_module_that_does_not_compile_is_told_by_name(stager: Stager, project: Path) -> None:
    (project / "lambdas/one/handler.py").write_text("def\n", encoding="utf-8")

    with pytest.raises(StagingError, match=r"does not compile .*lambdas/one/handler\.py"):
        replace(stager, python=PYTHON).stage("one", "lambdas/one", dependencies="base")
    assert not list((stager.build / "staging").iterdir())


def test_packages_that_cannot_be_installed_are_one_sentence_and_leave_nothing(
    stager: Stager, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lock(project).write_text(f"no-such-package==1.0 --hash=sha256:{'0' * 64}\n", encoding="utf-8")
    monkeypatch.setenv("UV_OFFLINE", "1")

    with pytest.raises(StagingError, match=r"^uv could not install requirements/lambda-base\.lock") as raised:
        replace(stager, with_packages=True).stage("one", "lambdas/one", dependencies="base")
    assert "\n" not in str(raised.value)
    assert not list((stager.build / "packages").iterdir())


def test_no_interpreter_is_found_for_a_version_that_does_not_exist() -> None:
    assert find_python("3.999") is None


def test_a_shim_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = tmp_path / "python3.13"
    shim.write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    shim.chmod(0o755)
    for name in ("PATH", "PYENV_ROOT", "UV_PYTHON_INSTALL_DIR"):
        monkeypatch.setenv(name, str(tmp_path))

    assert find_python("3.13") is None
