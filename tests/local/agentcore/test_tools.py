"""The browser group's tools, and the finisher, on AgentCore: as functions of their own process, on moto's tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests.agentcore.relay import BROWSER
from tests.local.agentcore.conftest import environment
from tests.local.browsers.site import Site, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.agentcore.relay import Relay

ROOT = Path(__file__).resolve().parents[3]
MINE = {"session": "mine"}


@pytest.fixture
def site() -> Iterator[Site]:
    with served() as running:
        yield running


@pytest.fixture
def state() -> Iterator[dict[str, str]]:
    """A tool state table on moto, as a function finds it. Moto's tables are its process's: each test has its own."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url, table = f"http://{host}:{port}", f"tool-state-{uuid.uuid4()}"
    keys: dict[str, Any] = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "eu-west-1"}
    boto3.client("dynamodb", endpoint_url=url, **keys).create_table(
        TableName=table,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    yield {"AWS_ENDPOINT_URL_DYNAMODB": url, "TOOL_STATE_TABLE": table}
    server.stop()


@dataclass(frozen=True)
class Functions:
    """Invokes the functions, one after another in one process."""

    environment: dict[str, str]
    folder: Path

    def invoke(self, *events: dict[str, Any]) -> list[Any]:
        answers = self.folder / "answers.json"
        done = subprocess.run(
            [sys.executable, "-m", "tests.agentcore.tool_calls", str(answers)],
            cwd=ROOT,
            env=self.environment,
            input=json.dumps(events),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return list(json.loads(answers.read_text(encoding="utf-8")))


@pytest.fixture
def functions(relay: Relay, state: dict[str, str], site: Site, tmp_path: Path) -> Functions:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BROWSER_"))}
    return Functions(
        {
            **inherited,
            **environment(relay),
            **state,
            "BROWSER_PROVIDER": "agentcore",
            "BROWSER_IDENTIFIER": BROWSER,
            "BROWSER_SESSION_SECONDS": "60",
            "BROWSER_RULES": json.dumps({"private": [site.origin]}),
            "BROWSER_GROUPS": "browser",
            "HISTORY_TABLE": "history",
            "ARTIFACT_BUCKET": "artifacts",
            "STAGE": "dev",
        },
        tmp_path,
    )


def navigate(url: str, **context: Any) -> dict[str, Any]:
    return {"tool_name": "navigate", "input": {"url": url}, "context": context}


def get_text(selector: str, **context: Any) -> dict[str, Any]:
    return {"tool_name": "get_text", "input": {"selector": selector}, "context": context}


def test_calls_of_one_session_share_a_browser_of_agentcore_until_it_is_closed(
    relay: Relay, functions: Functions, site: Site
) -> None:
    url = site.page("/", "<title>Small</title><p id=said>Read me</p>")
    close = {"browser_sessions": {"close": ["named/mine"]}}

    there, read, closed = functions.invoke(navigate(url, **MINE), get_text("#said", **MINE), close)

    assert (there["status"], there["result"]["http_status"], there["result"]["url"]) == ("success", 200, url)
    assert read["result"]["untrusted_content"]["text"] == "Read me"
    ((session_id,), (listed,)) = (relay.sessions.by_id, closed["sessions"])
    assert (listed["key"], listed["session_id"], closed["closed"]) == ("named/mine", session_id, ["named/mine"])
    assert (relay.ready(), relay.refused) == ([], [])
    assert relay.operations().count("StartBrowserSession") == 1


def test_another_process_goes_on_where_the_first_one_ended(relay: Relay, functions: Functions, site: Site) -> None:
    url = site.page("/", "<p id=said>Read me</p>")

    functions.invoke(navigate(url, **MINE))
    (read,) = functions.invoke(get_text("#said", **MINE))

    assert read["result"]["untrusted_content"]["text"] == "Read me"
    assert site.asked.count("/") == 1
    assert len(relay.ready()) == 1


def test_a_call_without_a_session_leaves_no_browser_behind(relay: Relay, functions: Functions, site: Site) -> None:
    (there,) = functions.invoke(navigate(site.page("/", "<p>once</p>")))

    assert there["status"] == "success"
    assert relay.ready() == []
    assert relay.operations()[-1] == "StopBrowserSession"


def test_a_session_that_the_service_has_ended_is_lost_to_a_call_that_needs_it(
    relay: Relay, functions: Functions, site: Site
) -> None:
    functions.invoke(navigate(site.page("/", "<p id=said>Read me</p>"), **MINE))
    relay.end(relay.ready()[0])

    read, again = functions.invoke(get_text("#said", **MINE), navigate(f"{site.origin}/", **MINE))

    assert (read["error_code"], read["success"]) == ("SessionLost", False)
    assert again["success"]
    assert [session.status for session in relay.sessions.by_id.values()] == ["TERMINATED", "READY"]


def test_rights_that_are_missing_are_a_wrong_setting(relay: Relay, functions: Functions, site: Site) -> None:
    functions.environment["AWS_SECRET_ACCESS_KEY"] = "another"  # noqa: S105 - of no account

    (there,) = functions.invoke(navigate(site.page("/", "")))

    assert (there["error_code"], there["retryable"]) == ("Misconfigured", False)
    assert (relay.sessions.by_id, site.asked) == ({}, [])
