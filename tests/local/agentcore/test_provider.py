"""The provider `agentcore` before a stand-in that checks signatures and the service's model: with real browsers."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from playwright.async_api import Error, async_playwright

from lambdas.runtime import aws_clients
from lambdas.runtime.sessions.keys import execution_of
from lambdas.runtime.sessions.provider import BrowserMisconfigured, SessionLost
from tests.agentcore.sessions import ServiceError
from tool_contract.errors import Unavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from lambdas.runtime.sessions.agentcore import AgentCore
    from lambdas.runtime.sessions.provider import CdpEndpoint
    from tests.agentcore.relay import Relay

KEY = "execution/0b9e7a52-3f0e-4c57-9d1f-6f4a4f6f0b11"
GONE = "s" * 26


def evaluated(endpoint: CdpEndpoint, script: str) -> Any:
    """Connect as the browser group's driver does, and run a script in the first page."""

    async def run() -> Any:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.connect_over_cdp(endpoint.url, headers=dict(endpoint.headers))
            try:
                return await browser.contexts[0].pages[0].evaluate(script)
            finally:
                await browser.close()

    return asyncio.run(run())


def test_a_session_is_opened_driven_and_closed(relay: Relay, provider: AgentCore) -> None:
    session_id = provider.open(KEY, 1)

    assert evaluated(provider.endpoint(KEY, session_id), "6 * 7") == 42
    assert [session.session_id for session in relay.ready()] == [session_id]
    provider.close(KEY, session_id)

    assert relay.ready() == []
    assert relay.operations() == ["StartBrowserSession", "GetBrowserSession", "StopBrowserSession"]
    assert relay.refused == []


def test_what_a_connection_did_is_there_for_the_next(provider: AgentCore) -> None:
    session_id = provider.open(KEY, 1)
    evaluated(provider.endpoint(KEY, session_id), "window.kept = 'typed'")

    assert evaluated(provider.endpoint(KEY, session_id), "window.kept") == "typed"


def test_a_session_is_started_with_a_name_a_time_limit_and_a_size(relay: Relay, provider: AgentCore) -> None:
    provider.open(KEY, 1)

    ((_, asked),) = relay.asked
    assert re.fullmatch("[0-9a-f]{64}", asked.pop("clientToken"))
    assert asked == {
        "browserIdentifier": "aws.browser.v1",
        "name": f"dev:{KEY}",
        "sessionTimeoutSeconds": 60,
        "viewPort": {"width": 1280, "height": 720},
    }


def test_a_key_and_generation_are_one_session_however_often_it_is_opened(relay: Relay, provider: AgentCore) -> None:
    assert len({provider.open(KEY, 1) for _ in range(3)}) == 1
    assert len(relay.ready()) == 1


def test_another_generation_key_or_stage_is_another_session(relay: Relay, provider: AgentCore) -> None:
    prod = replace(provider, stage="prod")

    opened = [provider.open(KEY, 1), provider.open(KEY, 2), provider.open(f"{KEY}0", 1), prod.open(KEY, 1)]

    assert len(set(opened)) == len(relay.ready()) == 4


def long_key(attempt: int) -> str:
    return f"call/{'e' * 80}/{'c' * 64}/{attempt}"


def test_a_long_key_has_a_name_that_the_service_takes_and_still_tells_its_execution(
    relay: Relay, provider: AgentCore
) -> None:
    replace(provider, stage="prod").open(long_key(1), 1)

    assert len(relay.asked[0][1]["name"]) == 100
    (listed,) = replace(provider, stage="prod").listed()
    assert execution_of(listed.key) == "e" * 80


@pytest.mark.parametrize("keys", [(KEY, f"{KEY}0"), (long_key(1), long_key(12))], ids=["short", "long"])
def test_a_session_whose_id_was_never_written_down_is_ended_by_its_name(
    relay: Relay, provider: AgentCore, keys: tuple[str, str]
) -> None:
    wanted, other = keys
    provider.open(wanted, 1)
    spared = provider.open(other, 1)
    of_another_stage = replace(provider, stage="prod").open(wanted, 1)

    provider.close(wanted, "")
    provider.close(wanted, "")

    assert [session.session_id for session in relay.ready()] == [spared, of_another_stage]


@pytest.mark.parametrize("wrong", ["operation", "stream"])
def test_a_wrong_secret_key_is_refused(
    relay: Relay, provider: AgentCore, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    session_id = provider.open(KEY, 1)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "another secret")
    aws_clients._session.cache_clear()
    if wrong == "operation":
        aws_clients.agentcore.cache_clear()
        with pytest.raises(BrowserMisconfigured, match="InvalidSignatureException"):
            provider.endpoint(KEY, session_id)
    else:
        with pytest.raises(Error, match="403"):
            evaluated(provider.endpoint(KEY, session_id), "1")

    assert [line.rpartition(": ")[2] for line in relay.refused] == ["The signature is not that of the request."]


