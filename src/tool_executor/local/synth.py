"""Synthesizes the project's CDK app, as the CDK CLI does, and keeps the result until its sources change."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

from tool_executor.local.errors import NodeMissing, SynthFailed

_KEPT_ASSEMBLIES: Final = 5
_SOURCES: Final = ("app.py", "cdk.json", "infra", "lambdas", "requirements", "src/inventory_data", "src/tool_contract")
_IGNORED: Final = frozenset({"__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache"})
_PACKAGES: Final = ("aws-cdk-lib", "constructs", "pydantic")
_SHOWN_CHARACTERS: Final = 4000


@dataclass(frozen=True)
class CdkApp:
    """The CDK app of a project, for the target `local`."""

    project_dir: Path
    stage: str = "dev"
    extra_groups: tuple[str, ...] = ()
    callers: str = ""

    @property
    def local_folder(self) -> Path:
        """Where everything that the local cloud keeps lies."""
        return self.project_dir / ".local"

    @property
    def context(self) -> dict[str, object]:
        """The CDK context of this synth: what `cdk.json` says, and ours."""
        settings = json.loads((self.project_dir / "cdk.json").read_text("utf-8"))
        groups = ",".join(self.extra_groups)
        ours = {"stage": self.stage, "target": "local", "extra_groups": groups, "callers": self.callers}
        return {**settings.get("context", {}), **{name: value for name, value in ours.items() if value}}

    def source_key(self) -> str:
        """Hash of everything that goes into the assembly."""
        digest = hashlib.sha256(json.dumps(self.context, sort_keys=True).encode())
        digest.update(repr([sys.version_info[:3], [_version(name) for name in _PACKAGES]]).encode())
        for file in sorted(self._source_files()):
            digest.update(file.relative_to(self.project_dir).as_posix().encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        with contextlib.suppress(OSError):  # the synth says what is wrong with it
            digest.update(Path(self.project_dir, self.callers).read_bytes() if self.callers else b"")
        return digest.hexdigest()[:24]

    def _source_files(self) -> Iterator[Path]:
        for name in (*_SOURCES, *self.extra_groups):
            path = self.project_dir / name
            if path.is_file():
                yield path
            for folder, folders, files in os.walk(path):
                folders[:] = [entry for entry in folders if entry not in _IGNORED]
                yield from (Path(folder, file) for file in files if not file.endswith(".pyc"))

    def synthesize(self) -> Path:
        """The folder of the cloud assembly. Synthesizes unless one of the same sources is kept.

        Raises:
            NodeMissing: if there is no `node`, which the CDK runs on.
            SynthFailed: if the app ends with an error.
        """
        if not (self.project_dir / "cdk.json").is_file():
            raise SynthFailed(
                f"{self.project_dir} holds no CDK app (no cdk.json).", hint="Run this in the project's folder."
            )
        assemblies = self.local_folder / "assemblies"
        assemblies.mkdir(parents=True, exist_ok=True)
        target = assemblies / self.source_key()
        with _locked(assemblies / ".lock"):
            if not (target / "manifest.json").is_file():
                self._run(target)
                _forget_old(assemblies)
        os.utime(target)
        return target

    def _run(self, target: Path) -> None:
        search = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
        if shutil.which("node", path=search) is None:
            raise NodeMissing(
                "Node.js was not found, and the CDK runs on it.",
                hint="In a checkout `pip install '.[infra]'` brings one, or see https://nodejs.org.",
            )
        output = Path(tempfile.mkdtemp(prefix=".synth-", dir=target.parent))
        environment = {
            **os.environ,
            "PATH": search,
            "CDK_OUTDIR": str(output),
            "CDK_CONTEXT_JSON": json.dumps({**self.context, "aws:cdk:version-reporting": False}),
        }
        try:
            result = subprocess.run(
                [sys.executable, "app.py"],
                cwd=self.project_dir,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
            if result.returncode != 0 or not (output / "manifest.json").is_file():
                printed = (result.stdout + result.stderr).decode("utf-8", "replace")
                raise SynthFailed("The CDK app could not be synthesized.", details=printed[-_SHOWN_CHARACTERS:])
            output.rename(target)
        finally:
            shutil.rmtree(output, ignore_errors=True)


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _forget_old(assemblies: Path) -> None:
    kept = sorted((path for path in assemblies.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for path in kept[:-_KEPT_ASSEMBLIES]:
        shutil.rmtree(path, ignore_errors=True)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
