"""Rules about origins."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

import browser_policy
from browser_policy import OriginRules, parse_url

_SHOP = OriginRules.parse(
    allowed=["https://shop.example", "https://*.shop.example"],
    denied=["https://admin.shop.example"],
    private=["http://127.0.0.1:8123", "http://127.0.0.1:9"],
)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("https://shop.example/a", None),
        ("https://www.shop.example", None),
        ("https://a.b.shop.example", None),
        ("https://admin.shop.example", "https://admin.shop.example is among the origins that are denied."),
        ("https://ADMIN.shop.example.", "https://admin.shop.example is among the origins that are denied."),
        ("http://shop.example", "http://shop.example is not among the origins that are allowed."),
        ("https://evilshop.example", "https://evilshop.example is not among the origins that are allowed."),
        (
            "https://shop.example.bad",
            "https://shop.example.bad is not among the origins that are allowed.",
        ),
        ("https://shop.example:8443", "Port 8443 is not allowed; only 80 and 443 are."),
        ("http://127.0.0.1:8123/x", None),
        ("http://0x7f.1:8123/x", None),
        ("http://127.0.0.1:8124/x", "Port 8124 is not allowed; only 80 and 443 are."),
        ("http://127.0.0.1/x", "http://127.0.0.1 is not among the origins that are allowed."),
    ],
)
def test_urls(url: str, sentence: str | None) -> None:
    assert _SHOP.refusal_of_url(parse_url(url)) == sentence


@pytest.mark.parametrize(
    ("host", "port", "refused"),
    [
        ("shop.example", 443, False),
        ("shop.example", 80, True),  # named for https alone, on its own port
        ("admin.shop.example", 443, True),
        ("127.0.0.1", 8123, False),
        ("127.0.0.1", 8124, True),
        ("127.0.0.1", 443, True),
    ],
)
def test_hosts_of_a_connect(host: str, port: int, refused: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert (_SHOP.refusal_of_host(host, port) is not None) is refused


def test_denied_wins_over_private_whatever_the_scheme_of_a_connect() -> None:
    rules = OriginRules.parse(denied=["http://127.0.0.1:8123"], private=["http://127.0.0.1:8123"])
    assert rules.refusal_of_host("127.0.0.1", 8123) == "http://127.0.0.1:8123 is among the origins that are denied."
    assert rules.refusal_of_url(parse_url("http://127.0.0.1:8123"))


def test_subdomains_do_not_hold_the_apex() -> None:
    rules = OriginRules.parse(allowed=["https://*.shop.example"])
    assert rules.refusal_of_url(parse_url("https://shop.example"))
    assert rules.refusal_of_url(parse_url("https://a.shop.example")) is None


def test_without_rules_the_public_web_is_open() -> None:
    rules = OriginRules()
    assert rules.refusal_of_url(parse_url("https://example.com")) is None
    assert rules.refusal_of_host("example.com", 80) is None
    assert rules.refusal_of_host("example.com", 22) == "Port 22 is not allowed; only 80 and 443 are."


def test_addresses() -> None:
    assert _SHOP.refusal_of_address("example.com", 443, "93.184.216.34") is None
    assert _SHOP.refusal_of_address("127.0.0.1", 8123, "127.0.0.1") is None
    assert _SHOP.refusal_of_address("127.0.0.1", 80, "127.0.0.1") == "127.0.0.1 is not a public address."
    said = _SHOP.refusal_of_address("inner.example", 443, "10.1.2.3")
    assert said == "inner.example leads to an address that is not public."


def test_json_and_back() -> None:
    assert OriginRules.from_json(_SHOP.to_json()) == _SHOP
    assert OriginRules().to_json() == "{}"
    assert OriginRules.from_json("") == OriginRules.from_json("{}") == OriginRules()


@pytest.mark.parametrize(
    "text", ["[]", "nonsense", '{"allow":[]}', '{"allowed":"https://a.example"}', '{"denied":[1]}', '{"private":["x"]}']
)
def test_json_of_something_else(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        OriginRules.from_json(text)


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("allowed", "shop.example"),
        ("allowed", "https://shop.example/path"),
        ("allowed", "https://shop.example?q"),
        ("allowed", "https://shop.example#f"),
        ("allowed", "ftp://shop.example"),
        ("allowed", "https://*"),
        ("allowed", "https://*.*.example"),
        ("allowed", "https://*.1.2.3.4"),
        ("allowed", "https://*.[::1]"),
        ("allowed", "https://shop.example:8443"),
        ("denied", "https://shop*.example"),
        ("denied", "*"),
        ("private", "http://*.local.example"),
        ("private", "http://user@127.0.0.1"),
    ],
)
def test_a_wrong_entry_is_named(name: str, entry: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as error:
        OriginRules.parse(**{name: [entry]})
    assert entry in str(error.value)


def test_entries_are_kept_as_they_are_compared() -> None:
    rules = OriginRules.parse(allowed=["HTTPS://*.Shop.Example./", "http://Example.com:80"])
    assert rules.allowed == ("https://*.shop.example", "http://example.com")


def test_an_allowed_origin_may_have_a_port_if_it_is_private_too() -> None:
    rules = OriginRules.parse(allowed=["http://127.0.0.1:8123"], private=["http://127.0.0.1:8123"])
    assert rules.refusal_of_url(parse_url("http://127.0.0.1:8123")) is None


def test_rules_cannot_be_changed_or_made_wrongly() -> None:
    with pytest.raises(FrozenInstanceError):
        _SHOP.allowed = ()  # type: ignore[misc]
    with pytest.raises(ValueError, match="not an origin"):
        OriginRules(denied=("nonsense",))


def test_the_public_surface() -> None:
    assert browser_policy.__all__ == sorted(browser_policy.__all__)
    assert all(hasattr(browser_policy, name) for name in browser_policy.__all__)
