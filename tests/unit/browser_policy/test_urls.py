"""URLs, in every notation."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browser_policy import Target, UrlRefused, canonical_host, parse_url


@pytest.mark.parametrize(
    ("text", "target", "origin"),
    [
        ("https://example.com", Target("https", "example.com", 443), "https://example.com"),
        ("HTTPS://Example.COM:443/a?b#c", Target("https", "example.com", 443), "https://example.com"),
        ("http://example.com:443/", Target("http", "example.com", 443), "http://example.com:443"),
        ("http://127.0.0.1:8123/x@y", Target("http", "127.0.0.1", 8123), "http://127.0.0.1:8123"),
        ("http://example.com.:80", Target("http", "example.com", 80), "http://example.com"),
        ("http://example.com:/", Target("http", "example.com", 80), "http://example.com"),
        ("https://[2606:4700::1111]/", Target("https", "2606:4700::1111", 443), "https://[2606:4700::1111]"),
        ("https://bücher.example", Target("https", "xn--bcher-kva.example", 443), "https://xn--bcher-kva.example"),
        ("https://straße.example", Target("https", "xn--strae-oqa.example", 443), "https://xn--strae-oqa.example"),
        ("https://example.com?q=1", Target("https", "example.com", 443), "https://example.com"),
        ("https://my_shop.example/", Target("https", "my_shop.example", 443), "https://my_shop.example"),
    ],
)
def test_a_url_is_taken_apart(text: str, target: Target, origin: str) -> None:
    assert parse_url(text) == target
    assert parse_url(text).origin == origin


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7F.1",
        "0x7f.0x0.0x0.0x1",
        "0177.0.0.1",
        "017700000001",
        "①②⑦.⓪.⓪.①",
        "\uff11\uff12\uff17\uff0e\uff10\uff0e\uff10\uff0e\uff11",
        "127。0。0。1",
        "127.0.0.1.",
        "127\u00ad.0.0.1",
    ],
)
def test_every_notation_of_an_ipv4_address_is_that_address(host: str) -> None:
    assert parse_url(f"http://{host}/").host == "127.0.0.1"


def test_the_metadata_address_as_a_number() -> None:
    assert canonical_host("2852039166") == "169.254.169.254"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("file:///etc/passwd", "scheme"),
        ("chrome://settings", "scheme"),
        ("devtools://devtools/x", "scheme"),
        ("view-source:http://example.com", "scheme"),
        ("data:text/html,hi", "scheme"),
        ("javascript:alert(1)", "scheme"),
        ("blob:https://example.com/1", "scheme"),
        ("ftp://example.com", "scheme"),
        ("ws://example.com", "scheme"),
        ("about:blank", "scheme"),
        ("about:srcdoc", "scheme"),
        ("example.com", "scheme"),
        ("//example.com", "scheme"),
        ("", "scheme"),
        ("https://user:password@example.com", "credentials"),
        ("https://user@example.com", "credentials"),
        ("https://@example.com", "credentials"),
        ("https://", "host"),
        ("https:///example.com", "host"),
        ("https:example.com", "host"),
        ("https:/example.com", "host"),
        ("https://:443", "host"),
        ("https://.", "host"),
        ("https://a..b", "host"),
        ("https://127%2e0.0.1", "host"),
        ("https://[fe80::1%25eth0]/", "host"),
        ("https://[::1", "host"),
        ("https://[example.com]", "host"),
        ("https://1.2.3.4.5", "host"),
        ("https://256.1.1.1.", "host"),
        ("https://08.1.1.1", "host"),
        ("https://4294967296", "host"),
        ("https://example.1", "host"),
        ("https://-example.com", "host"),
        ("https://exa*mple.com", "host"),
        ("https://x\uff20example.com", "host"),
        ("https://" + "a" * 64 + ".example", "host"),
        ("https://" + "a." * 130 + "example", "host"),
        ("https://example.com:0", "port"),
        ("https://example.com:65536", "port"),
        ("https://example.com:8\uff11", "port"),
        ("https://example.com:-1", "port"),
        (" https://example.com", "characters"),
        ("https://example.com/a b", "characters"),
        ("https://exa\tmple.com", "characters"),
        ("java\nscript:alert(1)", "characters"),
        ("https://example.com\\@127.0.0.1", "characters"),
        ("https:\\\\example.com", "characters"),
        ("https://example.com/\x00", "characters"),
        ("https://example.com/\x7f", "characters"),
        ("https://example.com/\u2028", "characters"),
        ("https://example.com/\ud800", "characters"),
        ("https://example.com/" + "a" * 2000, "length"),
    ],
)
def test_what_no_browser_is_sent_to(text: str, reason: str) -> None:
    with pytest.raises(UrlRefused) as refused:
        parse_url(text)
    assert refused.value.reason == reason
    assert refused.value.sentence.endswith(".")
    assert "password" not in refused.value.sentence.replace("user name or a password", "")


@given(st.text(max_size=60) | st.from_regex(r"https?://[ -~]{0,40}", fullmatch=True))
def test_any_text_is_taken_apart_or_refused(text: str) -> None:
    try:
        target = parse_url(text)
    except UrlRefused:
        return
    assert target.host.isascii()
    assert target.host == target.host.lower()
    assert parse_url(target.origin) == target  # once more changes nothing


@given(st.integers(0, 2**32 - 1))
def test_numbers_are_addresses_in_any_base(number: int) -> None:
    hosts = {canonical_host(text) for text in (str(number), hex(number), f"0{number:o}")}
    assert len(hosts) == 1


def test_a_refusal_survives_a_trip_to_another_process() -> None:
    refused = pickle.loads(pickle.dumps(UrlRefused("host", "No.")))  # noqa: S301 - what was just written
    assert (refused.reason, refused.sentence, str(refused)) == ("host", "No.", "No.")
