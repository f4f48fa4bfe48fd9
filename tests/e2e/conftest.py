"""Tests that use the project as a user does: by its commands, the CDK CLI and the AWS CLI, as separate processes."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.conftest import PROBE, ROOT, clean_environment, deployed, pytest_collection_modifyitems, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["deployed", "pytest_collection_modifyitems"]


@dataclass(frozen=True)
class Shell:
    """Starts programs in the project's folder with one environment."""

    environment: dict[str, str]
    folder: Path = ROOT

    def run(self, *command: str, code: int = 0, given: str | None = None, seconds: float = 240) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        assert done.returncode == code, f"{command} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout + (done.stderr if code else "")

    def json(self, *command: str, **options: Any) -> Any:
        return json.loads(self.run(*command, **options))


@pytest.fixture(scope="module")
def cdk_deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A shell whose environment points to an empty local cloud that the real CDK CLI has deployed to."""
    with serving("--empty") as ready:
        shell = Shell(clean_environment(ready))
        cdk = str(ROOT / "node_modules" / ".bin" / "cdk")
        # In a folder without an app: bootstrapping would synthesize it first, and needs nothing of it.
        elsewhere = Shell(shell.environment, tmp_path_factory.mktemp("no-app"))
        elsewhere.run(cdk, "bootstrap", "aws://123456789012/us-east-1", "--ci")
        context = ("-c", "target=local", "-c", f"extra_groups={PROBE}")
        shell.run(
            cdk,
            "deploy",
            *context,
            "--require-approval",
            "never",
            "--ci",
            "--output",
            str(tmp_path_factory.mktemp("cdk.out")),
        )
        yield shell