def test_a_session_whose_time_is_over_is_lost(relay: Relay, provider: AgentCore) -> None:
    short = replace(provider, timeout_seconds=1)
    session_id = short.open(KEY, 1)
    assert short.endpoint(KEY, session_id)
    end = time.monotonic() + 10
    while relay.ready() and time.monotonic() < end:
        time.sleep(0.05)

    with pytest.raises(SessionLost):
        short.endpoint(KEY, session_id)


def test_a_stopped_session_is_lost_and_stopping_it_again_is_nothing(provider: AgentCore) -> None:
    session_id = provider.open(KEY, 1)
    provider.close(KEY, session_id)

    with pytest.raises(SessionLost):
        provider.endpoint(KEY, session_id)
    provider.close(KEY, session_id)


def test_a_session_that_the_service_does_not_know_is_lost_and_stopping_it_is_nothing(provider: AgentCore) -> None:
    with pytest.raises(SessionLost):
        provider.endpoint(KEY, GONE)
    provider.close(KEY, GONE)


def test_a_stop_ends_the_connections_to_the_session(provider: AgentCore) -> None:
    session_id = provider.open(KEY, 1)
    endpoint = provider.endpoint(KEY, session_id)

    async def stopped_while_connected() -> None:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.connect_over_cdp(endpoint.url, headers=dict(endpoint.headers))
            gone = asyncio.Event()
            browser.on("disconnected", lambda _: gone.set())
            await asyncio.to_thread(provider.close, KEY, session_id)
            await asyncio.wait_for(gone.wait(), 10)

    asyncio.run(stopped_while_connected())


def test_a_list_goes_over_all_pages_and_tells_the_keys_of_its_own_stage_only(relay: Relay, provider: AgentCore) -> None:
    relay.page_size = 2
    mine = [provider.open(f"call/e-1/c{number}/1", 1) for number in range(3)]
    others = replace(provider, stage="prod").open(KEY, 1)
    provider.close("call/e-1/c0/1", mine[0])

    listed = provider.listed()

    assert [(each.session_id, each.key) for each in listed] == [
        (mine[1], "call/e-1/c1/1"),
        (mine[2], "call/e-1/c2/1"),
        (others, ""),
    ]
    assert all(datetime.fromisoformat(each.opened_at).tzinfo for each in listed)
    assert relay.operations().count("ListBrowserSessions") == 2


OPERATIONS: list[tuple[str, Callable[[AgentCore], object]]] = [
    ("StartBrowserSession", lambda provider: provider.open(KEY, 1)),
    ("GetBrowserSession", lambda provider: provider.endpoint(KEY, GONE)),
    ("StopBrowserSession", lambda provider: provider.close(KEY, GONE)),
    ("ListBrowserSessions", lambda provider: provider.listed()),
]


@pytest.mark.parametrize(("operation", "ask"), OPERATIONS, ids=[name for name, _ in OPERATIONS])
@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (ServiceError(403, "AccessDeniedException", "You may not."), BrowserMisconfigured),
        (ServiceError(402, "ServiceQuotaExceededException", "Too many sessions."), Unavailable),
    ],
    ids=lambda value: getattr(value, "code", None),
)
def test_what_the_service_refuses_is_told_by_whose_it_is(
    relay: Relay,
    provider: AgentCore,
    operation: str,
    ask: Callable[[AgentCore], object],
    fault: ServiceError,
    error: type[Exception],
) -> None:
    relay.faults[operation] = fault

    with pytest.raises(error, match=fault.code):
        ask(provider)
    assert relay.operations() == [operation]


@pytest.mark.parametrize(
    "fault",
    [
        ServiceError(429, "ThrottlingException", "Slow down."),
        ServiceError(500, "InternalServerException", "Something broke."),
        ServiceError(503, "ServiceUnavailableException", "Not now."),
    ],
    ids=lambda fault: fault.code,
)
def test_what_passes_is_tried_again_and_then_unavailable(
    relay: Relay, provider: AgentCore, fault: ServiceError
) -> None:
    relay.faults["GetBrowserSession"] = fault

    with pytest.raises(Unavailable):
        provider.endpoint(KEY, GONE)
    assert relay.operations() == ["GetBrowserSession"] * 2


def test_a_browser_that_the_account_does_not_have_is_a_wrong_setting(provider: AgentCore) -> None:
    with pytest.raises(BrowserMisconfigured, match="ResourceNotFoundException"):
        replace(provider, browser="mine-0123456789").open(KEY, 1)


def test_a_service_that_is_not_there_is_unavailable(provider: AgentCore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_AGENTCORE", "http://127.0.0.1:9")
    aws_clients.agentcore.cache_clear()
    aws_clients._session.cache_clear()

    with pytest.raises(Unavailable, match="did not answer"):
        provider.open(KEY, 1)


def test_it_knows_of_no_refusals(provider: AgentCore) -> None:
    assert provider.refusals(KEY) == ()
