"""The sizes that an estimate supposes of records are those of the planner's own rows, and units are DynamoDB's."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.costs.works import call_work
from tests.unit.planner.planning import LOOK_UP, PLACE_ORDER, plan_of
from tool_contract.items import to_item
from tool_executor.costs import records

EXECUTION_ID = "9cb15af1-d576-44ec-839b-2e31ae87c654"


def bytes_of(item: dict[str, Any]) -> int:
    """The size of an item as DynamoDB counts it, of the types that records have."""
    return sum(len(name) + _value_bytes(*attribute) for name, value in item.items() for attribute in value.items())


def _value_bytes(kind: str, value: Any) -> int:
    match kind:
        case "S":
            return len(value.encode())
        case "N":
            return (len(value.strip("-").replace(".", "")) + 1) // 2 + 1
        case "M":
            return 3 + sum(
                1 + len(name) + _value_bytes(*child) for name, each in value.items() for child in each.items()
            )
        case _:
            return 1


@pytest.mark.parametrize("size", [2, 500, 8_000])
def test_a_planned_row_is_as_large_as_supposed(size: int) -> None:
    call = {**PLACE_ORDER, "input": {"code": "x" * size, "amount": 1}}
    (row,) = plan_of(call, execution_id=EXECUTION_ID).call_rows

    supposed = records.planned_bytes(call_work(input_bytes=len(row["input"])))

    assert supposed == pytest.approx(bytes_of(to_item(row)), abs=60)


def test_notes_and_fallbacks_are_in_the_row() -> None:
    call = {**LOOK_UP, "reasoning": "y" * 700, "fallbacks": [LOOK_UP] * 3}
    (row,) = plan_of(call, execution_id=EXECUTION_ID).call_rows

    supposed = records.planned_bytes(
        call_work(input_bytes=len(row["input"]), fallback_bytes=len(row["fallbacks"]), note_bytes=700)
    )

    assert supposed == pytest.approx(bytes_of(to_item(row)), abs=80)


def test_an_executions_own_row_stays_within_what_is_supposed() -> None:
    row = plan_of(LOOK_UP, execution_id=EXECUTION_ID).execution_row
    ended = {"counts": dict.fromkeys(("total", "success", "failed", "timeout", "skipped", "cancelled"), 10)}
    ended |= {"finished_at": "x" * 24, "execution_time_ms": 270, "closed_by": "x" * 32, "trace_id": "x" * 35}
    size = bytes_of(to_item({**row, **ended}))
    assert pytest.approx(size, rel=0.1) == records.EXECUTION_BYTES


@pytest.mark.parametrize(("size", "writes", "reads"), [(0, 1, 1), (1024, 1, 1), (1025, 2, 1), (4097, 5, 2)])
def test_a_write_is_charged_by_the_kilobyte_and_a_read_by_four(size: int, writes: int, reads: int) -> None:
    assert (records.write_units(size), records.read_units(size)) == (writes, reads)


def test_a_small_call_is_written_three_times_each_time_with_two_indexes() -> None:
    call = call_work(input_bytes=100, result_bytes=100)
    assert records.call_writes(call) == 3
    assert records.call_write_units(call) == 3 * (1 + 2)


def test_a_retry_is_one_more_write_of_the_record_and_its_indexes() -> None:
    once, twice = (call_work(input_bytes=10, result_bytes=10, retries=number) for number in (0, 1))
    assert records.call_write_units(twice) - records.call_write_units(once) == 1 + 2


def test_a_large_text_is_a_reference_in_the_record() -> None:
    small, large = (call_work(input_bytes=size) for size in (8_192, 8_193))
    assert records.planned_bytes(small) - records.planned_bytes(large) == 8_192 - records.REFERENCE_BYTES
