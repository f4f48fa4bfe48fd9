"""What is a public address, in every form that holds another one."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browser_policy import is_public

_PRIVATE_V4 = [
    "0.0.0.0/8",
    "10.0.0.0/8",
    "100.64.0.0/10",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "172.16.0.0/12",
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.168.0.0/16",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
]
_PRIVATE_V6 = [
    "::/128",
    "::1/128",
    "100::/64",
    "2001:2::/48",
    "2001:10::/28",
    "2001:db8::/32",
    "3fff::/20",
    "5f00::/16",
    "64:ff9b:1::/48",
    "fc00::/7",
    "fe80::/10",
    "fec0::/10",
    "ff00::/8",
    "4000::/3",  # not assigned
]


def _all_ones(number: int) -> int:
    return number ^ 0xFFFF_FFFF


EMBEDDINGS = {
    "compatible": lambda v4: v4,
    "mapped": lambda v4: (0xFFFF << 32) | v4,
    "translated": lambda v4: (0xFFFF_0000 << 32) | v4,
    "nat64": lambda v4: (0x0064_FF9B << 96) | v4,
    "nat64 local": lambda v4: (0x0064_FF9B_0001 << 80) | v4,
    "6to4": lambda v4: (0x2002 << 112) | (v4 << 80) | 1,
    "teredo client": lambda v4: (0x2001_0000 << 96) | (0x5DB8_D822 << 64) | _all_ones(v4),
    "teredo server": lambda v4: (0x2001_0000 << 96) | (v4 << 64) | _all_ones(0x5DB8_D822),
    "isatap": lambda v4: (0x2606_2800_0220_0001 << 64) | (0x5EFE << 32) | v4,
    "isatap global": lambda v4: (0x2606_2800_0220_0001 << 64) | (0x0200_5EFE << 32) | v4,
}


def _within(network: str) -> st.SearchStrategy[int]:
    parsed = IPv4Network(network) if "." in network else IPv6Network(network)
    return st.integers(int(parsed.network_address), int(parsed.broadcast_address))


@given(st.sampled_from(_PRIVATE_V4).flatmap(_within))
def test_no_private_ipv4_address_is_public(number: int) -> None:
    assert not is_public(str(IPv4Address(number)))


@given(st.sampled_from(_PRIVATE_V4).flatmap(_within), st.sampled_from(sorted(EMBEDDINGS)))
def test_no_private_ipv4_address_is_public_inside_of_another(number: int, form: str) -> None:
    address = IPv6Address(EMBEDDINGS[form](number))
    assert not is_public(address.compressed)
    assert not is_public(address.exploded)


@given(st.sampled_from(_PRIVATE_V6).flatmap(_within))
def test_no_private_ipv6_address_is_public(number: int) -> None:
    assert not is_public(str(IPv6Address(number)))


@given(st.ip_addresses(v=4))
def test_python_calls_no_address_private_that_is_public_here(address: IPv4Address) -> None:
    assert address.is_global or not is_public(str(address))


@given(st.ip_addresses(v=6))
def test_an_address_with_a_zone_is_not_public(address: IPv6Address) -> None:
    assert not is_public(f"{address}%eth0")


@given(st.text(max_size=40))
def test_any_text_has_an_answer(text: str) -> None:
    assert is_public(text) in {True, False}


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "fd00:ec2::254",
        "100.100.100.200",
        "168.63.129.16",
        "64:ff9b::a9fe:a9fe",
        "::ffff:169.254.169.254",
        "2002:a9fe:a9fe::",
        "255.255.255.255",
        "ff02::1",
        "fe80::1",
    ],
)
def test_metadata_and_neighbours_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "text",
    ["", "localhost", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "8.8.8.8 ", "[2606:4700::1]", "\uff18.8.8.8"],
)
def test_what_no_resolver_answers_is_not_public(text: str) -> None:
    assert not is_public(text)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "93.184.216.34",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.0.1",
        "172.32.0.1",
        "2606:4700::1111",
        "2a00:1450:4001:81b::200e",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ],
)
def test_public_addresses_are(address: str) -> None:
    assert is_public(address)
