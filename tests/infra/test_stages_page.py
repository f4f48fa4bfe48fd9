"""docs/stages.md has every setting of every stage, as infra/settings.py has it."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Final

from infra.alarm_settings import AlarmSettings
from infra.settings import ROOT, STAGES, StageSettings

TEXT: Final = (ROOT / "docs" / "stages.md").read_text(encoding="utf-8")
#: Settings that have pages of their own, and the stage's name.
ELSEWHERE: Final = {"name", "options", "browser", "alarms"}


def rows() -> dict[str, tuple[str, ...]]:
    found = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| .+ \|$", TEXT, re.MULTILINE)
    return {name: tuple(values) for name, *values in found}


def shown(stage: StageSettings, name: str) -> str:
    if name == "gradual":
        return f"{stage.gradual.percent} % for {stage.gradual.minutes} min" if stage.gradual else "None"
    value = getattr(stage.alarms if name in {field.name for field in fields(AlarmSettings)} else stage, name)
    return str(value) if value != "" else "none"


def test_every_setting_stands_there_with_its_value_in_each_stage() -> None:
    names = [field.name for kind in (StageSettings, AlarmSettings) for field in fields(kind)]
    expected = {name: tuple(shown(stage, name) for stage in STAGES) for name in names if name not in ELSEWHERE}
    assert rows() == expected


def test_every_stage_is_a_column() -> None:
    heads = re.findall(r"^\| setting.* \| what it is \|$", TEXT, re.MULTILINE)
    assert len(heads) == 2
    assert all([stage.name for stage in STAGES] == head.split(" | ")[1:-1] for head in heads)
