"""The output of an execution: everything is in it, inline or by reference, and it always fits."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambdas.finisher.output import Layout, build_output, lay_out
from tests.unit.runtime.fake_clock import START, START_MS
from tool_contract import strict_json
from tool_contract.envelope import Envelope, ResultRef
from tool_contract.limits import MAX_OUTPUT_BYTES, MAX_STATE_BYTES
from tool_contract.timestamps import iso_from_ms

EXECUTION = {"execution_id": "e" * 80, "correlation_id": "k" * 128, "started_at": START}


def _success(number: int, size: int = 10, **changes: Any) -> Envelope:
    return Envelope.model_validate(
        {"success": True, "call_id": f"c{number}", "tool_name": "t", "status": "success", "result": "x" * (size - 2),
         "execution_time_ms": 1, "attempts": 1, "metadata": {"correlation_id": "k"}, **changes}
    )  # fmt: skip


def _failure(number: int, status: str = "failed", **changes: Any) -> Envelope:
    return Envelope.model_validate(
        {"success": False, "call_id": f"c{number}", "tool_name": "t", "status": status, "error": "No.",
         "error_code": "ToolFailed", "retryable": False, "effect": "none", "execution_time_ms": 1, "attempts": 1,
         "metadata": {"correlation_id": "k"}, **changes}
    )  # fmt: skip


def _reference(envelope: Envelope) -> Envelope:
    key = f"executions/{'e' * 80}/{envelope.call_id:x<64}/result-66-01234567.json"
    ref = ResultRef(bucket="b" * 63, key=key, bytes=5_999_999, sha256="0" * 64)
    return envelope.model_copy(update={"result": None, "result_ref": ref})


def _output(envelopes: list[Envelope]) -> tuple[dict[str, Any], Layout]:
    layout = lay_out(envelopes)
    arranged = [_reference(envelope) if envelope.call_id in layout.by_reference else envelope for envelope in envelopes]
    return build_output(EXECUTION, arranged, iso_from_ms(START_MS + 1_500)), layout


def _bytes(value: object) -> int:
    return strict_json.byte_size(strict_json.dumps(value))


REASONS = {
    "retry_reasons": ["Unavailable: " + "x" * 200] * 3,
    "retry_delays": [1_000, 2_000, 4_000],
    "attempt_durations": [30_000.5] * 4,
}
WORST: list[Any] = [
    pytest.param([_success(n, 5_000) for n in range(200)], id="200 results of 5 KB"),
    pytest.param([_success(n, 12_000) for n in range(30)], id="30 results of 12 KB"),
    pytest.param([_success(0, 300_000)], id="one result of 300 KB"),
    pytest.param([_success(n, 8_192) for n in range(250)], id="250 results of 8 KB"),
    pytest.param([_success(n, 300) for n in range(250)], id="250 results smaller than a reference"),
    pytest.param([_success(n, 3_000, metadata=REASONS) for n in range(250)], id="250 successes after three retries"),
    pytest.param([_success(n, 3_000, metadata={"mine": "x" * 900}) for n in range(250)], id="250 successes, metadata"),
    pytest.param([_failure(n, error="x" * 500) for n in range(250)], id="250 long errors"),
    pytest.param([_failure(n, error="😀" * 500) for n in range(250)], id="250 long errors of four bytes a character"),
    pytest.param([_failure(n, error='"\\' * 250) for n in range(250)], id="250 long errors of quotes"),
    pytest.param([_failure(n, metadata=REASONS) for n in range(250)], id="250 failures after three retries"),
    pytest.param([_failure(n, metadata={"mine": "x" * 900}) for n in range(250)], id="250 failures with metadata"),
    pytest.param(
        [_failure(n, details=[{"pointer": "/a", "message": "x" * 100}] * 40) for n in range(250)], id="250 bad inputs"
    ),
    pytest.param(
        [
            _failure(
                n, call_id=f"{n:x<64}", tool_name="t" * 64, error="😀" * 500, error_code="ExecutionIdTaken",
                details=[{"pointer": "/a", "message": "x"}] * 10, retry_after_seconds=1234.5,
                metadata={**REASONS, "correlation_id": "k" * 128, "mine": "😀" * 200, "error_type": "E" * 300,
                          "fallback_used": True, "fallback_index": 4, "primary_error": "x" * 300},
            )
            for n in range(250)
        ],
        id="250 failures of everything",
    ),
    pytest.param(
        [_success(n, 5_000, call_id=f"{n:x<64}", tool_name="t" * 64, metadata={**REASONS, "mine": "x" * 900})
         for n in range(250)],
        id="250 successes of everything",
    ),
]  # fmt: skip


@pytest.mark.parametrize("envelopes", WORST)
def test_an_output_fits_and_nothing_is_lost(envelopes: list[Envelope]) -> None:
    output, layout = _output(envelopes)

    assert _bytes(output) < MAX_STATE_BYTES
    assert [result["call_id"] for result in output["results"]] == [envelope.call_id for envelope in envelopes]
    for result, envelope in zip(output["results"], envelopes, strict=True):
        assert result["success"] is envelope.success
        if envelope.success:
            assert ("result" in result) is (envelope.call_id in layout.inline)
            assert result.get("result") == envelope.result or "result_ref" in result
        else:
            assert envelope.error.startswith(result["error"])  # type: ignore[union-attr] # a failure has one
            assert result["error"]
            assert (result["error_code"], result["effect"]) == (envelope.error_code, envelope.effect)


def test_what_fits_is_told_in_full() -> None:
    envelopes = [
        _success(0, 50_000),
        _failure(1, error="x" * 500, metadata=REASONS, details=[{"pointer": "", "message": "x"}]),
    ]

    output, layout = _output(envelopes)

    assert output["results"] == [envelope.to_json() for envelope in envelopes]
    assert layout == Layout(frozenset({"c0"}), frozenset())


@pytest.mark.parametrize("spare", range(-300, 301, 50))
def test_a_result_that_just_fits_costs_no_failure_its_details(spare: int) -> None:
    failures = [_failure(number, details=[{"pointer": "/a", "message": "x"}]) for number in range(249)]
    used = sum(_bytes(failure.to_json()) + len(",") for failure in failures) + _bytes(_success(999, 2).to_json())

    output, layout = _output([*failures, _success(999, MAX_OUTPUT_BYTES - used - spare)])

    assert all(result["details"] for result in output["results"][:-1])
    assert bool(layout.inline) is (spare > 0)


@given(st.lists(st.integers(10, 60_000), max_size=30))
def test_the_smallest_results_are_inline(sizes: list[int]) -> None:
    envelopes = [_success(number, size) for number, size in enumerate(sizes)]

    output, layout = _output(envelopes)

    by_id = {f"c{number}": size for number, size in enumerate(sizes)}
    assert layout.inline | layout.by_reference == by_id.keys()
    largest_inline = max((by_id[call_id] for call_id in layout.inline), default=0)
    assert all(by_id[call_id] >= largest_inline for call_id in layout.by_reference)
    assert _bytes(output["results"]) <= MAX_OUTPUT_BYTES + 2


def test_what_was_left_out_is_said_to_be() -> None:
    metadata = {**REASONS, "correlation_id": "k", "fallback_used": True}
    output, _ = _output([_failure(number, error="x" * 500, metadata=metadata) for number in range(250)])

    assert output["results"][0]["metadata"] == {"correlation_id": "k", "fallback_used": True, "shortened": True}
    assert len(output["results"][0]["error"]) == 200


def test_the_output_has_the_contracts_fields() -> None:
    output, _ = _output([_success(1), _failure(2, "timeout")])

    assert {name: value for name, value in output.items() if name != "results"} == {
        "execution_id": "e" * 80, "correlation_id": "k" * 128, "status": "partial", "execution_time_ms": 1_500.0,
        "counts": {"total": 2, "success": 1, "failed": 0, "timeout": 1, "skipped": 0, "cancelled": 0},
    }  # fmt: skip
