"""Without the extra, whoever asks for it is told what to install, in a sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest

_WITHOUT = """
import sys
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == {package!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Missing())
from tool_executor.cli.main import main
sys.argv = ["tool-executor", "mcp"]
main()
"""


@pytest.mark.parametrize("package", ["mcp", "uvicorn"])
def test_without_the_package_the_command_says_what_to_install(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _WITHOUT.format(package=package)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"Serving MCP needs the package '{package}'." in done.stderr
    assert "pip install '.[mcp]'" in done.stderr


def test_the_package_alone_does_not_import_the_sdk() -> None:
    code = "import sys, tool_executor, tool_executor.cli.main; print('mcp' in sys.modules, 'starlette' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
