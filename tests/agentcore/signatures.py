"""Checks Signature Version 4 as AWS does: by signing the request again with the key that it names."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

if TYPE_CHECKING:
    from botocore.credentials import Credentials

SERVICE: Final = "bedrock-agentcore"
_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_TOLERANCE: Final = timedelta(minutes=5)
_AUTHORIZATION: Final = re.compile(
    rf"{_ALGORITHM} Credential=(?P<key>[^/, ]+)/(?P<day>\d{{8}})/(?P<region>[^/, ]+)/(?P<service>[^/, ]+)/"
    r"aws4_request, "
    r"SignedHeaders=(?P<headers>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)
_TOKEN: Final = "x-amz-security-token"  # noqa: S105 - the name of a header
_MUST_BE_SIGNED: Final = frozenset({"host", "x-amz-date"})


class Unsigned(Exception):
    """The request is not signed as it must be. ``code`` is what AWS answers in that case."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Request:
    """What of a request is signed. ``path`` holds the query, neither of them decoded."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Verifier:
    """Knows the access keys, temporary ones with their token, and which region it serves."""

    region: str
    keys: Mapping[str, Credentials]

    def check(self, request: Request, *, now: datetime | None = None) -> str:
        """Return the access key that signed the request. Raises Unsigned."""
        headers = {name.lower(): value.strip() for name, value in request.headers.items()}
        found = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
        if found is None:
            raise Unsigned("MissingAuthenticationTokenException", "The request is not signed.")
        signed = found["headers"].split(";")
        if not set(signed) >= _MUST_BE_SIGNED or not set(signed) <= set(headers):
            raise Unsigned("InvalidSignatureException", f"These headers are signed: {found['headers']}.")
        _check_date(headers["x-amz-date"], found["day"], now or datetime.now(UTC))
        if (found["region"], found["service"]) != (self.region, SERVICE):
            raise Unsigned(
                "InvalidSignatureException", f"The scope is {found['region']}/{found['service']}, which is another."
            )
        credentials = self.keys.get(found["key"])
        if credentials is None:
            raise Unsigned("UnrecognizedClientException", "The access key is not known.")
        if credentials.token and (_TOKEN not in signed or headers[_TOKEN] != credentials.token):
            raise Unsigned("UnrecognizedClientException", "The security token is not the key's.")
        _check_body(headers, request.body)
        expected = self._signature(credentials, request, {name: headers[name] for name in signed}, found["headers"])
        if not hmac.compare_digest(expected, found["signature"]):
            raise Unsigned("InvalidSignatureException", "The signature is not that of the request.")
        return found["key"]

    def _signature(self, credentials: Credentials, request: Request, headers: Mapping[str, str], names: str) -> str:
        again = AWSRequest(
            request.method, f"https://{headers['host']}{request.path}", headers=dict(headers), data=request.body
        )
        again.context["timestamp"] = headers["x-amz-date"]
        signer = SigV4Auth(credentials, SERVICE, self.region)
        canonical = signer.canonical_request(again)
        if f"\n{names}\n" not in canonical:
            raise Unsigned("InvalidSignatureException", "The signed headers are not in order.")
        signature: str = signer.signature(signer.string_to_sign(again, canonical), again)
        return signature


def _check_date(text: str, day: str, now: datetime) -> None:
    try:
        signed_at = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Unsigned("InvalidSignatureException", "The date is none.") from None
    if abs(now - signed_at) > _TOLERANCE or text[:8] != day:
        raise Unsigned("InvalidSignatureException", f"The signature is of {text}, and expired.")


def _check_body(headers: Mapping[str, str], body: bytes) -> None:
    told = headers.get("x-amz-content-sha256")
    if told is not None and told != hashlib.sha256(body).hexdigest():
        raise Unsigned("InvalidSignatureException", "The body is not the one that was signed.")
