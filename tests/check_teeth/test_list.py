"""The list of planted faults fits the project as it is."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from infra.checks.check import NAMES
from tests.check_teeth.fault import Fault, load_faults
from tests.mutations.project_copy import ROOT
from tests.mutations.trials import BadList, DoesNotApply

if TYPE_CHECKING:
    from pathlib import Path

FAULTS = load_faults()
EACH = pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in FAULTS])
GIVEN: dict[str, Any] = {"name": "f", "check": "rules", "finds": "F", "why": "It hurts."}
TABLES = {"Resources": {"T": {"Type": "A::B", "Properties": {"Rules": [{"On": True}], "Text": "old"}}}}


@EACH
def test_it_says_what_it_is(fault: Fault) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", fault.name)
    assert re.fullmatch(r"\S.*[^.]\.", fault.why)
    assert fault.finds
    assert fault.check in NAMES


@pytest.mark.parametrize("fault", [pytest.param(each, id=each.name) for each in FAULTS if each.file])
def test_its_file_has_a_place_for_it(fault: Fault) -> None:
    path = ROOT / fault.file
    before = path.read_text(encoding="utf-8") if path.is_file() else ""

    after = fault.in_text(before)

    assert after != before
    if fault.file.endswith(".py"):
        compile(after, fault.file, "exec")


def test_names_are_unique_and_every_check_has_a_fault_to_find() -> None:
    names = [fault.name for fault in FAULTS]

    assert sorted(set(names)) == sorted(names)
    assert {fault.check for fault in FAULTS} == set(NAMES)


def test_every_rule_of_the_house_has_a_fault_to_find() -> None:
    rules = re.findall(r"^  - id: (\S+)$", (ROOT / ".semgrep/house.yaml").read_text(encoding="utf-8"), re.MULTILINE)

    assert set(rules) == {fault.finds for fault in FAULTS if fault.check == "semgrep"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"pointer": "/Rules/0/On", "value": False}, {"Rules": [{"On": False}], "Text": "old"}),
        ({"pointer": "/Text", "remove": True}, {"Rules": [{"On": True}]}),
        ({"pointer": "/New", "value": 1}, {"Rules": [{"On": True}], "Text": "old", "New": 1}),
        ({"old": "old", "new": "new"}, {"Rules": [{"On": True}], "Text": "new"}),
        ({"pointer": "/Rules/3/On", "value": False}, None),
        ({"pointer": "/None/On", "value": False}, None),
        ({"pointer": "/Text", "value": "new", "holding": "elsewhere"}, None),
        ({"old": "not there", "new": "new"}, None),
    ],
)
def test_a_template_is_changed_where_the_fault_says(changes: dict[str, Any], expected: dict[str, Any] | None) -> None:
    fault = Fault(**{**GIVEN, "kind": "A::B", **changes})

    if expected is None:
        with pytest.raises(DoesNotApply):
            fault.in_template(TABLES)
    else:
        assert fault.in_template(TABLES)["Resources"]["T"]["Properties"] == expected
    assert TABLES["Resources"]["T"]["Properties"]["Text"] == "old"


@pytest.mark.parametrize(("text", "told"), [("old old", "2 times"), ("", "0 times")])
def test_a_file_must_hold_the_old_text_once(text: str, told: str) -> None:
    with pytest.raises(DoesNotApply, match=told):
        Fault(**{**GIVEN, "file": "a.py", "old": "old", "new": "new"}).in_text(text)


def test_a_new_file_replaces_none() -> None:
    with pytest.raises(DoesNotApply, match="already"):
        Fault(**{**GIVEN, "file": "a.py", "new": "x = 1"}).in_text("y = 1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[fault", r"list\.toml is no list"),
        ('[[fault]]\nname = "f"', "'f' is incomplete"),
        ('[[fault]]\nname = "f"\ncheck = "c"\nfinds = "F"\nwhy = "W."\nfiel = "a.py"', "fiel"),
        ('[[fault]]\nname = "f"\ncheck = "c"\nfinds = "F"\nwhy = "W."', "one of file, kind and add"),
    ],
)
def test_a_list_that_cannot_be_read_is_one_sentence(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "list.toml").write_text(text, encoding="utf-8")

    with pytest.raises(BadList, match=told):
        load_faults(tmp_path)
