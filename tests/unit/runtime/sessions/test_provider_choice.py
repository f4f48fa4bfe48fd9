"""Which provider a deployment has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lambdas.runtime.sessions.agentcore import AgentCore
from lambdas.runtime.sessions.cdp import AnyCdp
from lambdas.runtime.sessions.local_host import LocalHost
from lambdas.runtime.sessions.provider import BrowserMisconfigured, provider_from_environment

if TYPE_CHECKING:
    from collections.abc import Iterator

_AGENTCORE = {
    "BROWSER_PROVIDER": "agentcore",
    "BROWSER_IDENTIFIER": "aws.browser.v1",
    "BROWSER_SESSION_SECONDS": "900",
    "AWS_REGION": "eu-west-1",
    "STAGE": "prod",
}


@pytest.fixture(autouse=True)
def _not_chosen_yet() -> Iterator[None]:
    provider_from_environment.cache_clear()
    yield
    provider_from_environment.cache_clear()


@pytest.mark.parametrize(
    ("environment", "provider"),
    [
        (_AGENTCORE, AgentCore("aws.browser.v1", 900, "eu-west-1", "prod")),
        (
            {"BROWSER_PROVIDER": "local", "BROWSER_HOST": "http://127.0.0.1:1/t", "BROWSER_SESSION_SECONDS": "60"},
            LocalHost("http://127.0.0.1:1/t", 60),
        ),
        ({"BROWSER_PROVIDER": "cdp", "BROWSER_CDP_URL": "ws://b/{session}"}, AnyCdp("ws://b/{session}")),
    ],
    ids=["agentcore", "local", "cdp"],
)
def test_it_is_the_one_that_the_stack_named(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], provider: AgentCore | LocalHost | AnyCdp
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    chosen = provider_from_environment()

    assert (type(chosen), chosen) == (type(provider), provider)


def test_any_other_name_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER_PROVIDER", "selenium")

    with pytest.raises(BrowserMisconfigured, match="must be agentcore, local or cdp"):
        provider_from_environment()
