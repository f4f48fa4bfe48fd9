"""What is known of a session between two calls: an item of the tool state table, changed by conditional writes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from lambdas.runtime import aws_clients
from lambdas.runtime.sessions.keys import is_named
from tool_contract import strict_json
from tool_contract.errors import Unavailable
from tool_contract.items import from_item, to_attribute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

#: No session lives longer; its item is of no use after that.
_KEPT_SECONDS: Final = 24 * 3600
_KEYS_AT_ONCE: Final = 100


class SessionState(StrEnum):
    """Where a session stands. ``closed`` is final, but for a named session."""

    OPENING = "opening"
    OPEN = "open"
    LOST = "lost"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session's item. ``generation`` counts its browsers; ``acted``: something was clicked or typed in this one.

    ``secrets`` are the names of the secrets that were typed in it, each with the origin that it was typed at: whatever
    comes back from the session later is masked for them. ``pages`` are the ids of the browser's pages in the order in
    which they were opened, where there are several.
    """

    key: str
    generation: int
    state: SessionState
    session_id: str = ""
    acted: bool = False
    secrets: Mapping[str, str] | None = None
    pages: tuple[str, ...] = ()

    @property
    def typed_secrets(self) -> Mapping[str, str]:
        """The secrets by name."""
        return self.secrets or {}


class SessionRegistry:
    """The tool state table, for sessions. Every method may raise Unavailable."""

    def __init__(self, table: str, client: DynamoDBClient | None = None) -> None:
        self._table = table
        self._given_client = client

    def find(self, key: str) -> KnownSession | None:
        """Return what is known of a session, as it is now."""
        try:
            answer = self._client.get_item(TableName=self._table, Key=_item_key(key), ConsistentRead=True)
        except (BotoCoreError, ClientError) as error:
            raise _unavailable() from error
        return _known(key, answer["Item"]) if "Item" in answer else None

    def find_all(self, keys: Sequence[str]) -> list[KnownSession]:
        """Return those of the sessions that there are."""
        found: list[KnownSession] = []
        names = {f"browser#{key}": key for key in keys}
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            pending: list[Any] = [_item_key(key) for key in keys[start : start + _KEYS_AT_ONCE]]
            while pending:
                try:
                    answer = self._client.batch_get_item(
                        RequestItems={self._table: {"Keys": pending, "ConsistentRead": True}}
                    )
                except (BotoCoreError, ClientError) as error:
                    raise _unavailable() from error
                items = answer["Responses"].get(self._table, [])
                found += [_known(names[item["id"]["S"]], item) for item in items]
                left: Any = answer.get("UnprocessedKeys", {}).get(self._table)
                pending = list(left["Keys"]) if left else []
        return found

    def begin(self, key: str, generation: int, now_ms: int) -> bool:
        """Say that a browser is being opened; False where the session is further than that already, or closed."""
        values = {
            ":generation": generation,
            ":opening": SessionState.OPENING,
            ":expires": now_ms // 1000 + _KEPT_SECONDS,
        }
        before = "attribute_not_exists(id)" if generation == 1 else "generation < :generation"
        if generation > 1 and not is_named(key):
            before += " AND #state <> :closed"
            values[":closed"] = SessionState.CLOSED
        return self._write(
            key,
            "SET generation = :generation, #state = :opening, expires_at = :expires REMOVE session_id, acted, pages",
            before,
            values,
        )

    def opened(self, session: KnownSession, session_id: str) -> bool:
        """Write down which browser it is; False where another came first, or the session was closed meanwhile."""
        return self._write(
            session.key,
            "SET session_id = :session, #state = :open",
            "generation = :generation AND #state = :opening",
            {
                ":session": session_id,
                ":generation": session.generation,
                ":open": SessionState.OPEN,
                ":opening": SessionState.OPENING,
            },
        )

    def lose(self, session: KnownSession) -> bool:
        """Say that the browser is gone."""
        return self._write(
            session.key,
            "SET #state = :lost",
            "generation = :generation AND #state IN (:opening, :open)",
            {
                ":generation": session.generation,
                ":lost": SessionState.LOST,
                ":opening": SessionState.OPENING,
                ":open": SessionState.OPEN,
            },
        )

    def close(self, key: str, now_ms: int) -> KnownSession | None:
        """Say that the session is over: nobody opens a browser for it any more. Returns what it was until now."""
        try:
            answer = self._client.update_item(
                TableName=self._table,
                Key=_item_key(key),
                # A session of which nothing was known has a generation, too: a named one is begun by the next.
                UpdateExpression="SET #state = :closed, expires_at = :expires, "
                "generation = if_not_exists(generation, :first)",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={
                    ":closed": to_attribute(SessionState.CLOSED),
                    ":expires": to_attribute(now_ms // 1000 + _KEPT_SECONDS),
                    ":first": to_attribute(1),
                },
                ReturnValues="ALL_OLD",
            )
        except (BotoCoreError, ClientError) as error:
            raise _unavailable() from error
        return _known(key, answer["Attributes"]) if "Attributes" in answer else None

    def act(self, session: KnownSession) -> bool:
        """Say that something is about to be clicked or typed, so that a lost browser cannot be replaced silently."""
        return self._write(
            session.key,
            "SET acted = :true",
            "generation = :generation AND #state = :open",
            {":true": True, ":generation": session.generation, ":open": SessionState.OPEN},
        )

    def typed(self, session: KnownSession, secrets: Mapping[str, str]) -> bool:
        """Say which secrets are about to be typed, and at which origins; ``secrets`` holds all of the session's."""
        return self._write(
            session.key,
            "SET secrets = :secrets, acted = :true",
            "generation = :generation AND #state = :open",
            {
                ":secrets": strict_json.dumps(dict(secrets)),
                ":true": True,
                ":generation": session.generation,
                ":open": SessionState.OPEN,
            },
        )

    def saw_pages(self, session: KnownSession, pages: Sequence[str]) -> bool:
        """Write down the browser's pages, in the order in which they were opened."""
        return self._write(
            session.key,
            "SET pages = :pages",
            "generation = :generation AND #state = :open",
            {":pages": strict_json.dumps(list(pages)), ":generation": session.generation, ":open": SessionState.OPEN},
        )

    @property
    def _client(self) -> DynamoDBClient:
        return self._given_client or aws_clients.dynamodb()

    def _write(self, key: str, update: str, condition: str, values: Mapping[str, Any]) -> bool:
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_item_key(key),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={name: to_attribute(value) for name, value in values.items()},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        except (BotoCoreError, ClientError) as error:
            raise _unavailable() from error
        return True


def _item_key(key: str) -> dict[str, Any]:
    return {"id": {"S": f"browser#{key}"}}


def _known(key: str, item: Mapping[str, Any]) -> KnownSession:
    values = from_item(item)
    return KnownSession(
        key=key,
        generation=values.get("generation", 0),
        state=SessionState(values["state"]),
        session_id=values.get("session_id", ""),
        acted=values.get("acted", False),
        secrets=strict_json.parse(values.get("secrets", "{}")),
        pages=tuple(strict_json.parse(values.get("pages", "[]"))),
    )


def _unavailable() -> Unavailable:
    return Unavailable("The tool state table did not answer for a browser session.")
