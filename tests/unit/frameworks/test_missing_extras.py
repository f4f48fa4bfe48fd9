"""Who lacks a framework is told what to install, in a sentence."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
import sys
sys.modules[{package!r}] = None
from tool_executor import frameworks
try:
    frameworks.{name}
except Exception as error:
    print(type(error).__name__, error, error.hint)
"""


@pytest.mark.parametrize(
    ("package", "name", "extra"),
    [("strands", "tools_for_strands", "strands"), ("langchain_core", "tools_for_langchain", "langchain")],
)
def test_a_missing_framework_is_told_with_the_command_that_installs_it(package: str, name: str, extra: str) -> None:
    program = _PROGRAM.format(package=package, name=name)
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith("FrameworkMissingError These tools need the package")
    assert f"pip install '.[{extra}]'" in ran.stdout


def test_models_apis_and_frameworks_are_light_until_they_are_used() -> None:
    program = "import sys, tool_executor.model_apis, tool_executor.frameworks; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in ran.stdout.split()}
    assert not {"anthropic", "openai", "langchain_core", "langgraph", "strands", "boto3", "aiohttp"} & loaded
