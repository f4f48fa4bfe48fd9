"""The package's own clients of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, ReadTimeoutError

from tool_executor.aws import Aws

if TYPE_CHECKING:
    from collections.abc import Callable

ENDPOINT = "http://localhost:9"  # nothing is sent


def _lost(request: Any) -> AWSResponse:
    raise ReadTimeoutError(endpoint_url=request.url)


def _failed(request: Any) -> AWSResponse:
    return AWSResponse(request.url, 500, {}, Raw())


class Raw:
    """An answer's empty body."""

    def stream(self, **_: object) -> list[bytes]:
        return [b"{}"]


@pytest.mark.parametrize("end", [_lost, _failed])
def test_an_invocation_whose_answer_is_lost_is_not_repeated(end: Callable[[Any], AWSResponse]) -> None:
    """The function may have run: whoever invokes decides whether to invoke again."""
    sent: list[str] = []
    functions = Aws("eu-west-1", ENDPOINT).functions
    functions.meta.events.register("before-send.lambda", lambda request, **_: sent.append(request.url) or end(request))

    with pytest.raises((ClientError, ReadTimeoutError)):
        functions.invoke(FunctionName="any", Payload=b"{}")

    assert len(sent) == 1
