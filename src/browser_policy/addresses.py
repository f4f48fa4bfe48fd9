"""Which addresses belong to the public internet.

The networks are written down here, from IANA's special-purpose registries (RFC 6890 and its successors): what
`ipaddress` calls global differs between patch releases of Python.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

_NOT_PUBLIC_V4: Final = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # this network; 0.0.0.0 reaches the machine itself
        "10.0.0.0/8",
        "100.64.0.0/10",  # carriers' NAT
        "127.0.0.0/8",
        "168.63.129.16/32",  # Azure's WireServer: a public number that leads to the machine's own host
        "169.254.0.0/16",  # link-local: the clouds' metadata
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # the 6to4 relays that were
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_GLOBAL_UNICAST_V6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_V6: Final = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # protocol assignments, benchmarking, ORCHID; Teredo is judged by what is inside
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4 is judged by what is inside
        "3fff::/20",  # documentation
    )
)
_LOW_32_BITS: Final = 0xFFFF_FFFF
_IPV4_IN_LOW_BITS: Final = tuple(
    IPv6Network(network)
    for network in (
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "64:ff9b::/96",  # NAT64. Its local-use prefix 64:ff9b:1::/48 is not public, whatever is inside.
    )
)
_SIX_TO_FOUR: Final = IPv6Network("2002::/16")
_TEREDO: Final = IPv6Network("2001::/32")
_ISATAP_INTERFACES: Final = (0x0000_5EFE, 0x0200_5EFE)


def is_public(address: str) -> bool:
    """Whether an address that a name was resolved to is global unicast.

    Args:
        address: IPv4 in four decimal parts, or IPv6, as a resolver gives it. Anything else is not public: other
            notations (`0x7f.1`), zone ids (`fe80::1%eth0`), names.

    Addresses that hold an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo, ISATAP) are public only if it is.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, IPv4Address):
        return _is_public_v4(parsed)
    if parsed.scope_id is not None:
        return False
    inside = _ipv4_inside(parsed)
    return all(map(_is_public_v4, inside)) and (_is_wrapping_only(parsed) or _is_public_v6(parsed))


def _is_public_v4(address: IPv4Address) -> bool:
    return not any(address in network for network in _NOT_PUBLIC_V4)


def _is_public_v6(address: IPv6Address) -> bool:
    return address in _GLOBAL_UNICAST_V6 and not any(address in network for network in _NOT_PUBLIC_V6)


def _is_wrapping_only(address: IPv6Address) -> bool:
    """Whether the IPv4 address inside is all that says where it leads."""
    return any(address in network for network in (*_IPV4_IN_LOW_BITS, _SIX_TO_FOUR, _TEREDO))


def _ipv4_inside(address: IPv6Address) -> list[IPv4Address]:
    number = int(address)
    if any(address in network for network in _IPV4_IN_LOW_BITS):
        return [IPv4Address(number & _LOW_32_BITS)]
    inside: list[IPv4Address] = []
    if address in _SIX_TO_FOUR:
        inside.append(IPv4Address((number >> 80) & _LOW_32_BITS))
    if address in _TEREDO:  # its server, and the client with all bits turned round
        inside += [IPv4Address((number >> 64) & _LOW_32_BITS), IPv4Address(~number & _LOW_32_BITS)]
    if (number >> 32) & _LOW_32_BITS in _ISATAP_INTERFACES:
        inside.append(IPv4Address(number & _LOW_32_BITS))
    return inside
