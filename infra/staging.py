"""The folder that becomes each function's zip: own code, the deployment's catalog, third-party packages, byte code.

A folder is named after what went into it, never changed afterwards, and shared by synths that run beside each other.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.bytecode import LAMBDA_PYTHON, compile_tree, find_python
from infra.caller_settings import CALLERS, check_tools
from infra.catalog import generate_catalog, groups_with_secrets
from infra.packages import install_packages, packages_key, publish
from infra.settings import ROOT
from infra.source_tree import CATALOG, digest, function_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.settings import Deployment

BUILD: Final = Path(".local")
_KEPT_SECONDS: Final = 7 * 86_400
CONTROL_FUNCTIONS: Final = ("planner", "finisher")
_PROGRAMS: Final = frozenset({"playwright/driver/node"})


@dataclass(frozen=True, kw_only=True)
class StagedCode:
    """A function's folder, the digest of all that went into it, and the handler in it.

    `version` stands for its own code and the versions of its packages, whatever the target: equal versions give equal
    results. `takes_secrets`: one of its tools has a parameter for a secret.
    """

    folder: Path
    digest: str
    version: str
    handler: str
    takes_secrets: bool = False


@dataclass(frozen=True, kw_only=True)
class Stager:
    """Puts functions' folders together below `build`; `python` compiles byte code if there is one."""

    root: Path
    build: Path
    catalog: bytes
    python: Path | None
    with_packages: bool

    def stage(
        self, name: str, *folders: str, dependencies: str, generated: Mapping[str, bytes] | None = None
    ) -> StagedCode:
        """Return the folder of the function `name`, whose handler is in the first of `folders`.

        `generated` are files of this deployment, by the path in the zip, which win over the project's own.

        Raises:
            StagingError: a module does not compile, or the packages cannot be installed.
        """
        files = {**function_files(self.root, *folders), CATALOG: self.catalog, **(generated or {})}
        lock = self.root / "requirements" / f"lambda-{dependencies}.lock"
        packages = packages_key(lock, python=self.python) if self.with_packages else "none"
        total = digest(files, packages, LAMBDA_PYTHON if self.python else "source only")
        folder = self.build / "staging" / f"{name}-{total[:16]}"
        if folder.is_dir():
            os.utime(folder)
        else:
            installed = self._packages(lock) if self.with_packages else None
            self._write(folder, files, installed)
        module = ".".join(Path(folders[0]).parts)
        version = digest(files, lock.read_text(encoding="utf-8"))[:16]
        return StagedCode(folder=folder, digest=total, version=version, handler=f"{module}.handler.lambda_handler")

    def _packages(self, lock: Path) -> Path:
        return install_packages(lock, python=self.python, cache=self.build / "packages")

    def _write(self, folder: Path, files: dict[str, bytes], packages: Path | None) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            fresh = Path(scratch) / "function"
            for name, content in files.items():
                path = fresh / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            if self.python:
                compile_tree(self.python, fresh)
            if packages:
                shutil.copytree(packages, fresh, copy_function=_link, dirs_exist_ok=True)
            _open_for_lambda(fresh)
            publish(fresh, folder)
        _remove_unused(folder.parent)


def stage_functions(deployment: Deployment, *, root: Path = ROOT) -> dict[str, StagedCode]:
    """Stage the planner, the finisher and each tool group, by name."""
    python = find_python()
    if python is None and deployment.target == "aws":
        sys.stderr.write(f"No Python {LAMBDA_PYTHON} here: the zips carry no byte code, and cold starts take longer.\n")
    stager = Stager(
        root=root,
        build=root / BUILD,
        catalog=generate_catalog(deployment.groups, root=root, cache=root / BUILD / "catalog"),
        python=python,
        with_packages=deployment.target == "aws",
    )
    check_tools(deployment.callers, stager.catalog)
    generated = {"planner": {CALLERS: deployment.callers.to_json().encode()}}
    staged = {
        name: stager.stage(name, f"lambdas/{name}", dependencies="base", generated=generated.get(name))
        for name in CONTROL_FUNCTIONS
    }
    with_secrets = groups_with_secrets(stager.catalog)
    for group in deployment.groups:
        code = stager.stage(group.name, group.folder, *group.packages, dependencies=group.dependencies)
        staged[group.name] = replace(code, takes_secrets=group.name in with_secrets)
    return staged


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _remove_unused(staging: Path) -> None:
    """Remove what no synth has asked for in a week: each change of the code leaves a folder behind."""
    for folder in staging.iterdir():
        if folder.stat().st_mtime < time.time() - _KEPT_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _open_for_lambda(folder: Path) -> None:
    """Lambda runs as another user: a strict umask here would hide the code from it there."""
    for path in folder.rglob("*"):
        # The driver of the browser tools is a program of its own.
        runs = path.is_dir() or path.suffix == ".so" or path.relative_to(folder).as_posix() in _PROGRAMS
        path.chmod(0o755 if runs else 0o644)
