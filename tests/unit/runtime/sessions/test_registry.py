"""What is known of sessions between two calls: each write only where nobody was faster."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import EndpointConnectionError

from lambdas.runtime.sessions.registry import KnownSession, SessionRegistry, SessionState
from tests.unit.runtime.aws import STATE_TABLE, Aws, FailingClient, service_error
from tests.unit.runtime.fake_clock import START_MS
from tool_contract.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

_numbers = itertools.count(1)
_DAY_SECONDS = 24 * 3600


@pytest.fixture
def registry(aws: Aws) -> SessionRegistry:
    return SessionRegistry(STATE_TABLE, aws.dynamodb)


@pytest.fixture
def key() -> str:
    return f"execution/r-{next(_numbers)}"


def known(registry: SessionRegistry, key: str) -> KnownSession:
    found = registry.find(key)
    assert found is not None
    return found


def opened(registry: SessionRegistry, key: str, generation: int = 1, session_id: str = "b1") -> KnownSession:
    assert registry.begin(key, generation, START_MS)
    assert registry.opened(known(registry, key), session_id)
    return known(registry, key)


def test_nothing_is_known_of_a_session_before_it_is_begun(registry: SessionRegistry, key: str) -> None:
    assert registry.find(key) is None


def test_a_session_is_begun_then_opened(registry: SessionRegistry, key: str) -> None:
    registry.begin(key, 1, START_MS)
    assert known(registry, key) == KnownSession(key, 1, SessionState.OPENING, secrets={})

    registry.opened(known(registry, key), "b1")
    assert known(registry, key) == KnownSession(key, 1, SessionState.OPEN, "b1", secrets={})


def test_its_item_goes_with_the_day(aws: Aws, registry: SessionRegistry, key: str) -> None:
    registry.begin(key, 1, START_MS)

    item = aws.dynamodb.get_item(TableName=STATE_TABLE, Key={"id": {"S": f"browser#{key}"}})["Item"]
    assert item["expires_at"] == {"N": str(START_MS // 1000 + _DAY_SECONDS)}


def test_only_the_first_begins_a_generation(registry: SessionRegistry, key: str) -> None:
    assert registry.begin(key, 1, START_MS)
    assert not registry.begin(key, 1, START_MS)
    assert registry.begin(key, 2, START_MS)
    assert not registry.begin(key, 2, START_MS)
    assert not registry.begin(key, 1, START_MS)
    assert known(registry, key).generation == 2


def test_only_the_first_says_which_browser_it_is(registry: SessionRegistry, key: str) -> None:
    registry.begin(key, 1, START_MS)
    beginning = known(registry, key)

    assert (registry.opened(beginning, "b1"), registry.opened(beginning, "b2")) == (True, False)
    assert known(registry, key).session_id == "b1"


def test_a_generation_begins_with_nothing_done_and_no_browser(registry: SessionRegistry, key: str) -> None:
    session = opened(registry, key)
    registry.act(session)
    registry.begin(key, 2, START_MS)

    assert known(registry, key) == KnownSession(key, 2, SessionState.OPENING, secrets={})


OUTDATED: list[Callable[[SessionRegistry, KnownSession], bool]] = [
    SessionRegistry.lose,
    SessionRegistry.act,
    lambda registry, session: registry.opened(session, "b9"),
    lambda registry, session: registry.typed(session, {"door": "https://a.example"}),
    lambda registry, session: registry.saw_pages(session, ["p1"]),
]


@pytest.mark.parametrize("write", OUTDATED, ids=["lose", "act", "opened", "typed", "saw_pages"])
def test_what_is_said_of_an_older_generation_changes_nothing(
    registry: SessionRegistry, key: str, write: Callable[[SessionRegistry, KnownSession], bool]
) -> None:
    older = opened(registry, key)
    newer = opened(registry, key, 2, "b2")

    assert not write(registry, older)
    assert known(registry, key) == newer


@pytest.mark.parametrize("write", OUTDATED, ids=["lose", "act", "opened", "typed", "saw_pages"])
def test_what_is_said_after_the_close_changes_nothing(
    registry: SessionRegistry, key: str, write: Callable[[SessionRegistry, KnownSession], bool]
) -> None:
    session = opened(registry, key)
    registry.close(key, START_MS)

    assert not write(registry, session)
    assert known(registry, key).state is SessionState.CLOSED


def test_a_browser_that_started_while_its_session_was_closed_is_not_its(registry: SessionRegistry, key: str) -> None:
    registry.begin(key, 1, START_MS)
    beginning = known(registry, key)
    registry.close(key, START_MS)

    assert not registry.opened(beginning, "b1")
    assert known(registry, key).session_id == ""


def test_a_session_is_lost_once(registry: SessionRegistry, key: str) -> None:
    session = opened(registry, key)

    assert (registry.lose(session), registry.lose(session)) == (True, False)
    assert known(registry, key).state is SessionState.LOST


def test_a_close_tells_what_the_session_was_until_then(registry: SessionRegistry, key: str) -> None:
    assert registry.close(f"{key}-unknown", START_MS) is None
    session = opened(registry, key)

    assert registry.close(key, START_MS) == session
    again = registry.close(key, START_MS)
    assert again is not None
    assert again.state is SessionState.CLOSED


@pytest.mark.parametrize("begun", [True, False])
def test_no_generation_begins_after_the_close(
    registry: SessionRegistry,
    key: str,
    begun: bool,  # noqa: FBT001
) -> None:
    if begun:
        opened(registry, key)
    registry.close(key, START_MS)

    assert [registry.begin(key, generation, START_MS) for generation in (1, 2, 3)] == [False] * 3


@pytest.mark.parametrize("begun", [True, False])
def test_a_named_session_is_begun_again_after_the_close(
    registry: SessionRegistry,
    key: str,
    begun: bool,  # noqa: FBT001
) -> None:
    named = f"named/{key}"
    if begun:
        opened(registry, named)
    registry.close(named, START_MS)

    assert registry.begin(named, known(registry, named).generation + 1, START_MS)


def test_what_was_done_and_typed_is_kept(registry: SessionRegistry, key: str) -> None:
    session = opened(registry, key)

    assert registry.act(session)
    assert known(registry, key).acted
    assert registry.typed(session, {"door": "https://a.example", "safe": "https://b.example"})
    assert dict(known(registry, key).typed_secrets) == {"door": "https://a.example", "safe": "https://b.example"}


def test_the_order_of_the_pages_is_kept_for_that_generation(registry: SessionRegistry, key: str) -> None:
    registry.saw_pages(opened(registry, key), ["p1", "p2"])
    assert known(registry, key).pages == ("p1", "p2")

    assert opened(registry, key, 2, "b2").pages == ()


def test_a_typed_secret_is_something_done(registry: SessionRegistry, key: str) -> None:
    registry.typed(opened(registry, key), {"door": "https://a.example"})

    assert known(registry, key).acted


def test_all_are_found_of_more_keys_than_one_request_takes(registry: SessionRegistry, key: str) -> None:
    keys = [f"{key}/{number}" for number in range(230)]
    for each in keys[::2]:
        registry.begin(each, 1, START_MS)

    assert sorted(found.key for found in registry.find_all(keys)) == sorted(keys[::2])


def test_of_no_keys_nothing_is_asked(aws: Aws) -> None:
    client: Any = FailingClient(aws.dynamodb)

    assert SessionRegistry(STATE_TABLE, client).find_all([]) == []
    assert client.calls == []


@dataclass
class Busy:
    """Answers a batch by its first two keys, and leaves the others to be asked for again."""

    real: Any
    asked: list[int] = field(default_factory=list)

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - DynamoDB's name
        ((table, request),) = RequestItems.items()
        now, later = request["Keys"][:2], request["Keys"][2:]
        self.asked.append(len(request["Keys"]))
        answer: dict[str, Any] = self.real.batch_get_item(RequestItems={table: {**request, "Keys": now}})
        return {**answer, "UnprocessedKeys": {table: {**request, "Keys": later}} if later else {}}


def test_what_a_busy_table_left_out_is_asked_for_again(aws: Aws, registry: SessionRegistry, key: str) -> None:
    keys = [f"{key}/{number}" for number in range(5)]
    for each in keys:
        registry.begin(each, 1, START_MS)
    busy: Any = Busy(aws.dynamodb)

    found = SessionRegistry(STATE_TABLE, busy).find_all(keys)

    assert (sorted(each.key for each in found), busy.asked) == (keys, [5, 3, 1])


@pytest.mark.parametrize(
    "ask",
    [
        lambda registry: registry.find("k"),
        lambda registry: registry.find_all(["k"]),
        lambda registry: registry.begin("k", 1, START_MS),
        lambda registry: registry.lose(KnownSession("k", 1, SessionState.OPEN)),
        lambda registry: registry.close("k", START_MS),
    ],
    ids=["find", "find_all", "begin", "lose", "close"],
)
@pytest.mark.parametrize(
    "error",
    [service_error(), EndpointConnectionError(endpoint_url="http://x")],
    ids=["its own failure", "no connection"],
)
def test_a_table_that_does_not_answer_is_unavailable(
    aws: Aws, ask: Callable[[SessionRegistry], Any], error: Exception
) -> None:
    down: Any = FailingClient(aws.dynamodb, before=dict.fromkeys(("get_item", "batch_get_item", "update_item"), error))

    with pytest.raises(Unavailable, match="tool state table"):
        ask(SessionRegistry(STATE_TABLE, down))
