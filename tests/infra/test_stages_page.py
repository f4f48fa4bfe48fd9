"""The page on stages has every setting with its value in each stage."""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Final

from infra.gradual import GradualSettings
from infra.settings import STAGES, StageSettings
from tests.infra.assembly import ROOT
from tool_contract import limits
from tool_contract.options import ToolExecutorOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT: Final = (ROOT / "docs" / "stages.md").read_text(encoding="utf-8")
#: What a setting that is None in a stage would be made of.
_OPTIONAL: Final = {"gradual": GradualSettings}


def _written(value: Any) -> str:
    if value == ToolExecutorOptions():
        return "the defaults"
    return "none" if value is None else json.dumps(value)


def _settings(stage: StageSettings) -> Iterator[tuple[str, str]]:
    for field in fields(stage):
        value = getattr(stage, field.name)
        if field.name == "name":
            continue
        if is_dataclass(value) and not isinstance(value, ToolExecutorOptions):
            yield from ((f"{field.name}.{own.name}", _written(getattr(value, own.name))) for own in fields(value))
        elif value is None and field.name in _OPTIONAL:
            yield from ((f"{field.name}.{own.name}", "none") for own in fields(_OPTIONAL[field.name]))
        else:
            yield field.name, _written(value)


def test_every_setting_stands_there_with_its_value_in_each_stage() -> None:
    header, *_ = re.findall(r"^\| setting \| what it is \| (.*) \|$", TEXT, re.MULTILINE)
    rows = re.findall(r"^\| `([\w.]+)` \| (.*) \|$", TEXT, re.MULTILINE)
    told = {name: tuple(cells.split(" | ")[1:]) for name, cells in rows}
    settings = [dict(_settings(stage)) for stage in STAGES]

    assert header.split(" | ") == [stage.name for stage in STAGES]
    assert len(told) == len(rows)
    assert told == {name: tuple(each[name] for each in settings) for name in settings[0]}


def test_every_setting_says_what_it_is() -> None:
    for name, what in re.findall(r"^\| `([\w.]+)` \| (.*?) \|", TEXT, re.MULTILINE):
        assert len(what) > 10, name


def test_an_execution_lasts_as_long_as_the_page_says() -> None:
    assert "an execution lasts a day at most" in TEXT
    assert limits.MAX_EXECUTION_TIMEOUT_SECONDS == 86_400
