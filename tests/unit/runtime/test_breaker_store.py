"""The breaker in the tool state table: what is read and written when, and that its failure harms nobody."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from lambdas.runtime import telemetry
from lambdas.runtime.breaker_store import Admission, Breakers
from lambdas.runtime.circuit_breaker import DEFAULT_POLICY, window_start
from tests.unit.runtime.aws import STATE_TABLE, Aws, FailingClient, service_error
from tests.unit.runtime.fake_clock import START_MS
from tool_contract.breaker_item import KEPT_SECONDS, Breaker, Circuit, Stored, key_of, put_arguments, stored_from
from tool_contract.items import from_item, to_item

NOW = window_start(DEFAULT_POLICY, START_MS)
WINDOW_MS = DEFAULT_POLICY.window_seconds * 1000
_numbers = itertools.count(1)


@pytest.fixture
def tool() -> str:
    """Tests of a module share its table: each has a tool of its own."""
    return f"tool_{next(_numbers)}"


@pytest.fixture
def client(aws: Aws) -> FailingClient:
    return FailingClient(aws.dynamodb)


@pytest.fixture
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    messages: list[str] = []
    monkeypatch.setattr(telemetry.logger, "warning", lambda message, **_more: messages.append(message))
    return messages


def process(client: Any) -> Breakers:
    """Another process: it knows nothing but the table."""
    return Breakers(STATE_TABLE, client, wait=lambda _seconds: None)


def item(aws: Aws, tool: str) -> dict[str, Any]:
    return from_item(
        aws.dynamodb.get_item(TableName=STATE_TABLE, Key=key_of(tool), ConsistentRead=True).get("Item", {})
    )


def breaker(aws: Aws, tool: str) -> Breaker:
    return stored_from(aws.dynamodb.get_item(TableName=STATE_TABLE, Key=key_of(tool)).get("Item")).breaker


def put(aws: Aws, tool: str, wanted: Breaker) -> None:
    over = stored_from(aws.dynamodb.get_item(TableName=STATE_TABLE, Key=key_of(tool)).get("Item"))
    arguments = put_arguments(STATE_TABLE, tool, wanted, over=over, write_id="test", now_ms=NOW)
    aws.dynamodb.put_item(**arguments)


def call(breakers: Breakers, tool: str, now_ms: int = NOW, *, failed: bool = False, slow: bool = False) -> Admission:
    admission = breakers.admit(tool, now_ms)
    breakers.report(tool, admission, failed=failed, slow=slow, now_ms=now_ms)
    return admission


def opened(aws: Aws, tool: str) -> Breakers:
    breakers = process(aws.dynamodb)
    for _ in range(10):
        assert call(breakers, tool, failed=True).allowed
    return breakers


def test_it_opens_for_every_process_after_ten_failures(aws: Aws, tool: str) -> None:
    breakers = opened(aws, tool)
    for admission in (breakers.admit(tool, NOW + 1), process(aws.dynamodb).admit(tool, NOW + 1)):
        assert not admission.allowed
        assert admission.retry_after_seconds == pytest.approx(29.999)


def test_other_tools_are_unaffected(aws: Aws, tool: str) -> None:
    assert opened(aws, tool).admit(f"{tool}_other", NOW).allowed


def test_failures_of_many_processes_add_up(aws: Aws, tool: str) -> None:
    processes = [process(aws.dynamodb) for _ in range(10)]
    admissions = [(one, one.admit(tool, NOW)) for one in processes]
    for one, admission in admissions:
        one.report(tool, admission, failed=True, slow=False, now_ms=NOW)
    assert breaker(aws, tool).circuit is Circuit.OPEN


def test_slow_successes_open_it_too(aws: Aws, tool: str) -> None:
    breakers = process(aws.dynamodb)
    for _ in range(10):
        call(breakers, tool, slow=True)
    assert breaker(aws, tool).circuit is Circuit.OPEN


def test_of_successes_every_twentieth_call_writes_and_reads_are_a_second_apart(
    client: FailingClient, tool: str
) -> None:
    breakers = process(client)
    for number in range(100):
        call(breakers, tool, NOW + number * 100)
    assert client.calls.count("put_item") == 5
    assert client.calls.count("get_item") == 10


def test_a_tool_that_is_called_rarely_and_works_is_never_written(client: FailingClient, tool: str) -> None:
    breakers = process(client)
    for number in range(50):
        call(breakers, tool, NOW + number * WINDOW_MS)
    assert client.calls == ["get_item"] * 50


def test_a_failure_is_written_at_once_with_the_successes_before_it(aws: Aws, tool: str) -> None:
    breakers = process(aws.dynamodb)
    for _ in range(7):
        call(breakers, tool)
    assert item(aws, tool) == {}
    call(breakers, tool, failed=True)
    assert item(aws, tool)["current"] == {"calls": 8, "failed": 1, "slow": 0}


def test_near_its_opening_every_success_is_written(aws: Aws, tool: str) -> None:
    call(process(aws.dynamodb), tool, failed=True)
    for _ in range(9):
        call(process(aws.dynamodb), tool)
    assert item(aws, tool)["current"] == {"calls": 5, "failed": 1, "slow": 0}  # the others are below half the share


def test_failures_of_three_calls_in_ten_do_not_open_it_though_each_process_sees_but_one_call(
    aws: Aws, tool: str
) -> None:
    for number in range(100):
        assert call(process(aws.dynamodb), tool, NOW + number * 500, failed=number % 10 in {2, 5, 8}).allowed
    assert breaker(aws, tool).circuit is Circuit.CLOSED


def test_when_the_window_turns_in_trouble_what_is_pending_is_written_for_its_own_window(aws: Aws, tool: str) -> None:
    breakers = process(aws.dynamodb)
    call(breakers, tool, failed=True)
    for _ in range(6):  # four are written as they come, while the failure is a quarter of what is seen
        call(breakers, tool)
    call(breakers, tool, NOW + WINDOW_MS)
    assert item(aws, tool)["previous"] == {"calls": 7, "failed": 1, "slow": 0}


def test_exactly_three_probes_pass_in_the_fleet(aws: Aws, tool: str) -> None:
    opened(aws, tool)
    admissions = [process(aws.dynamodb).admit(tool, NOW + 30_000) for _ in range(10)]
    assert [admission.is_probe for admission in admissions] == [True] * 3 + [False] * 7
    assert not any(admission.allowed for admission in admissions[3:])


def test_it_closes_after_three_probes_and_ignores_what_was_under_way_when_it_opened(aws: Aws, tool: str) -> None:
    late = process(aws.dynamodb)
    under_way = late.admit(tool, NOW)
    opened(aws, tool)
    for _ in range(3):
        assert call(process(aws.dynamodb), tool, NOW + 30_000).is_probe
    late.report(tool, under_way, failed=True, slow=False, now_ms=NOW + 31_000)
    assert breaker(aws, tool) == Breaker(generation=3)


def test_a_withdrawn_probe_makes_room(aws: Aws, tool: str) -> None:
    opened(aws, tool)
    breakers = process(aws.dynamodb)
    admissions = [breakers.admit(tool, NOW + 30_000) for _ in range(3)]
    assert not breakers.admit(tool, NOW + 30_000).allowed
    breakers.withdraw(tool, admissions[1], NOW + 30_000)
    assert process(aws.dynamodb).admit(tool, NOW + 30_000).is_probe
    breakers.withdraw(tool, Admission(allowed=True, generation=2), NOW + 30_000)
    assert not process(aws.dynamodb).admit(tool, NOW + 30_000).allowed


@pytest.mark.parametrize(("circuit", "allowed"), [(Circuit.FORCED_OPEN, False), (Circuit.FORCED_CLOSED, True)])
def test_what_a_person_forces_holds_a_second_later_and_is_written_by_no_call(
    aws: Aws, client: FailingClient, tool: str, circuit: Circuit, *, allowed: bool
) -> None:
    breakers = process(client)
    call(breakers, tool)
    put(aws, tool, Breaker(circuit=circuit, generation=1))
    for number in range(1, 20):
        assert call(breakers, tool, NOW + number * 1000, failed=True).allowed is allowed
    assert "put_item" not in client.calls
    assert "expires_at" not in item(aws, tool)


def test_an_automatic_item_passes_away_after_a_day(aws: Aws, tool: str) -> None:
    opened(aws, tool)
    assert item(aws, tool)["expires_at"] == NOW // 1000 + KEPT_SECONDS


@pytest.mark.parametrize("operation", ["get_item", "put_item"])
@pytest.mark.parametrize(
    "error",
    [service_error(), service_error("AccessDeniedException"), EndpointConnectionError(endpoint_url="http://x")],
)
def test_calls_go_on_without_the_table_and_the_log_says_so(
    aws: Aws, tool: str, operation: str, error: ClientError, logged: list[str]
) -> None:
    breakers = process(FailingClient(aws.dynamodb, before={operation: error}))
    for _ in range(30):
        assert call(breakers, tool, failed=True).allowed
    assert logged == ["calls go on without circuit breaker"]


def test_a_table_that_is_down_is_asked_once_in_five_seconds(aws: Aws, tool: str) -> None:
    client = FailingClient(aws.dynamodb, before={"get_item": service_error()})
    breakers = process(client)
    for number in range(100):
        call(breakers, tool, NOW + number * 100)
    assert len(client.calls) == 2


def test_an_open_circuit_lets_calls_through_while_the_table_is_down_and_none_once_it_is_back(
    aws: Aws, tool: str
) -> None:
    opened(aws, tool)
    client = FailingClient(aws.dynamodb, before={"get_item": service_error()})
    breakers = process(client)
    assert call(breakers, tool, NOW + 1000, failed=True).allowed
    client.before = {}
    assert not call(breakers, tool, NOW + 7000).allowed


@pytest.mark.parametrize(
    "content", [{}, {"version": 1, "circuit": "ajar"}, {"version": 1, "current": "many"}, {"version": -1}]
)
def test_an_item_that_is_no_breaker_lets_calls_through(aws: Aws, tool: str, content: dict[str, Any]) -> None:
    aws.dynamodb.put_item(TableName=STATE_TABLE, Item={**key_of(tool), **to_item({**content, "write_id": "x"})})
    assert call(process(aws.dynamodb), tool, failed=True).allowed


def test_a_write_whose_acknowledgement_was_lost_counts_once(aws: Aws, tool: str) -> None:
    class RetryingSdk(FailingClient):
        def put_item(self, **arguments: Any) -> Any:
            self.real.put_item(**arguments)  # the answer is lost, and the SDK asks again
            return self.real.put_item(**arguments)

    call(process(RetryingSdk(aws.dynamodb)), tool, failed=True)
    assert item(aws, tool)["current"] == {"calls": 1, "failed": 1, "slow": 0}


def test_a_write_that_another_process_is_ahead_of_is_made_on_top_of_it(aws: Aws, tool: str) -> None:
    first, second = process(aws.dynamodb), process(aws.dynamodb)
    admissions = [(first, first.admit(tool, NOW)), (second, second.admit(tool, NOW))]
    for one, admission in admissions:
        one.report(tool, admission, failed=True, slow=False, now_ms=NOW)
    assert item(aws, tool)["current"]["failed"] == 2
    assert item(aws, tool)["version"] == 2


class AlwaysBehind(FailingClient):
    """Somebody else is always quicker to write."""

    def put_item(self, **arguments: Any) -> Any:
        key = {"id": arguments["Item"]["id"]}
        standing = stored_from(self.real.get_item(TableName=STATE_TABLE, Key=key).get("Item"))
        tool = key["id"]["S"].removeprefix("breaker#")
        ahead = put_arguments(STATE_TABLE, tool, standing.breaker, over=standing, write_id="ahead", now_ms=NOW)
        self.real.put_item(**ahead)
        return self.real.put_item(**arguments)


def test_a_process_that_is_crowded_out_keeps_its_outcomes(aws: Aws, tool: str) -> None:
    crowded = process(AlwaysBehind(aws.dynamodb))
    call(crowded, tool, failed=True)
    assert breaker(aws, tool) == Breaker()

    crowded._table = process(aws.dynamodb)._table
    call(crowded, tool, NOW + 1, failed=True)
    assert breaker(aws, tool).current.failed == 2


def test_a_process_that_is_crowded_out_admits_no_probe(aws: Aws, tool: str) -> None:
    opened(aws, tool)
    admission = process(AlwaysBehind(aws.dynamodb)).admit(tool, NOW + 30_000)
    assert (admission.allowed, admission.retry_after_seconds) == (False, 1.0)


def test_a_process_has_one_set_of_breakers_and_none_without_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOOL_STATE_TABLE", raising=False)
    assert Breakers.from_environment() is None
    monkeypatch.setenv("TOOL_STATE_TABLE", "some-table")
    assert Breakers.from_environment() is Breakers.from_environment()


def test_the_item_holds_the_whole_state(aws: Aws, tool: str) -> None:
    wanted = Breaker(Circuit.HALF_OPEN, 7, NOW, until=NOW + 1, openings=2, probes_begun=3, probes_succeeded=1)
    put(aws, tool, wanted)
    read = stored_from(aws.dynamodb.get_item(TableName=STATE_TABLE, Key=key_of(tool))["Item"])
    assert read == Stored(wanted, 1, "test")
    assert stored_from(None) == stored_from({}) == Stored()
