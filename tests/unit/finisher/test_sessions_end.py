"""Browser sessions end with their executions: in Finish, and by the sweep where Finish never came."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.finisher import handler
from lambdas.finisher.gauges import Gauges
from lambdas.finisher.history import History
from lambdas.finisher.sessions_end import SessionsEnd
from lambdas.finisher.settlement import Ending
from lambdas.runtime import aws_clients
from lambdas.runtime.sessions.keys import attempt_key, sequence_key
from lambdas.runtime.sessions.provider import SessionLost
from tests.unit.contract.small_catalog import CATALOG
from tests.unit.finisher.executions import PENDING, RUNNING, finisher, planned, success
from tests.unit.runtime.aws import BUCKET, STATE_TABLE, TABLE, Aws
from tests.unit.runtime.fake_clock import START_MS
from tests.unit.runtime.sessions.browsers import FakeBrowsers, sessions_on
from tests.unit.runtime.test_direct_call import LAMBDA_CONTEXT
from tool_contract import strict_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.runtime.fake_clock import FakeClock

#: The tool that the planned calls use stands for a browser tool here.
BROWSER_TOOLS = frozenset({"set_level"})


@pytest.fixture
def browsers() -> FakeBrowsers:
    return FakeBrowsers()


@pytest.fixture
def end(aws: Aws, browsers: FakeBrowsers) -> SessionsEnd:
    return SessionsEnd(sessions_on(aws, browsers), BROWSER_TOOLS)


def finish(aws: Aws, clock: FakeClock, end: SessionsEnd, execution_id: str, ending: Ending = Ending.FINISHED) -> Any:
    return replace(finisher(aws, clock), sessions=end).finish(execution_id, ending)


def test_the_end_of_a_sequence_ends_the_session_that_its_calls_shared(
    aws: Aws, clock: FakeClock, browsers: FakeBrowsers, end: SessionsEnd, execution_id: str
) -> None:
    planned(aws, execution_id, success(), success(), mode="sequence")
    end.sessions.acquire(sequence_key(execution_id), anew=True)
    end.sessions.acquire("execution/another", anew=True)

    assert finish(aws, clock, end, execution_id)["status"] == "succeeded"

    assert [key for key, _ in browsers.living.values()] == ["execution/another"]


def test_an_attempt_that_comes_after_the_end_of_its_sequence_opens_no_browser(
    aws: Aws, clock: FakeClock, browsers: FakeBrowsers, end: SessionsEnd, execution_id: str
) -> None:
    planned(aws, execution_id, RUNNING, mode="sequence")
    finish(aws, clock, end, execution_id, Ending.TIMED_OUT)

    with pytest.raises(SessionLost):
        end.sessions.acquire(sequence_key(execution_id), anew=True)
    assert browsers.opened == []


def test_the_end_of_parallel_calls_ends_the_session_of_every_attempt(
    aws: Aws, clock: FakeClock, browsers: FakeBrowsers, end: SessionsEnd, execution_id: str
) -> None:
    planned(aws, execution_id, {**RUNNING, "attempts": 2}, success(), PENDING)
    keys = [attempt_key(execution_id, "c1", 1), attempt_key(execution_id, "c1", 2), attempt_key(execution_id, "c2", 1)]
    for key in keys:
        end.sessions.acquire(key, anew=True)

    finish(aws, clock, end, execution_id, Ending.TIMED_OUT)

    assert browsers.opened == [(key, 1) for key in keys]
    assert browsers.living == {}


def test_calls_that_used_no_browser_cost_no_look_at_sessions(
    aws: Aws, clock: FakeClock, browsers: FakeBrowsers, end: SessionsEnd, execution_id: str
) -> None:
    planned(aws, execution_id, success(), mode="sequence")
    end.sessions.acquire(sequence_key(execution_id), anew=True)

    finish(aws, clock, replace(end, tools=frozenset({"navigate"})), execution_id)

    assert len(browsers.living) == 1


@pytest.mark.parametrize(
    "trace",
    [
        {"fallbacks": strict_json.dumps([{"tool_name": "navigate", "input": {}}])},
        {"fallbacks_ref": strict_json.dumps({"bucket": "b", "key": "k", "bytes": 1, "sha256": "0"})},
        {
            "attempt_log": strict_json.dumps(
                [
                    {
                        "attempt": 1,
                        "tool_name": "navigate",
                        "started_at": "2026-11-20T10:00:00.000Z",
                        "duration_ms": 1.0,
                        "decision": "done",
                    }
                ]
            )
        },
    ],
    ids=["a fallback", "a fallback that lies elsewhere", "an attempt"],
)
def test_a_call_whose_fallback_is_a_browser_tool_has_sessions_too(
    aws: Aws, browsers: FakeBrowsers, end: SessionsEnd, execution_id: str, trace: dict[str, Any]
) -> None:
    planned(aws, execution_id, {**success(), **trace})
    end.sessions.acquire(attempt_key(execution_id, "c1", 1), anew=True)
    rows = History(TABLE, aws.dynamodb).rows(execution_id)
    assert rows is not None

    replace(end, tools=frozenset({"navigate"})).end(rows)

    assert browsers.living == {}


def test_a_browser_that_cannot_be_ended_keeps_no_execution_open(
    aws: Aws, clock: FakeClock, browsers: FakeBrowsers, end: SessionsEnd, execution_id: str
) -> None:
    planned(aws, execution_id, success(), mode="sequence")
    end.sessions.acquire(sequence_key(execution_id), anew=True)
    browsers.down = {"close"}

    assert finish(aws, clock, end, execution_id)["status"] == "succeeded"
    assert "open" not in aws.row(execution_id, "#execution")


def test_an_execution_that_has_ended_is_not_looked_through_again(
    aws: Aws, clock: FakeClock, browsers: FakeBrowsers, end: SessionsEnd, execution_id: str
) -> None:
    planned(aws, execution_id, success(), mode="sequence")
    finish(aws, clock, end, execution_id)
    browsers.open(sequence_key(execution_id), 1)

    finish(aws, clock, end, execution_id)

    assert len(browsers.living) == 1  # the sweep's


@pytest.fixture
def _left_over(aws: Aws, clock: FakeClock, browsers: FakeBrowsers, execution_id: str) -> None:
    planned(aws, f"{execution_id}-open", RUNNING)
    planned(aws, f"{execution_id}-ended", success())
    finisher(aws, clock).finish(f"{execution_id}-ended", Ending.FINISHED)
    for key in (
        attempt_key(f"{execution_id}-open", "c1", 1),
        attempt_key(f"{execution_id}-ended", "c1", 1),
        sequence_key(f"{execution_id}-ended"),
        sequence_key(f"{execution_id}-not-yet-known"),
        "named/mine",
        "once/request-1",
        "",
    ):
        browsers.open(key, 1)


@pytest.mark.usefixtures("_left_over")
def test_the_sweep_ends_what_is_left_over_of_executions_that_have_ended_and_nothing_else(
    aws: Aws, browsers: FakeBrowsers, end: SessionsEnd, execution_id: str
) -> None:
    ended = end.end_left_over(History(TABLE, aws.dynamodb))

    assert ended == [attempt_key(f"{execution_id}-ended", "c1", 1), sequence_key(f"{execution_id}-ended")]
    assert [key for key, _ in browsers.living.values()] == [
        attempt_key(f"{execution_id}-open", "c1", 1),
        sequence_key(f"{execution_id}-not-yet-known"),
        "named/mine",
        "once/request-1",
        "",
    ]


def test_a_provider_that_does_not_list_is_logged_and_the_sweep_goes_on(
    aws: Aws, browsers: FakeBrowsers, end: SessionsEnd, caplog: pytest.LogCaptureFixture
) -> None:
    browsers.down = {"listed"}

    assert end.end_left_over(History(TABLE, aws.dynamodb)) == []
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.fixture
def _deployed(aws: Aws, end: SessionsEnd, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(handler, "load_catalog", lambda: CATALOG)
    monkeypatch.setattr(aws_clients, "dynamodb", lambda: aws.dynamodb)
    monkeypatch.setattr(aws_clients, "s3", lambda: aws.s3)
    monkeypatch.setattr("lambdas.runtime.clock.SystemClock.now_ms", lambda _self: START_MS)
    monkeypatch.setattr(SessionsEnd, "from_environment", lambda: end)
    monkeypatch.setenv("HISTORY_TABLE", TABLE)
    monkeypatch.setenv("ARTIFACT_BUCKET", BUCKET)
    handler._finisher.cache_clear()
    yield
    handler._finisher.cache_clear()


def handle(event: dict[str, Any]) -> Any:
    return handler.lambda_handler(event, LAMBDA_CONTEXT)


@pytest.mark.usefixtures("_deployed", "_left_over")
def test_the_schedules_event_ends_what_is_left_over(
    aws: Aws, browsers: FakeBrowsers, execution_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handler, "_gauges", lambda: Gauges(handler._finisher().history, STATE_TABLE, aws.dynamodb, ()))

    handle({"sweep": True})

    assert not [key for key, _ in browsers.living.values() if f"{execution_id}-ended" in key]


@pytest.mark.usefixtures("_deployed")
def test_the_state_finish_ends_its_executions_session(
    aws: Aws, browsers: FakeBrowsers, end: SessionsEnd, execution_id: str
) -> None:
    planned(aws, execution_id, success(), mode="sequence")
    end.sessions.acquire(sequence_key(execution_id), anew=True)

    handle({"execution_id": execution_id})

    assert browsers.living == {}


@pytest.mark.usefixtures("_deployed")
def test_a_client_is_told_which_sessions_there_are(browsers: FakeBrowsers) -> None:
    browsers.open("call/e-1/c1/1", 1)
    browsers.open("", 1)  # somebody else's of the account

    assert handle({"browser_sessions": {}}) == {
        "sessions": [
            {
                "key": "call/e-1/c1/1",
                "session_id": "b1",
                "opened_at": "2026-11-20T10:00:00.000Z",
                "execution_id": "e-1",
            }
        ],
        "closed": [],
    }


@pytest.mark.usefixtures("_deployed")
@pytest.mark.parametrize(
    ("close", "closed"),
    [
        (["named/b"], ["named/b"]),
        (["named/a", "named/b"], ["named/a", "named/b"]),
        ("all", ["named/a", "named/b"]),
        (["named/unknown"], []),
        ([], []),
    ],
)
def test_a_client_closes_those_that_it_names_or_all(browsers: FakeBrowsers, close: Any, closed: list[str]) -> None:
    for key in ("named/a", "named/b", ""):
        browsers.open(key, 1)

    answer = handle({"browser_sessions": {"close": close}})

    assert answer["closed"] == closed
    assert [key for key, _ in browsers.living.values()] == [
        key for key in ("named/a", "named/b", "") if key not in closed
    ]


@pytest.fixture
def _fresh_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("BROWSER_PROVIDER", raising=False)
    monkeypatch.setenv("TOOL_STATE_TABLE", STATE_TABLE)
    SessionsEnd.from_environment.cache_clear()  # type: ignore[attr-defined]
    yield
    SessionsEnd.from_environment.cache_clear()  # type: ignore[attr-defined]


@pytest.mark.usefixtures("_fresh_environment")
def test_a_deployment_without_browser_tools_has_nothing_to_end_and_lists_nothing() -> None:
    assert SessionsEnd.from_environment() is None
    assert handler.finish({"browser_sessions": {"close": "all"}}, LAMBDA_CONTEXT) == {"sessions": [], "closed": []}


@pytest.mark.usefixtures("_fresh_environment")
def test_a_deployment_with_browser_tools_knows_them_from_the_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lambdas.finisher.sessions_end.load_catalog", lambda: CATALOG)
    monkeypatch.setattr("lambdas.runtime.sessions.browser_sessions.provider_from_environment", FakeBrowsers)
    monkeypatch.setenv("BROWSER_PROVIDER", "cdp")
    monkeypatch.setenv("BROWSER_GROUPS", "stock-desk,browser")

    end = SessionsEnd.from_environment()

    assert end is not None
    assert end.tools == {"look_up", "set_level"}
