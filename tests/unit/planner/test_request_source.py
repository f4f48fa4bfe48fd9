"""A request that lies in S3 is read whole from where requests may lie, or refused with one sentence."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.planner.request_source import resolved_request
from lambdas.runtime.artifacts import ArtifactStore
from tests.unit.runtime.aws import BUCKET, Aws, FailingClient, service_error
from tool_contract.errors import Unavailable
from tool_contract.invalid_request import InvalidRequestError
from tool_contract.limits import MAX_REQUEST_BYTES_BY_REFERENCE

if TYPE_CHECKING:
    from tool_contract.problems import Problem

REQUEST: dict[str, Any] = {"calls": [{"tool_name": "look_up", "input": {"code": "ÄB123"}}]}
_NOTHING = hashlib.sha256(b"").hexdigest()


def _resolved(aws: Aws, value: Any, s3: Any = None) -> Any:
    return resolved_request(value, BUCKET, ArtifactStore(BUCKET, s3 or aws.s3))


def _ref(aws: Aws, body: bytes, **changes: Any) -> dict[str, Any]:
    sha256 = hashlib.sha256(body).hexdigest()
    aws.s3.put_object(Bucket=BUCKET, Key=f"requests/{sha256}", Body=body)
    return {"bucket": BUCKET, "key": f"requests/{sha256}", "bytes": len(body), "sha256": sha256, **changes}


def _refusal(aws: Aws, value: Any) -> Problem:
    with pytest.raises(InvalidRequestError) as refused:
        _resolved(aws, value)
    (problem,) = refused.value.problems
    assert problem.error_code == "InvalidRequest"
    assert problem.message.endswith(".")
    return problem


@pytest.mark.parametrize("value", [None, [], "request_ref", {}, REQUEST])
def test_an_input_without_a_reference_is_the_request(aws: Aws, value: Any) -> None:
    assert _resolved(aws, value) == value


def test_a_reference_is_replaced_by_what_it_names(aws: Aws) -> None:
    body = json.dumps(REQUEST, ensure_ascii=False).encode()

    assert _resolved(aws, {"request_ref": _ref(aws, body)}) == REQUEST


@pytest.mark.parametrize(
    ("changes", "pointer", "said"),
    [
        pytest.param({"bucket": "somebody-elses"}, "/request_ref/bucket", "own deployment", id="another bucket"),
        pytest.param({"key": "executions/e1/c1/input.json"}, "/request_ref/key", "'requests/'", id="another prefix"),
        pytest.param({"key": "requests/none"}, "/request_ref", "is not there", id="missing"),
        pytest.param({"sha256": "0" * 64}, "/request_ref", "not what was written", id="another hash"),
        pytest.param({"bytes": 3}, "/request_ref", "not what was written", id="longer than said"),
        pytest.param({"bytes": 5}, "/request_ref", "not what was written", id="shorter than said"),
        pytest.param(
            {"bytes": 5, "sha256": _NOTHING}, "/request_ref", "not what was written", id="the hash of nothing"
        ),
        pytest.param({"bytes": 0}, "/request_ref/bytes", "fit", id="no bytes"),
        pytest.param({"bytes": "4"}, "/request_ref/bytes", "integer", id="bytes as text"),
        pytest.param(
            {"bytes": MAX_REQUEST_BYTES_BY_REFERENCE + 1}, "/request_ref/bytes", "6,000,000 fit", id="too many bytes"
        ),
        pytest.param({"version": "1"}, "/request_ref/version", "not known", id="unknown field"),
    ],
)
def test_a_reference_that_cannot_be_followed_is_refused(
    aws: Aws, changes: dict[str, Any], pointer: str, said: str
) -> None:
    problem = _refusal(aws, {"request_ref": _ref(aws, b"[1]\n", **changes)})

    assert problem.pointer == pointer
    assert said in problem.message


@pytest.mark.parametrize("ref", [None, "requests/x", [], 1, {}])
def test_a_reference_of_another_shape_is_refused(aws: Aws, ref: Any) -> None:
    with pytest.raises(InvalidRequestError) as refused:
        _resolved(aws, {"request_ref": ref})

    assert all(problem.pointer.startswith("/request_ref") for problem in refused.value.problems)


def test_a_reference_beside_other_fields_is_refused(aws: Aws) -> None:
    problem = _refusal(aws, {"request_ref": _ref(aws, b"{}"), "mode": "sequence"})

    assert (problem.pointer, "stands alone" in problem.message) == ("/request_ref", True)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param(b"{", "Not JSON", id="no JSON"),
        pytest.param(b'{"calls": [], "calls": []}', "twice", id="a key twice"),
        pytest.param(b'{"a": NaN}', "NaN", id="NaN"),
        pytest.param(b'"\xff"', "UTF-8", id="no UTF-8"),
        pytest.param(b"[" * 5_000 + b"]" * 5_000, "nested deeper", id="5,000 levels deep"),
    ],
)
def test_an_object_that_holds_no_json_is_refused(aws: Aws, body: bytes, said: str) -> None:
    problem = _refusal(aws, {"request_ref": _ref(aws, body)})

    assert (problem.pointer, said in problem.message) == ("/request_ref", True)


def test_a_value_that_the_contract_does_not_take_is_told_where_it_stands(aws: Aws) -> None:
    problems = []
    for body in (b'{"calls": [{"tool_name": "look_up", "input": {"days": 1e999}}]}', b'{"timeout_seconds": 1e999}'):
        with pytest.raises(InvalidRequestError) as refused:
            _resolved(aws, {"request_ref": _ref(aws, body)})
        problems += refused.value.problems

    assert [(problem.pointer, problem.error_code) for problem in problems] == [
        ("/calls/0/input/days", "InvalidInput"),
        ("/timeout_seconds", "InvalidRequest"),
    ]


def test_a_bucket_that_does_not_answer_is_no_fault_of_the_caller(aws: Aws) -> None:
    s3 = FailingClient(aws.s3, before={"get_object": service_error()})

    with pytest.raises(Unavailable):
        _resolved(aws, {"request_ref": _ref(aws, b"{}")}, s3)
