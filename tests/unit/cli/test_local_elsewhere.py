"""Where a command works, called in a folder that holds no project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tool_executor.cli.where import NewCloud, chosen
from tool_executor.errors import ToolExecutorError

if TYPE_CHECKING:
    from pathlib import Path

pytest.importorskip("moto.server")


@pytest.mark.parametrize(
    ("new", "is_project", "code"),
    [(NewCloud(), False, "SynthFailed"), (None, False, "DeploymentNotFound"), (None, True, "DeploymentNotFound")],
)
def test_outside_of_a_project_one_is_told_how_a_cloud_elsewhere_is_used(
    *, new: NewCloud | None, is_project: bool, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if is_project:
        (tmp_path / "cdk.json").write_text("{}", encoding="utf-8")

    with pytest.raises(ToolExecutorError) as caught, chosen(local=True, stage="dev", region=None, new=new):
        pass

    hint = str(caught.value.hint)
    assert caught.value.code == code
    assert ("export the lines that it printed (AWS_ENDPOINT_URL" in hint) is not is_project
    assert ("local up" in hint) is (new is None)
