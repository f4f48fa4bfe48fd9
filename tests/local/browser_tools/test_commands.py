"""The command line, for what browser tools leave and use."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from typing import TYPE_CHECKING, Any

from tests.local.browser_tools.test_workflows import agent
from tool_executor import ToolCall

if TYPE_CHECKING:
    from pathlib import Path

    from tests.local.browser_tools.conftest import Browsing, Session


def said(browsing: Browsing, *command: str, code: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tool_executor.cli.main", *command],
        env=browsing.deployed.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + (done.stderr if code else "")


def told(browsing: Browsing, *command: str, code: int = 0) -> Any:
    return json.loads(said(browsing, *command, "--json", code=code))


def test_sessions_are_listed_and_ended(own_session: Session) -> None:
    own_session.open("/form")
    key, browsing = f"named/{own_session.name}", own_session.browsing

    assert key in said(browsing, "browser", "sessions")
    assert [one["key"] for one in told(browsing, "browser", "sessions")["sessions"] if one["key"] == key] == [key]
    assert told(browsing, "browser", "sessions", "--close", key) == {"closed": [key], "missing": []}
    missing = said(browsing, "browser", "sessions", "--close", key, code=1)

    assert f"There is no open session {key}." in missing
    assert key not in said(browsing, "browser", "sessions")


def test_all_sessions_are_ended_at_once(own_session: Session) -> None:
    own_session.open("/form")

    assert f"named/{own_session.name}" in told(own_session.browsing, "browser", "sessions", "--close-all")["closed"]
    assert "No browser session is open." in said(own_session.browsing, "browser", "sessions")
    assert "No browser session was open." in said(own_session.browsing, "browser", "sessions", "--close-all")


def test_files_that_an_execution_kept_are_listed_and_fetched(browsing: Browsing, tmp_path: Path) -> None:
    url = f"{browsing.site.origin}/form"
    steps = [ToolCall("navigate", {"url": url}), ToolCall("take_screenshot"), ToolCall("get_page_html")]
    results = agent(browsing).run_steps(steps)
    execution_id = str(results[0].execution_id)

    listed = told(browsing, "artifacts", execution_id)["files"]
    fetched = told(browsing, "artifacts", execution_id, "--output", str(tmp_path / "kept"))["fetched"]

    assert [(file["call_id"], file["name"].split("-")[0]) for file in listed] == [("c2", "screenshot"), ("c3", "page")]
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == sorted(
        path.rsplit("/", 1)[1] for path in fetched
    )
    assert "c2  screenshot" in said(browsing, "artifacts", execution_id)


def test_an_execution_without_files_ends_with_1_and_one_that_is_not_with_2(browsing: Browsing) -> None:
    (result,) = agent(browsing).run_steps([ToolCall("navigate", {"url": f"{browsing.site.origin}/form"})])

    assert "kept no files" in said(browsing, "artifacts", str(result.execution_id), code=1)
    assert "holds no execution" in said(browsing, "artifacts", f"none-{uuid.uuid4().hex}", code=2)


def test_the_browser_that_is_there_is_told(browsing: Browsing) -> None:
    assert "Chromium: /" in said(browsing, "browser", "install", "--check")


def test_where_there_is_none_it_is_said_how_to_get_one(browsing: Browsing, tmp_path: Path) -> None:
    nowhere = {**browsing.deployed.environment, "PATH": str(tmp_path), "HOME": str(tmp_path)}
    nowhere["PLAYWRIGHT_BROWSERS_PATH"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "tool_executor.cli.main", "browser", "install", "--check"],
        env=nowhere,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 2
    assert "tool-executor browser install" in done.stderr
    assert "Traceback" not in done.stderr
