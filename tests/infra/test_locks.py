"""The lock files that the zips' packages come from."""

from __future__ import annotations

import re

import pytest

from infra.settings import GROUPS
from tests.infra.assembly import ROOT

LOCKS = sorted({"base", *(group.dependencies for group in GROUPS)})
_PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)


def _text(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.lock").read_text(encoding="utf-8")


@pytest.mark.parametrize("dependencies", LOCKS)
def test_what_ships_is_what_the_tests_ran_with(dependencies: str) -> None:
    tested = dict(_PINNED.findall(_text("dev")))
    shipped = dict(_PINNED.findall(_text(f"lambda-{dependencies}")))

    assert {"aws-lambda-powertools", "boto3", "botocore", "pydantic"} <= set(shipped)
    assert {name: tested.get(name) for name in shipped} == shipped


@pytest.mark.parametrize("dependencies", LOCKS)
def test_a_lock_pins_hashes_and_names_no_registry(dependencies: str) -> None:
    text = _text(f"lambda-{dependencies}")

    assert len(re.findall(r"^\S+==\S+ \\\n    --hash=sha256:", text, re.MULTILINE)) == len(_PINNED.findall(text)) > 0
    assert not re.search(r"://|file:|--index|--find-links", text)
