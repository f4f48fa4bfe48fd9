"""A caller's idempotency key: one effect a day, whichever call brings it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime.idempotency import WINDOW_SECONDS
from lambdas.runtime.invocation import AttemptFailed
from tests.unit.runtime.sample_tools import EFFECTS, event, invoker, pending_call
from tool_contract.record import envelope_from_record

if TYPE_CHECKING:
    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock


@pytest.fixture(autouse=True)
def _no_effects() -> None:
    EFFECTS.clear()


@pytest.fixture
def key(execution_id: str) -> str:
    return f"key of {execution_id}"


def keyed_call(aws: Aws, execution_id: str, key: str, **changes: Any) -> None:
    pending_call(aws, execution_id, **{"idempotency_key": key, "input_hash": "h1", "tool_name": "orders", **changes})


def attempt(aws: Aws, clock: FakeClock, execution_id: str, tool_name: str = "orders", **context: Any) -> Any:
    owner = f"request of {execution_id}"
    try:
        return invoker(aws, clock).invoke(event(tool_name, execution_id, {"text": "a"}, **context), owner)
    except AttemptFailed as failed:
        return json.loads(str(failed))


def test_the_second_call_with_a_key_gets_the_first_ones_result(
    aws: Aws, clock: FakeClock, execution_id: str, key: str
) -> None:
    keyed_call(aws, execution_id, key)
    keyed_call(aws, f"{execution_id}b", key)

    attempt(aws, clock, execution_id)
    attempt(aws, clock, f"{execution_id}b")

    assert EFFECTS == ["orders a"]
    second = envelope_from_record(aws.row(f"{execution_id}b", "c1"))
    assert (second.success, second.result, second.metadata["replayed"]) == (True, "a", True)


def test_a_key_that_comes_with_another_input_runs_nothing(
    aws: Aws, clock: FakeClock, execution_id: str, key: str
) -> None:
    keyed_call(aws, execution_id, key)
    keyed_call(aws, f"{execution_id}b", key, input_hash="h2")
    attempt(aws, clock, execution_id)

    refused = attempt(aws, clock, f"{execution_id}b")

    assert (refused["error_code"], refused["retryable"], refused["effect"]) == ("IdempotencyKeyReused", False, "none")
    assert EFFECTS == ["orders a"]


def test_a_key_is_free_again_after_a_failure_without_an_effect(
    aws: Aws, clock: FakeClock, execution_id: str, key: str
) -> None:
    keyed_call(aws, execution_id, key, status="failed", effect="none", error_code="Unavailable")
    hold(aws, clock, execution_id, key)
    keyed_call(aws, f"{execution_id}b", key)

    attempt(aws, clock, f"{execution_id}b")

    assert EFFECTS == ["orders a"]


@pytest.mark.parametrize(("tool_name", "runs"), [("orders", False), ("sets", True)])
def test_after_an_unknown_outcome_only_a_tool_that_may_be_repeated_runs_again(
    aws: Aws,
    clock: FakeClock,
    execution_id: str,
    key: str,
    tool_name: str,
    runs: bool,  # noqa: FBT001
) -> None:
    keyed_call(aws, execution_id, key, status="timeout", effect="unknown", error_code="ToolTimeout")
    hold(aws, clock, execution_id, key)
    keyed_call(aws, f"{execution_id}b", key)

    answer = attempt(aws, clock, f"{execution_id}b", tool_name=tool_name)

    assert ([f"{tool_name} a"] if runs else []) == EFFECTS
    if not runs:
        assert (answer["error_code"], answer["effect"]) == ("OutcomeUnknown", "unknown")


def test_an_open_holder_makes_the_key_busy(aws: Aws, clock: FakeClock, execution_id: str, key: str) -> None:
    keyed_call(aws, execution_id, key, status="running")
    hold(aws, clock, execution_id, key)
    keyed_call(aws, f"{execution_id}b", key)

    answer = attempt(aws, clock, f"{execution_id}b")

    assert (answer["error_code"], answer["retryable"], answer["effect"]) == ("InProgress", True, "none")
    assert EFFECTS == []


def test_a_retry_of_the_same_call_keeps_its_key(aws: Aws, clock: FakeClock, execution_id: str, key: str) -> None:
    keyed_call(aws, execution_id, key)
    hold(aws, clock, execution_id, key)

    attempt(aws, clock, execution_id, attempt=2)

    assert EFFECTS == ["orders a"]


def test_a_key_is_remembered_for_a_day(aws: Aws, clock: FakeClock, execution_id: str, key: str) -> None:
    keyed_call(aws, execution_id, key)
    keyed_call(aws, f"{execution_id}b", key)
    attempt(aws, clock, execution_id)

    clock.advance(24 * 3_600_000 - 1_000)
    attempt(aws, clock, f"{execution_id}b")

    assert EFFECTS == ["orders a"]


def test_a_key_is_forgotten_after_a_day(aws: Aws, clock: FakeClock, execution_id: str, key: str) -> None:
    keyed_call(aws, execution_id, key)
    keyed_call(aws, f"{execution_id}b", key)
    attempt(aws, clock, execution_id)

    clock.advance((WINDOW_SECONDS + 1) * 1000)
    attempt(aws, clock, f"{execution_id}b")

    assert EFFECTS == ["orders a", "orders a"]


def test_two_callers_keys_are_two_keys(aws: Aws, clock: FakeClock, execution_id: str, key: str) -> None:
    keyed_call(aws, execution_id, key, caller="team-a")
    keyed_call(aws, f"{execution_id}b", key, caller="team-b")

    attempt(aws, clock, execution_id)
    attempt(aws, clock, f"{execution_id}b")

    assert EFFECTS == ["orders a", "orders a"]


def test_a_callers_name_and_key_do_not_run_into_each_other(
    aws: Aws, clock: FakeClock, execution_id: str, key: str
) -> None:
    keyed_call(aws, execution_id, f"b#{key}", caller="a")
    keyed_call(aws, f"{execution_id}b", key, caller="a#b")

    attempt(aws, clock, execution_id)
    attempt(aws, clock, f"{execution_id}b")

    assert EFFECTS == ["orders a", "orders a"]


def test_a_caller_gets_what_it_had_done_under_its_key(aws: Aws, clock: FakeClock, execution_id: str, key: str) -> None:
    keyed_call(aws, execution_id, key, caller="team #1")
    keyed_call(aws, f"{execution_id}b", key, caller="team #1")

    attempt(aws, clock, execution_id)
    attempt(aws, clock, f"{execution_id}b")

    assert EFFECTS == ["orders a"]
    assert envelope_from_record(aws.row(f"{execution_id}b", "c1")).metadata["replayed"] is True


def test_a_large_result_is_replayed_by_its_reference(aws: Aws, clock: FakeClock, execution_id: str, key: str) -> None:
    keyed_call(aws, execution_id, key, input='{"size":20000}')
    keyed_call(aws, f"{execution_id}b", key, input='{"size":20000}')
    for name in (execution_id, f"{execution_id}b"):
        invoker(aws, clock).invoke(event("writes", name), f"request of {name}")

    rows = [aws.row(name, "c1") for name in (execution_id, f"{execution_id}b")]
    assert rows[0]["result_ref"] == rows[1]["result_ref"]


def test_eight_calls_at_once_have_one_effect(aws: Aws, clock: FakeClock, execution_id: str, key: str) -> None:
    names = [f"{execution_id}-{number}" for number in range(8)]
    for name in names:
        keyed_call(aws, name, key)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda name: attempt(aws, clock, name), names))

    assert EFFECTS == ["orders a"]
    assert all(answer == {"call_id": "c1"} or answer["error_code"] == "InProgress" for answer in answers)


def test_without_the_state_table_nothing_is_run(aws: Aws, clock: FakeClock, execution_id: str, key: str) -> None:
    keyed_call(aws, execution_id, key)
    broken = invoker(aws, clock)
    object.__setattr__(broken.stores.keys, "state_table", "nowhere")  # type: ignore[union-attr]

    with pytest.raises(AttemptFailed) as failed:
        broken.invoke(event("orders", execution_id, {"text": "a"}), "request-1")

    told = json.loads(str(failed.value))
    assert (told["error_code"], told["retryable"], told["effect"]) == ("HistoryUnavailable", True, "none")
    assert EFFECTS == []


def hold(aws: Aws, clock: FakeClock, execution_id: str, key: str) -> None:
    """Make a call the holder of a key, as an earlier attempt of it did."""
    item = {
        "id": f"idempotency##{key}",
        "input_hash": "h1",
        "execution_id": execution_id,
        "call_id": "c1",
        "expires_at": clock.now_ms() // 1000 + 60,
    }
    aws.put_state(**item)
