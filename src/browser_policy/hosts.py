"""A host as a resolver gets it, however it was written.

Browsers read `0x7f.1`, `2130706433` and circled digits as 127.0.0.1 (WHATWG URL, "host parsing"). Here too, so that a
rule about a host holds for all of its notations.
"""

from __future__ import annotations

import re
import unicodedata
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final

_MAX_HOST_CHARACTERS: Final = 253
_MAX_LABEL_CHARACTERS: Final = 63
_IGNORED: Final = dict.fromkeys([0x00AD, 0x034F, 0x180B, 0x180C, 0x180D, 0x200B, 0x2060, 0x2064, 0xFEFF])
_DOTS: Final = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))
_LABEL: Final = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\Z")
_NUMBER: Final = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)\Z")
_BYTE_VALUES: Final = 256
_IPV4_PARTS: Final = 4


def canonical_host(text: str) -> str:
    """The host in lower case, without brackets and without a dot at its end; a number becomes an IPv4 address.

    Args:
        text: as it stands in a URL: a name in any script, an IPv4 address in any notation, an IPv6 address in brackets.

    Raises:
        ValueError: no host that a browser could visit. The message is a sentence and does not repeat the text.
    """
    if text.startswith("["):
        return _ipv6(text)
    host = unicodedata.normalize("NFKC", text.translate(_DOTS).translate(_IGNORED)).lower()
    host = unicodedata.normalize("NFKC", host).translate(_DOTS).removesuffix(".")
    labels = [_ascii(label) for label in host.split(".")]
    if any(not _LABEL.match(label) or len(label) > _MAX_LABEL_CHARACTERS for label in labels):
        raise ValueError("The host is not a host name.")
    if _NUMBER.match(labels[-1]):
        return _ipv4(labels)
    host = ".".join(labels)
    if len(host) > _MAX_HOST_CHARACTERS:
        raise ValueError("The host has more than 253 characters.")
    return host


def _ipv6(text: str) -> str:
    try:
        address = IPv6Address(text.removeprefix("[").removesuffix("]"))
    except AddressValueError as error:
        raise ValueError("The host is not an IPv6 address.") from error
    if not text.endswith("]") or address.scope_id is not None:
        raise ValueError("The host is not an IPv6 address without a zone.")
    return address.compressed


def _ascii(label: str) -> str:
    if label.isascii():
        return label
    try:
        return "xn--" + label.encode("punycode").decode("ascii")
    except UnicodeError as error:
        raise ValueError("The host is not a host name.") from error


def _ipv4(labels: list[str]) -> str:
    """One to four numbers, decimal, octal or hexadecimal; the last one fills what is left of the 32 bits."""
    if len(labels) > _IPV4_PARTS or not all(_NUMBER.match(label) for label in labels):
        raise ValueError("The host ends in a number and is not an IPv4 address.")
    *first, last = [_number(label) for label in labels]
    if any(part >= _BYTE_VALUES for part in first) or last >= _BYTE_VALUES ** (_IPV4_PARTS - len(first)):
        raise ValueError("The host is a number beyond those of IPv4 addresses.")
    value = last
    for position, part in enumerate(first):
        value += part * _BYTE_VALUES ** (_IPV4_PARTS - 1 - position)
    return str(IPv4Address(value))


def _number(label: str) -> int:
    if label.startswith("0x"):
        return int(label[2:] or "0", 16)
    try:
        return int(label, 8 if label.startswith("0") else 10)
    except ValueError as error:  # 08
        raise ValueError("The host ends in a number and is not an IPv4 address.") from error
