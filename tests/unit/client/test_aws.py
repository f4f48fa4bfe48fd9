"""The package's own clients of AWS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError, ReadTimeoutError

from tool_executor.aws import Aws, translated_errors
from tool_executor.errors import CredentialsMissingError, ServiceError, ToolExecutorError

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


def _translated(code: str, message: str) -> ToolExecutorError:
    with pytest.raises(ToolExecutorError) as caught, translated_errors():
        raise ClientError({"Error": {"Code": code, "Message": message}}, "StartExecution")
    return caught.value


@pytest.mark.parametrize("code", ["AccessDenied", "AccessDeniedException"])
def test_an_action_that_is_not_allowed_is_named_and_is_no_matter_of_missing_credentials(code: str) -> None:
    message = "User: arn:aws:iam::1:user/a is not authorized to perform: states:StartExecution on resource: arn"
    told, plain = _translated(code, message), _translated(code, "")
    assert type(told) is type(plain) is ServiceError
    assert "states:StartExecution" in str(told.hint)
    assert "StartExecution" in plain.sentence
    assert "StartExecution" in str(plain.hint)


@pytest.mark.parametrize("code", ["ExpiredToken", "UnrecognizedClientException", "InvalidSignatureException"])
def test_credentials_that_are_expired_or_wrong_are_refused_ones(code: str) -> None:
    assert isinstance(_translated(code, "No."), CredentialsMissingError)


@pytest.mark.parametrize("endpoint", [None, "https://aws.example.com"])
@pytest.mark.parametrize(("given", "region"), [(None, "eu-north-1"), ("eu-west-3", "eu-west-3")])
def test_the_region_of_the_environment_holds_at_any_endpoint(
    monkeypatch: pytest.MonkeyPatch, endpoint: str | None, given: str | None, region: str
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    if endpoint is not None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    aws = Aws.from_environment(given)
    assert aws.endpoint_url is None  # boto3 finds it, and signs with the caller's credentials
    assert aws.dynamodb.meta.region_name == region


@pytest.mark.parametrize("wrong", [NoRegionError(), NoCredentialsError()])
def test_a_program_is_told_what_it_can_do_and_no_commands_options(wrong: Exception) -> None:
    with pytest.raises(CredentialsMissingError) as caught, translated_errors():
        raise wrong
    assert "'tool-executor local up'" in str(caught.value.hint)
    assert "--" not in str(caught.value.hint)
