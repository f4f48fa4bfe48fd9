"""What a cold start imports of each function: the packages that it needs, as many modules as it has, no clients.

A budget of modules and not of time: it says the same on every machine. `python -m bench.cold_start` has the times.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
#: What logs, metrics, records and the contract's models need: in every function.
EVERYWHERE = {
    "annotated_types",
    "aws_lambda_powertools",
    "botocore",
    "certifi",
    "dateutil",
    "jmespath",
    "lambdas",
    "pydantic",
    "pydantic_core",
    "six",
    "tool_contract",
    "typing_extensions",
    "typing_inspection",
    "urllib3",
}


@dataclass(frozen=True)
class Budget:
    """How many modules beyond Python's own an import may load, and which packages besides those of all functions."""

    modules: int
    packages: frozenset[str] = frozenset()
    without: tuple[str, ...] = ()


# About a twentieth more modules than there are: one that is added is no reason to come here, a package is.
BUDGETS = {
    "lambdas.planner.handler": Budget(270, without=("asyncio",)),
    "lambdas.finisher.handler": Budget(280, without=("asyncio",)),
    "tests.tool_groups.vault.handler": Budget(290, frozenset({"tests"}), ("asyncio",)),
    "lambdas.browser.handler": Budget(445, frozenset({"browser_policy", "greenlet", "playwright", "websockets"})),
    "lambdas.inventory_optimizer.handler": Budget(
        440, frozenset({"cython_runtime", "inventory_data", "numpy", "scipy"}), ("scipy.stats", "numpy.testing")
    ),
}
#: Each of them is a tenth of a second or more, and no function needs it before its first event, if ever.
NOWHERE = ("boto3", "s3transfer", "aws_xray_sdk", "aws_cdk", "tool_executor", "infra", "unittest.mock")
_PROBE = """
import importlib, json, sys
before = set(sys.modules)  # with what a distribution's Python loads of its own, such as sitecustomize
importlib.import_module(sys.argv[1])
from lambdas.runtime import aws_clients
made = [name for name, made in vars(aws_clients).items() if hasattr(made, "cache_info") and made.cache_info().currsize]
print(json.dumps({"modules": sorted(set(sys.modules) - before), "clients": made}))
"""


@cache
def imported(handler: str) -> tuple[frozenset[str], list[str]]:
    environment = {
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_LAMBDA_FUNCTION_NAME": "cold",  # with it tracing is on
        "HISTORY_TABLE": "history",
        "TOOL_STATE_TABLE": "tool-state",
        "ARTIFACT_BUCKET": "artifacts",
        "BROWSER_PROVIDER": "local",
    }
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, handler],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return frozenset(told["modules"]), told["clients"]


def beyond_python(modules: frozenset[str]) -> set[str]:
    """Return the modules that are not Python's own, editable installs' finders left out."""
    return {
        name
        for name in modules
        if (root := name.partition(".")[0]) not in sys.stdlib_module_names and not root.startswith("_")
    }


@pytest.mark.parametrize("handler", BUDGETS)
def test_a_function_imports_the_packages_that_it_needs_and_no_other(handler: str) -> None:
    modules, _ = imported(handler)

    assert {name.partition(".")[0] for name in beyond_python(modules)} == EVERYWHERE | BUDGETS[handler].packages


@pytest.mark.parametrize("handler", BUDGETS)
def test_a_function_keeps_to_its_budget_of_modules(handler: str) -> None:
    modules, _ = imported(handler)

    assert len(beyond_python(modules)) <= BUDGETS[handler].modules


@pytest.mark.parametrize("handler", BUDGETS)
def test_what_is_dear_is_left_for_when_it_is_needed(handler: str) -> None:
    modules, _ = imported(handler)

    assert modules.isdisjoint({*NOWHERE, *BUDGETS[handler].without})


@pytest.mark.parametrize("handler", BUDGETS)
def test_clients_are_made_when_they_are_first_used(handler: str) -> None:
    _, clients = imported(handler)

    assert clients == []
