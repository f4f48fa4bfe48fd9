"""The page in the process: starlette's test client, on a history table of moto's and a small catalog."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from starlette.testclient import TestClient

from tests.unit.client.history_rows import HistoryRows, history_rows
from tool_contract.catalog import Catalog
from tool_contract.tool_spec import ToolAnnotations, ToolSpec
from tool_executor.execution import Execution
from tool_executor.ui.app import make_app
from tool_executor.ui.guard import TOKEN_FIELD, Key
from tool_executor.ui.place import Found, Place

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx import Response

PORT = 8477
ORIGIN = f"http://127.0.0.1:{PORT}"
ORDER = {
    "type": "object",
    "properties": {"code": {"type": "string"}, "amount": {"type": "integer", "minimum": 1}},
    "required": ["code"],
    "additionalProperties": False,
}
ECHO = {"type": "object", "properties": {"text": {"type": "string"}}, "additionalProperties": False}
EVERYTHING: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["code", "orders"],
    "$defs": {"Order": ORDER},
    "properties": {
        "code": {"type": "string", "description": "Which one.", "examples": ["P001"]},
        "amount": {"type": "integer", "minimum": 1, "maximum": 100, "default": 28},
        "share": {"anyOf": [{"type": "number", "maximum": 1}, {"type": "null"}], "default": None},
        "urgent": {"type": "boolean", "default": False},
        "detail": {"enum": ["summary", "full"], "type": "string", "default": "summary"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "counts": {"type": "array", "items": {"type": "integer"}},
        "address": {"type": "object", "properties": {"city": {"type": "string"}, "zip": {"type": "integer"}}},
        "orders": {"type": "array", "items": {"$ref": "#/$defs/Order"}, "maxItems": 3},
        "text": {
            "anyOf": [
                {"type": "string", "x-plain-text": True},
                {
                    "type": "object",
                    "properties": {
                        "secret_ref": {
                            "type": "string",
                            "pattern": "^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+){0,9}$",
                            "maxLength": 200,
                        }
                    },
                    "required": ["secret_ref"],
                    "additionalProperties": False,
                    "x-secret": True,
                },
            ]
        },
        "anything": {},
    },
}


def tool_spec(name: str, schema: dict[str, Any]) -> ToolSpec:
    return ToolSpec(
        name=name,
        group="probe",
        description="Do it. Then say so.",
        input_schema=schema,
        output_schema={"type": "object"},
        annotations=ToolAnnotations(read_only=True),
    )


CATALOG = Catalog(
    tools=(
        tool_spec(
            "echo", {"type": "object", "properties": {"text": {"type": "string"}}, "additionalProperties": False}
        ),
        tool_spec("everything", EVERYTHING),
    )
)


@dataclass
class Started:
    """What the page has started."""

    requests: list[tuple[str, Any]] = field(default_factory=list)

    def runner(self, *_: Any) -> Started:
        return self

    def start(self, request: Any, name: str) -> Execution:
        self.requests.append((name, request))
        return Execution(name, f"arn:{name}", name)


@dataclass
class Page:
    """The page, and a browser that has been given its key."""

    client: TestClient
    key: Key
    place: Place

    def get(self, path: str, **headers: str) -> Response:
        return self.client.get(path, headers=headers)

    def html(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, answer.text
        return answer.text

    def post(self, path: str, **fields: str) -> Response:
        form = {TOKEN_FIELD: self.key.form_token, **fields}
        return self.client.post(path, data=form, headers={"Origin": ORIGIN})


@pytest.fixture(scope="module")
def rows() -> Iterator[HistoryRows]:
    with history_rows() as table:
        table.aws.dynamodb.create_table(
            TableName="state",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )
        yield table


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> Started:
    recorder = Started()
    monkeypatch.setattr("tool_executor.ui.starting.Runner", recorder.runner)
    return recorder


def page_of(place: Place) -> Page:
    key = Key()
    client = TestClient(make_app(place, key, PORT), base_url=ORIGIN, raise_server_exceptions=False)
    client.follow_redirects = False
    client.get(f"/executions?key={key.value}")
    return Page(client, key, place)


@pytest.fixture
def page(rows: HistoryRows, monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setattr("tool_executor.ui.place.deployed_catalog", lambda *_: CATALOG)
    return page_of(Place(lambda: Found(rows.aws, rows.deployment), "stage dev"))
