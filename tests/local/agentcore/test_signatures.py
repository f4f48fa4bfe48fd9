"""The stand-in lets nobody in whose signature AWS would not take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.agentcore.signatures import SERVICE, Request, Unsigned, Verifier

LASTING = Credentials("AKIALASTING", "secret-1")
TEMPORARY = Credentials("ASIATEMPORARY", "secret-2", "token")
VERIFIER = Verifier("eu-west-1", {each.access_key: each for each in (LASTING, TEMPORARY)})
HOST = "bedrock-agentcore.eu-west-1.amazonaws.com"
NOT_SIGNED, NOT_KNOWN = "MissingAuthenticationTokenException", "UnrecognizedClientException"
NOT_RIGHT = "InvalidSignatureException"
PATH = "/browsers/aws.browser.v1/sessions/get?sessionId=abc%20d&a=1"


def signed(
    credentials: Credentials = LASTING, *, service: str = SERVICE, region: str = "eu-west-1", body: bytes = b""
) -> Request:
    """What botocore sends for a request, whatever the verifier thinks of it."""
    request = AWSRequest("PUT", f"https://{HOST}{PATH}", headers={"Host": HOST}, data=body)
    SigV4Auth(credentials, service, region).add_auth(request)
    return Request("PUT", PATH, dict(request.headers.items()), body)


def another_second(date: str) -> str:
    return f"{date[:-2]}{(int(date[-2]) + 1) % 10}Z"


def header(request: Request, name: str, change: Callable[[str], str | None]) -> Request:
    changed: dict[str, Any] = {**request.headers, name: change(request.headers[name])}
    return replace(request, headers={each: value for each, value in changed.items() if value is not None})


@pytest.mark.parametrize("credentials", [LASTING, TEMPORARY], ids=["lasting key", "temporary key"])
@pytest.mark.parametrize("body", [b"", b'{"name": "x"}'])
def test_a_right_signature_is_taken(credentials: Credentials, body: bytes) -> None:
    assert VERIFIER.check(signed(credentials, body=body)) == credentials.access_key


def test_the_scheme_is_not_signed_so_that_a_web_socket_may_be_of_either() -> None:
    request = AWSRequest("GET", f"http://{HOST}/x", headers={"Host": HOST})
    SigV4Auth(LASTING, SERVICE, "eu-west-1").add_auth(request)

    assert VERIFIER.check(Request("GET", "/x", dict(request.headers.items())))


#: Each is made when it is needed: a signature is good for five minutes.
WRONG: dict[str, tuple[Callable[[], Request], str]] = {
    "unsigned": (lambda: Request("PUT", PATH, {"Host": HOST}), NOT_SIGNED),
    "another scheme": (lambda: header(signed(), "Authorization", lambda _: "Bearer token"), NOT_SIGNED),
    "no signature": (lambda: header(signed(), "Authorization", lambda text: f"{text[:-1]}g"), NOT_SIGNED),
    "an unknown key": (lambda: signed(Credentials("AKIAUNKNOWN", "secret-1")), NOT_KNOWN),
    "a temporary key without its token": (lambda: signed(Credentials("ASIATEMPORARY", "secret-2")), NOT_KNOWN),
    "another token": (lambda: signed(Credentials("ASIATEMPORARY", "secret-2", "old")), NOT_KNOWN),
    "another secret": (lambda: signed(Credentials("AKIALASTING", "another-secret")), NOT_RIGHT),
    "another service": (lambda: signed(service="bedrock"), NOT_RIGHT),
    "another region": (lambda: signed(region="us-east-1"), NOT_RIGHT),
    "another method": (lambda: replace(signed(), method="GET"), NOT_RIGHT),
    "another query": (lambda: replace(signed(), path=PATH.replace("a=1", "a=2")), NOT_RIGHT),
    "another path": (lambda: replace(signed(), path=PATH.replace("/get", "/stop")), NOT_RIGHT),
    "another body": (lambda: replace(signed(body=b"{}"), body=b'{"name": "x"}'), NOT_RIGHT),
    "another host": (lambda: header(signed(), "Host", lambda _: "evil.example"), NOT_RIGHT),
    "no host": (lambda: header(signed(), "Host", lambda _: None), NOT_RIGHT),
    "another second": (lambda: header(signed(), "X-Amz-Date", another_second), NOT_RIGHT),
    "no date": (lambda: header(signed(), "X-Amz-Date", lambda _: "yesterday"), NOT_RIGHT),
    "the host not signed": (
        lambda: header(signed(), "Authorization", lambda text: text.replace("host;", "")),
        NOT_RIGHT,
    ),
    "headers out of order": (
        lambda: header(signed(), "Authorization", lambda text: text.replace("host;x-amz-date", "x-amz-date;host")),
        NOT_RIGHT,
    ),
}


@pytest.mark.parametrize(("made", "code"), WRONG.values(), ids=WRONG)
def test_anything_else_is_refused_as_aws_does(made: Callable[[], Request], code: str) -> None:
    with pytest.raises(Unsigned) as refused:
        VERIFIER.check(made())

    assert refused.value.code == code


@pytest.mark.parametrize(("minutes", "taken"), [(4, True), (-4, True), (6, False), (-6, False)])
def test_a_signature_is_good_for_five_minutes(minutes: int, taken: bool) -> None:  # noqa: FBT001
    then = datetime.now(UTC) + timedelta(minutes=minutes)

    if taken:
        VERIFIER.check(signed(), now=then)
    else:
        with pytest.raises(Unsigned, match="expired"):
            VERIFIER.check(signed(), now=then)
