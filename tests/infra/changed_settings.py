"""A synth of settings that no stage has: another program than app.py changes them, and goes on as that does."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from infra.alarm_settings import AlarmSettings
from infra.browser_settings import BrowserSettings
from infra.bulk_settings import BulkSettings
from tests.infra.assembly import Assembly, run_app

if TYPE_CHECKING:
    from pathlib import Path

_PROGRAM: Final = """
import json, sys
from dataclasses import replace
from infra import settings
from infra.alarm_settings import AlarmSettings
from infra.browser_settings import BrowserSettings
from infra.bulk_settings import BulkSettings

browser, without, alarms, callers, bulk = json.loads(sys.argv[1])
settings.STAGES = tuple(
    replace(
        stage,
        browser=BrowserSettings(**browser),
        alarms=AlarmSettings(**alarms),
        callers=callers,
        bulk=BulkSettings(**bulk),
    )
    for stage in settings.STAGES
)
settings.GROUPS = tuple(group for group in settings.GROUPS if group.name not in without)
from infra.synth import synthesize

synthesize()
"""


def synthesize_changed(
    folder: Path,
    *,
    stage: str = "dev",
    browser: BrowserSettings | None = None,
    without: tuple[str, ...] = (),
    alarms: AlarmSettings | None = None,
    callers: str = "",
    bulk: BulkSettings | None = None,
) -> Assembly:
    """Run a synth with other settings, or without a group."""
    own = [asdict(browser or BrowserSettings()), without, asdict(alarms or AlarmSettings()), callers]
    changes = json.dumps([*own, asdict(bulk or BulkSettings())])
    done = run_app(folder, {"stage": stage, "target": "local"}, program=("-c", _PROGRAM, changes))
    assert done.returncode == 0, done.stderr
    return Assembly(folder, stage)
