"""The zips that go to AWS: their packages are downloaded once, then kept under .local."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from infra.bytecode import find_python

if TYPE_CHECKING:
    from tests.infra.assembly import Assembly

pytestmark = pytest.mark.network

FUNCTIONS = ("planner", "finisher", "inventory-optimizer", "browser")
OWN = ("browser_policy", "inventory_data", "lambdas", "tool_contract")
PYTHON = find_python()
needs_lambda_python = pytest.mark.skipif(PYTHON is None, reason="no Python of Lambda's version here")
# Lambda's quota is 250 MB (262,144,000 bytes), layers included; a fifth is left for what tools to come need.
_UNZIPPED_LIMIT = 200_000_000
# The driver's node alone weighs 150 MB: an eighth is left.
_UNZIPPED_LIMITS = {"browser": 230_000_000}
_PROBE = """
import importlib, sys
sys.path.insert(0, sys.argv[1])
module, name = sys.argv[2].rsplit(".", 1)
assert callable(getattr(importlib.import_module(module), name))
outside = [m.__file__ for m in sys.modules.values() if "site-packages" in (getattr(m, "__file__", None) or "")]
assert not outside, outside
"""


@pytest.fixture(scope="module")
def aws(synthesized: Callable[[str, str], Assembly]) -> Assembly:
    return synthesized("dev", "aws")


def _sizes(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_zip_fits_lambdas_quota(aws: Assembly, function: str) -> None:
    assert sum(_sizes(aws.zip_folder(function)).values()) < _UNZIPPED_LIMITS.get(function, _UNZIPPED_LIMIT)


def test_the_browser_groups_zip_holds_the_driver_that_lambda_may_run_and_no_browser(aws: Assembly) -> None:
    folder = aws.zip_folder("browser")
    programs = [path for path in folder.rglob("*") if path.is_file() and path.name.startswith(("chrom", "headless_s"))]

    assert os.access(folder / "playwright/driver/node", os.X_OK)
    assert (folder / "playwright/driver/node").stat().st_mode & 0o777 == 0o755
    assert [path for path in programs if path.suffix not in {".js", ".py", ".pyc"}] == []
    assert not [function for function in FUNCTIONS[:-1] if (aws.zip_folder(function) / "playwright").is_dir()]


def test_numerics_are_in_the_inventory_groups_zip_only(aws: Assembly) -> None:
    with_numpy = {function for function in FUNCTIONS if (aws.zip_folder(function) / "numpy").is_dir()}

    assert with_numpy == {"inventory-optimizer"}


@needs_lambda_python
@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_zip_imports_by_itself(aws: Assembly, function: str, tmp_path: Path) -> None:
    folder, handler = aws.zip_folder(function), aws.functions[function]["Handler"]
    done = subprocess.run(
        [str(PYTHON), "-I", "-S", "-B", "-c", _PROBE, str(folder), handler],
        env={"AWS_DEFAULT_REGION": "eu-west-1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr


@needs_lambda_python
@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_module_is_compiled(aws: Assembly, function: str) -> None:
    names = set(_sizes(aws.zip_folder(function)))
    sources = [Path(name) for name in names if name.endswith(".py")]

    missing = [
        path
        for path in sources
        if f"{path.parent}/__pycache__/{path.stem}.cpython-313.pyc".removeprefix("./") not in names
    ]
    assert missing == []


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_zip_carries_tests_scripts_or_byte_code_of_another_python(aws: Assembly, function: str) -> None:
    for name in _sizes(aws.zip_folder(function)):
        assert "tests" not in Path(name).parts
        assert not name.startswith("bin/")
        assert not name.endswith(".pyc") or name.endswith(".cpython-313.pyc")


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_local_zip_lacks_third_party_packages_and_nothing_else(aws: Assembly, dev: Assembly, function: str) -> None:
    def own(sizes: dict[str, int]) -> set[str]:
        return {name for name in sizes if name.startswith(OWN)}

    deployed, local = _sizes(aws.zip_folder(function)), _sizes(dev.zip_folder(function))
    assert set(local) == own(local) == own(deployed)
    assert "pydantic/__init__.py" in deployed
    for name in local:
        if not name.endswith(".pyc"):
            assert (aws.zip_folder(function) / name).read_bytes() == (dev.zip_folder(function) / name).read_bytes()


def test_the_local_template_differs_in_the_zips_keys_only(aws: Assembly, dev: Assembly) -> None:
    assert _without_zip_keys(aws.template) == _without_zip_keys(dev.template)


def _without_zip_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_zip_keys(item) for key, item in value.items() if key not in {"S3Key", "aws:asset:path"}}
    return [_without_zip_keys(item) for item in value] if isinstance(value, list) else value
