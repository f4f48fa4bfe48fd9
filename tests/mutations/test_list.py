"""The list of mutations fits the code as it is: no mutation is a dead letter."""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from tests.mutations.mutation import PROMISES, Mutation, load_mutations
from tests.mutations.project_copy import ROOT
from tests.mutations.trials import BadList, DoesNotApply

if TYPE_CHECKING:
    from pathlib import Path

MUTATIONS = load_mutations()
EACH = pytest.mark.parametrize("mutation", [pytest.param(mutation, id=mutation.name) for mutation in MUTATIONS])
GIVEN: dict[str, Any] = {
    "name": "m", "promise": "P1", "why": "It hurts.", "file": "a.py", "old": "old", "new": "new", "tests": ("t.py::t",),
}  # fmt: skip


@cache
def _text(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


@cache
def _functions(file: str) -> frozenset[str]:
    tree = ast.parse(_text(file))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@EACH
def test_it_applies_and_leaves_code_that_can_be_read(mutation: Mutation) -> None:
    """A mutation that breaks the file itself would be caught by whatever reads it."""
    before = _text(mutation.file)

    after = mutation.applied(before)

    assert after != before
    if mutation.file.endswith(".py"):
        compile(after, mutation.file, "exec")
    else:
        json.loads(after)


@EACH
def test_its_tests_are_there_and_its_file_is_the_products(mutation: Mutation) -> None:
    assert mutation.tests
    assert mutation.file.partition("/")[0] in {"infra", "lambdas", "src"}
    for test in mutation.tests:
        file, _, function = test.partition("::")
        assert function in _functions(file)


@EACH
def test_it_says_what_it_breaks(mutation: Mutation) -> None:
    assert mutation.promise in PROMISES
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", mutation.name)
    assert re.fullmatch(r"\S.*[^.]\.", mutation.why)


def test_names_are_unique() -> None:
    names = [mutation.name for mutation in MUTATIONS]

    assert sorted(set(names)) == sorted(names)


def test_every_promise_has_a_mutation_that_breaks_it() -> None:
    assert {mutation.promise for mutation in MUTATIONS} == set(PROMISES)


@pytest.mark.parametrize(
    ("changes", "before", "after"),
    [
        ({}, "an old word", "an new word"),
        ({"count": 2}, "old old", "new new"),
        ({"through": "]"}, "[1] old [2] [3]", "[1] new [3]"),
        ({}, "old old", None),
        ({"count": 2}, "old", None),
        ({}, "", None),
        ({"through": "]"}, "[1] old", None),
    ],
)
def test_the_old_text_is_replaced_where_it_stands_as_often_as_said(
    changes: dict[str, Any], before: str, after: str | None
) -> None:
    mutation = Mutation(**{**GIVEN, **changes})

    if after is None:
        with pytest.raises(DoesNotApply, match=r"a\.py"):
            mutation.applied(before)
    else:
        assert mutation.applied(before) == after


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[mutation", "list.toml is no list"),
        ("x = 1", "list.toml is no list"),
        ('[[mutation]]\nname = "m"', "'m' is incomplete"),
        ('[[mutation]]\nname = "m"\ntests = []\nfiel = "a.py"', "fiel"),
    ],
)
def test_a_list_that_cannot_be_read_is_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "list.toml").write_text(text, encoding="utf-8")

    with pytest.raises(BadList, match=told):
        load_mutations(tmp_path)
