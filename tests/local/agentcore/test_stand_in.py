"""The stand-in holds its callers to the service's own model, where botocore itself does not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from playwright.async_api import Error, async_playwright

from tests.agentcore.relay import BROWSER
from tests.local.agentcore.conftest import environment

if TYPE_CHECKING:
    from tests.agentcore.relay import Relay

TOKEN = "a" * 33
POLICY = {"type": "MANAGED", "location": {"s3": {"bucket": "rules", "prefix": "managed.json"}}}


@pytest.fixture
def client(relay: Relay, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client that sends whatever it is given."""
    for name, value in environment(relay).items():
        monkeypatch.setenv(name, value)
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    return botocore.session.get_session().create_client("bedrock-agentcore", config=config)


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"clientToken": "a" * 32}, "/clientToken"),
        ({"clientToken": "a" * 257}, "/clientToken"),
        ({"clientToken": f"-{TOKEN}"}, "/clientToken"),
        ({"clientToken": f"{TOKEN}:1"}, "/clientToken"),
        ({"name": ""}, "/name"),
        ({"name": "n" * 101}, "/name"),
        ({"sessionTimeoutSeconds": 0}, "/sessionTimeoutSeconds"),
        ({"sessionTimeoutSeconds": 28_801}, "/sessionTimeoutSeconds"),
        ({"viewPort": {"width": 319, "height": 720}}, "/viewPort/width"),
        ({"viewPort": {"width": 1280, "height": 2161}}, "/viewPort/height"),
        ({"viewPort": {"width": 1280}}, "/viewPort/height"),
        ({"enterprisePolicies": [{**POLICY, "type": "STRICT"}]}, "/enterprisePolicies/0/type"),
        (
            {"enterprisePolicies": [{"location": {"s3": {"bucket": "Rules", "prefix": "x"}}}]},
            "/enterprisePolicies/0/location/s3/bucket",
        ),
    ],
)
def test_a_start_that_the_model_does_not_allow_is_refused(
    relay: Relay, client: Any, wrong: dict[str, Any], path: str
) -> None:
    with pytest.raises(ClientError) as refused:
        client.start_browser_session(browserIdentifier=BROWSER, **wrong)

    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert f"{path} " in refused.value.response["Error"]["Message"]
    assert relay.sessions.by_id == {}


def test_a_token_that_comes_with_another_request_is_refused(relay: Relay, client: Any) -> None:
    client.start_browser_session(browserIdentifier=BROWSER, clientToken=TOKEN, name="a")

    with pytest.raises(ClientError, match="another request"):
        client.start_browser_session(browserIdentifier=BROWSER, clientToken=TOKEN, name="b")
    assert len(relay.sessions.by_id) == 1


def test_a_stream_is_refused_to_who_does_not_sign(relay: Relay, client: Any) -> None:
    started = client.start_browser_session(browserIdentifier=BROWSER)

    async def connected() -> None:
        async with async_playwright() as playwright:
            await playwright.chromium.connect_over_cdp(started["streams"]["automationStream"]["streamEndpoint"])

    with pytest.raises(Error, match="403"):
        asyncio.run(connected())
    assert [line.split(": ")[1] for line in relay.refused] == ["The request is not signed."]
