"""Which browser is started, and how."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tool_executor.local.browsers.chromium import find_chromium
from tool_executor.local.browsers.command_line import SessionFolders, chromium_command, chromium_environment
from tool_executor.local.errors import BrowserMissing


def _program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


@pytest.fixture(autouse=True)
def _empty_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def test_the_setting_comes_first(tmp_path: Path) -> None:
    named = _program(tmp_path / "mine")
    _program(tmp_path / "bin" / "chromium")
    environment = {"TOOL_EXECUTOR_CHROMIUM": str(named), "PATH": str(tmp_path / "bin")}
    assert find_chromium(environment) == named


def test_a_setting_that_names_nothing_is_not_passed_over(tmp_path: Path) -> None:
    _program(tmp_path / "bin" / "chromium")
    with pytest.raises(BrowserMissing, match="TOOL_EXECUTOR_CHROMIUM"):
        find_chromium({"TOOL_EXECUTOR_CHROMIUM": "/nowhere", "PATH": str(tmp_path / "bin")})


@pytest.mark.parametrize(
    "program",
    [
        "chromium-1200/chrome-linux/chrome",
        "chromium-1200/chrome-linux64/chrome",
        "chromium-1200/chrome-mac/Chromium.app/Contents/MacOS/Chromium",
        "chromium-1200/chrome-mac-arm64/Google Chrome for Testing.app/Contents/MacOS/Google Chrome for Testing",
        "chromium_headless_shell-1200/chrome-linux/headless_shell",
        "chromium_headless_shell-1200/chrome-headless-shell-linux64/chrome-headless-shell",
    ],
)
def test_playwrights_download_comes_before_the_systems(program: str, tmp_path: Path) -> None:
    found = _program(tmp_path / "home" / ".cache" / "ms-playwright" / program)
    _program(tmp_path / "bin" / "chromium")
    assert find_chromium({"PATH": str(tmp_path / "bin")}) == found


def test_the_newest_download_is_taken_from_where_playwright_was_told_to_keep_it(tmp_path: Path) -> None:
    _program(tmp_path / "own" / "chromium-999" / "chrome-linux" / "chrome")
    newest = _program(tmp_path / "own" / "chromium-1200" / "chrome-linux" / "chrome")
    assert find_chromium({"PLAYWRIGHT_BROWSERS_PATH": str(tmp_path / "own"), "PATH": ""}) == newest


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"])
def test_the_systems_browser(name: str, tmp_path: Path) -> None:
    found = _program(tmp_path / "bin" / name)
    assert find_chromium({"PATH": str(tmp_path / "bin")}) == found


def test_none_at_all_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BrowserMissing) as error:
        find_chromium({"PATH": str(tmp_path)})
    assert "`tool-executor browser install`" in (error.value.hint or "")


def test_the_command_line_keeps_to_the_proxy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = SessionFolders(tmp_path / "s", tmp_path / "t")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    command = chromium_command(Path("/x/chromium"), folders, 4321)
    assert "--proxy-server=http://127.0.0.1:4321" in command
    assert "--proxy-bypass-list=<-loopback>" in command
    assert "--webrtc-ip-handling-policy=disable_non_proxied_udp" in command
    assert not {"--single-process", "--disable-popup-blocking", "--no-sandbox"} & set(command)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert {"--no-sandbox", "--no-zygote"} <= set(chromium_command(Path("/x/chromium"), folders, 4321))


def test_the_environment_is_not_the_developers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "HTTPS_PROXY", "http_proxy", "SSH_AUTH_SOCK"):
        monkeypatch.setenv(name, "canary")
    environment = chromium_environment(SessionFolders(tmp_path / "s", tmp_path / "t"))
    assert "canary" not in environment.values()
    assert environment["HOME"] == str(tmp_path / "s")
    assert environment["TMPDIR"] == str(tmp_path / "t")


def test_a_new_profile_holds_the_preferences(tmp_path: Path) -> None:
    folders = SessionFolders(tmp_path / "s", tmp_path / "t")
    folders.make()
    preferences = json.loads((folders.profile / "Default" / "Preferences").read_text())
    assert preferences["webrtc"]["ip_handling_policy"] == "disable_non_proxied_udp"
