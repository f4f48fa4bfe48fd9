from __future__ import annotations

import socket
import sys
import threading
from typing import TYPE_CHECKING

import anyio
import httpx
import pytest

from tests.unit.ui.conftest import ORIGIN, PORT
from tool_executor.cli.main import main
from tool_executor.errors import DeploymentNotFoundError
from tool_executor.ui.app import make_app
from tool_executor.ui.guard import Key
from tool_executor.ui.place import Place

if TYPE_CHECKING:
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
    assert "pip install 'tool-executor[ui]'" in capsys.readouterr().err


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
