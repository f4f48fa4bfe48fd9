from __future__ import annotations

import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname

import anyio
import httpx
import pytest

from tests.unit.ui.conftest import ORIGIN, PORT
from tool_executor.cli.main import main
from tool_executor.errors import DeploymentNotFoundError
from tool_executor.ui.app import make_app
from tool_executor.ui.guard import Key
from tool_executor.ui.place import Place
from tool_executor.ui.server import serve

if TYPE_CHECKING:
    from collections.abc import Callable

    import uvicorn

    from tool_executor.ui.place import Found


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(sys, "argv", ["tool-executor", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_a_port_that_is_taken_is_told_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        code = run(monkeypatch, "ui", "--no-open", "--port", str(other.getsockname()[1]))
    said = capsys.readouterr().err
    assert code == 2
    assert "PortTaken" in said
    assert "--port" in said


def test_without_the_packages_the_command_says_how_to_install_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tool_executor.ui.extra.find_spec", lambda _: None)
    assert run(monkeypatch, "ui") == 2
    assert "pip install '.[ui]'" in capsys.readouterr().err


def test_a_question_that_waits_for_aws_holds_up_nobody_else() -> None:
    waits, may_end = threading.Event(), threading.Event()

    def find() -> Found:
        waits.set()
        may_end.wait(30)
        raise DeploymentNotFoundError("There is none.")

    key = Key()
    app = make_app(Place(find, "stage dev"), key, PORT)
    statuses: list[int] = []

    async def ask_both() -> None:
        cookies = {f"tool-executor-ui-{PORT}": key.value}
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=cookies) as client:

            async def slow() -> None:
                statuses.append((await client.get("/executions")).status_code)

            async with anyio.create_task_group() as group:
                group.start_soon(slow)
                await anyio.to_thread.run_sync(waits.wait)
                statuses.append((await client.get("/static/page.js")).status_code)
                may_end.set()

    anyio.run(ask_both)
    assert statuses == [200, 503]


def test_the_end_waits_for_no_question_to_aws() -> None:
    may_end, asked = threading.Event(), threading.Event()
    threads: list[threading.Thread] = []

    def find() -> Found:
        threads.append(threading.current_thread())
        asked.set()
        may_end.wait(30)
        raise DeploymentNotFoundError("There is none.")

    async def leave() -> None:
        with anyio.move_on_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(Place(find, "stage dev").catalog)
                await anyio.to_thread.run_sync(asked.wait)
                group.cancel_scope.cancel()

    anyio.run(leave)
    was_left_alone = threads[0].is_alive()
    may_end.set()
    assert was_left_alone
    assert threads[0].daemon


def test_a_browser_is_started_with_a_file_of_its_owner_and_never_with_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    opened, told = threading.Event(), []

    def browser(address: str) -> bool:
        file = Path(url2pathname(urlsplit(address).path))
        told.append((address, file, file.stat().st_mode & 0o777, file.read_text(encoding="utf-8")))
        opened.set()
        return True

    def serve(_: Place, __: int, on_ready: Callable[[str], None]) -> None:
        on_ready("http://127.0.0.1:1/?key=a-key")
        assert opened.wait(10)

    monkeypatch.setattr("webbrowser.open", browser)
    monkeypatch.setattr("tool_executor.ui.server.serve", serve)
    run(monkeypatch, "ui")

    ((address, file, mode, text),) = told
    assert "a-key" not in address
    assert mode == 0o600
    assert 'content="0; url=http://127.0.0.1:1/?key=a-key"' in text
    assert not file.exists()


def test_no_log_has_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    configs: list[uvicorn.Config] = []
    monkeypatch.setenv("TOOL_EXECUTOR_DEBUG", "1")
    monkeypatch.setattr("tool_executor.ui.server._Server.run", lambda self, **_: configs.append(self.config))
    serve(Place(lambda: pytest.fail("nobody asks"), "stage dev"), 0, lambda _: None)
    assert [config.access_log for config in configs] == [False]
