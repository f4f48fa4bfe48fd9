from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdas.runtime import aws_clients
from lambdas.runtime.sessions.agentcore import AgentCore
from tests.agentcore.relay import ACCESS_KEY, BROWSER, REGION, SECRET_KEY, SESSION_TOKEN, Relay, running

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def relay() -> Iterator[Relay]:
    with running() as stand_in:
        yield stand_in


@pytest.fixture
def provider(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> Iterator[AgentCore]:
    """The provider as a function has it, its clients made anew of the environment."""
    for name, value in environment(relay).items():
        monkeypatch.setenv(name, value)
    caches = (aws_clients.agentcore, aws_clients._session)
    for cache in caches:
        cache.cache_clear()
    yield AgentCore(BROWSER, 60, REGION, "dev")
    for cache in caches:
        cache.cache_clear()


def environment(relay: Relay) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_SESSION_TOKEN": SESSION_TOKEN,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ENDPOINT_URL_BEDROCK_AGENTCORE": relay.url,
    }
