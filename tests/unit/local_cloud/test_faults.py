"""Programmed faults as values: which requests they befall, and what they look like in JSON."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tool_executor.local.faults import Fault, FaultKind, ProgrammedFaults, SeenInvocation
from tool_executor.local.http_faults import FAULTS_PATH, AnswerDropped, FaultyApp

if TYPE_CHECKING:
    from collections.abc import Iterable

WRITE = {
    "REQUEST_METHOD": "POST",
    "PATH_INFO": "/",
    "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=local/20261120/us-east-1/dynamodb/aws4_request, Signature=x",
    "HTTP_X_AMZ_TARGET": "DynamoDB_20120810.PutItem",
}


class Store:
    """A WSGI application that counts what is written."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.bodies.append(environ["wsgi.input"].read())
        start_response("200 OK", [])
        return [b"{}"]


def fault(kind: FaultKind = FaultKind.FAIL_BEFORE, **fields: Any) -> Fault:
    return Fault(**{"kind": kind, "request": "dynamodb.*", **fields})


def call(app: FaultyApp, body: bytes = b"item", **changes: Any) -> tuple[str, bytes]:
    status: list[str] = []
    environ = {**WRITE, "wsgi.input": io.BytesIO(body), **changes}
    answer = b"".join(app(environ, lambda code, _headers: status.append(code)))
    return status[0], answer


def test_a_fault_survives_json() -> None:
    given = fault(containing=("a", "b"), nth=2, times=None, for_seconds=1.5)
    assert Fault.from_json(json.loads(json.dumps(given.to_json()))) == given


@pytest.mark.parametrize(
    ("fields", "struck"),
    [
        ({}, [True, False, False, False]),
        ({"nth": 2}, [False, True, False, False]),
        ({"nth": 2, "times": 2}, [False, True, True, False]),
        ({"times": None}, [True, True, True, True]),
        ({"times": None, "for_seconds": 0}, [False, False, False, False]),
        ({"containing": ("other",)}, [False, False, False, False]),
        ({"request": "s3.*"}, [False, False, False, False]),
    ],
)
def test_a_fault_befalls_the_matches_that_it_names(fields: dict[str, Any], struck: list[bool]) -> None:
    faults = ProgrammedFaults()
    faults.program([fault(**fields)])
    assert [faults.strike("dynamodb.PutItem", "text") is not None for _ in range(4)] == struck


def test_of_several_faults_the_first_strikes_and_all_count() -> None:
    faults = ProgrammedFaults()
    faults.program([fault(nth=2), fault(FaultKind.DELAY, times=None)])
    kinds = [getattr(faults.strike("dynamodb.PutItem", ""), "kind", None) for _ in range(2)]
    assert kinds == [FaultKind.DELAY, FaultKind.FAIL_BEFORE]
    assert [told["matched"] for told in faults.report()["faults"]] == [2, 2]


def test_an_invocation_is_reported_once_with_its_answer() -> None:
    faults = ProgrammedFaults()
    faults.invoked(SeenInvocation(1, "f", "{}", 5))
    faults.invoked(SeenInvocation(1, "f", "{}", 5, answer="null"))
    (seen,) = faults.report()["invocations"]
    assert seen["answer"] == "null"


@pytest.mark.parametrize(
    ("kind", "status", "written"),
    [
        (FaultKind.FAIL_BEFORE, "500 Internal Server Error", 0),
        (FaultKind.THROTTLE, "400 Bad Request", 0),
        (FaultKind.FAIL_AFTER, "500 Internal Server Error", 1),
        (FaultKind.DELAY, "200 OK", 1),
        (FaultKind.DELAY_ANSWER, "200 OK", 1),
    ],
)
def test_a_write_is_refused_before_or_after_it_was_done(kind: FaultKind, status: str, written: int) -> None:
    store, faults = Store(), ProgrammedFaults()
    faults.program([fault(kind, containing=("item",))])
    app = FaultyApp(store, faults)
    assert call(app)[0] == status
    assert store.bodies == [b"item"] * written
    assert call(app)[0] == "200 OK"


def test_a_dropped_answer_was_written() -> None:
    store, faults = Store(), ProgrammedFaults()
    faults.program([fault(FaultKind.DROP_ANSWER)])
    with pytest.raises(AnswerDropped):
        call(FaultyApp(store, faults))
    assert store.bodies == [b"item"]


def test_faults_are_programmed_over_http() -> None:
    app = FaultyApp(Store(), ProgrammedFaults())
    body = json.dumps([fault().to_json()]).encode()
    assert call(app, body, REQUEST_METHOD="PUT", PATH_INFO=FAULTS_PATH)[0] == "200 OK"
    assert call(app)[0] == "500 Internal Server Error"
    told = json.loads(call(app, REQUEST_METHOD="GET", PATH_INFO=FAULTS_PATH)[1])
    assert told["faults"][0]["struck"] == 1
    wrong = json.dumps([{"kind": "nonsense", "request": "*"}]).encode()
    assert call(app, wrong, REQUEST_METHOD="PUT", PATH_INFO=FAULTS_PATH)[0] == "400 Bad Request"


def test_faults_are_added_and_forgotten_by_what_they_name_while_others_go_on_counting() -> None:
    app = FaultyApp(Store(), ProgrammedFaults())

    def control(method: str, naming: str = "", faults: tuple[Fault, ...] = ()) -> dict[str, Any]:
        body = json.dumps([one.to_json() for one in faults]).encode()
        fields = {"REQUEST_METHOD": method, "PATH_INFO": FAULTS_PATH, "QUERY_STRING": f"naming={naming}"}
        answer: dict[str, Any] = json.loads(call(app, body, **fields)[1])
        return answer

    control("PUT", faults=(fault(nth=3, containing=("item",)),))
    call(app)
    control("POST", faults=(fault(nth=2, containing=("run-7/c1",)), fault(containing=("run-8",))))
    call(app, b"item run-7/c1")
    assert [told["matched"] for told in control("GET", "run-7")["faults"]] == [1]
    control("DELETE", "run-7")
    assert [(told["containing"], told["matched"]) for told in control("GET")["faults"]] == [
        (["item"], 2),
        (["run-8"], 0),
    ]
    assert call(app, b"item run-7/c1")[0] == "500 Internal Server Error"


def test_invocations_are_told_and_forgotten_by_what_their_events_hold() -> None:
    faults = ProgrammedFaults()
    faults.invoked(SeenInvocation(1, "f", "run-7", 5))
    faults.invoked(SeenInvocation(2, "f", "run-8", 5))
    assert [seen["number"] for seen in faults.report("run-8")["invocations"]] == [2]
    faults.forget("run-7")
    assert [seen["number"] for seen in faults.report()["invocations"]] == [2]
