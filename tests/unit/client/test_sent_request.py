"""A request goes to StartExecution as it is, or by S3 where it is too large: the caller does not see which."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.runtime.aws import BUCKET, Aws
from tool_contract import strict_json
from tool_contract.limits import MAX_REQUEST_BYTES, MAX_REQUEST_BYTES_BY_REFERENCE
from tool_executor.aws import Aws as ClientAws
from tool_executor.errors import InvalidRequestError, ServiceError
from tool_executor.sent_request import sent_text

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _empty_bucket(aws: Aws) -> Iterator[None]:
    yield
    for key in aws.keys("requests/"):
        aws.s3.delete_object(Bucket=BUCKET, Key=key)


def _request(size: int) -> dict[str, Any]:
    """A request that is so many bytes of JSON, and fewer characters."""
    frame = strict_json.byte_size(strict_json.dumps({"calls": [], "caller": "ü"}))
    return {"calls": [], "caller": "ü" + "x" * (size - frame)}


def _sent(request: object, bucket: str = BUCKET) -> Any:
    return json.loads(sent_text(request, ClientAws(), bucket))


def test_a_request_up_to_the_limit_goes_as_it_is(aws: Aws) -> None:
    request = _request(MAX_REQUEST_BYTES)

    assert _sent(request) == request
    assert aws.keys("requests/") == []


@pytest.mark.parametrize("size", [MAX_REQUEST_BYTES + 1, MAX_REQUEST_BYTES_BY_REFERENCE])
def test_a_larger_one_goes_by_s3_with_its_size_and_hash(aws: Aws, size: int) -> None:
    request = _request(size)

    sent = _sent(request)

    ref = sent["request_ref"]
    text = aws.text(ref["key"])
    assert list(sent) == ["request_ref"]
    assert json.loads(text) == request
    assert (ref["bucket"], ref["bytes"], len(text.encode())) == (BUCKET, size, size)
    assert ref["sha256"] == hashlib.sha256(text.encode()).hexdigest()
    assert ref["key"] == f"requests/{ref['sha256']}"


def test_the_same_request_sent_twice_is_the_same_input_and_one_object(aws: Aws) -> None:
    request = _request(MAX_REQUEST_BYTES + 1)

    assert _sent(request) == _sent(request)
    assert len(aws.keys("requests/")) == 1


def test_a_request_over_the_limit_of_s3_is_refused_with_the_limit(aws: Aws) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        _sent(_request(MAX_REQUEST_BYTES_BY_REFERENCE + 1))

    (problem,) = refused.value.problems
    assert (problem["pointer"], problem["error_code"]) == ("", "InvalidRequest")
    assert "6,000,000 fit" in problem["message"]
    assert aws.keys("requests/") == []


@pytest.mark.parametrize(
    ("value", "pointer", "code"),
    [
        (float("nan"), "/calls/0/input/code", "InvalidInput"),
        ("\ud800", "/calls/0/input/code", "InvalidInput"),
        ({1, 2}, "/calls/0/input/code", "InvalidInput"),
    ],
)
def test_what_is_no_json_is_refused_with_its_place(value: Any, pointer: str, code: str) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        _sent({"calls": [{"tool_name": "look_up", "input": {"code": value}}]})

    (problem,) = refused.value.problems
    assert (problem["pointer"], problem["error_code"]) == (pointer, code)


@pytest.mark.usefixtures("aws")
def test_a_bucket_that_is_not_there_is_told_in_a_sentence() -> None:
    with pytest.raises(ServiceError, match="PutObject"):
        _sent(_request(MAX_REQUEST_BYTES + 1), "no-such-bucket")
