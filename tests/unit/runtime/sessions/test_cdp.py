"""The provider for any address that speaks CDP."""

from __future__ import annotations

import pytest

from lambdas.runtime.sessions.cdp import AnyCdp
from lambdas.runtime.sessions.provider import BrowserMisconfigured, CdpEndpoint

KEEPS = AnyCdp("wss://browsers.example/{session}?ttl=60")
FRESH = AnyCdp("http://127.0.0.1:9222")
SHARED = ["execution/e-1", "named/mine"]
OWN = ["call/e-1/c1/1", "once/request-1"]


@pytest.mark.parametrize("key", [*SHARED, *OWN])
def test_a_key_and_generation_always_have_the_same_address(key: str) -> None:
    first, again, later = KEEPS.open(key, 1), KEEPS.open(key, 1), KEEPS.open(key, 2)

    assert first == again != later
    assert KEEPS.endpoint(key, first) == CdpEndpoint(f"wss://browsers.example/{first}?ttl=60")
    assert first.isalnum()


def test_two_keys_have_two_addresses() -> None:
    assert len({KEEPS.open(key, 1) for key in (*SHARED, *OWN)}) == 4


@pytest.mark.parametrize("key", OWN)
def test_an_address_without_sessions_serves_calls_that_share_nothing(key: str) -> None:
    assert FRESH.endpoint(key, FRESH.open(key, 1)) == CdpEndpoint("http://127.0.0.1:9222")


@pytest.mark.parametrize("key", SHARED)
def test_an_address_without_sessions_is_refused_to_calls_that_share_one(key: str) -> None:
    with pytest.raises(BrowserMisconfigured, match=r"\{session\}"):
        FRESH.open(key, 1)


def test_it_can_neither_list_nor_end_nor_tell() -> None:
    FRESH.close("once/1", "b1")

    assert (FRESH.listed(), FRESH.refusals("once/1")) == ((), ())
