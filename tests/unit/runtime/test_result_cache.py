"""The cache of results: for read-only tools that allow it, one run for equal calls, and no failure of its own."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lambdas.runtime.attempt_outcome import Origin, Succeeded
from lambdas.runtime.breaker_store import Breakers
from lambdas.runtime.invocation import AttemptFailed
from lambdas.runtime.result_cache import Lease, ResultCache
from lambdas.runtime.retry_budget import RetryBudget
from lambdas.runtime.tool_state_outage import PAUSE_SECONDS, Outage, Pause, pause_of
from tests.unit.runtime.aws import FailingClient, service_error
from tests.unit.runtime.sample_tools import EFFECTS, event, group, invoker, pending_call
from tool_contract.record import envelope_from_record

if TYPE_CHECKING:
    from tests.unit.runtime.aws import Aws
    from tests.unit.runtime.fake_clock import FakeClock
    from tool_contract.envelope import Envelope


@pytest.fixture(autouse=True)
def _no_effects() -> None:
    EFFECTS.clear()


def look_up(aws: Aws, clock: FakeClock, execution_id: str, tool_input: dict[str, Any], **row: Any) -> Envelope:
    pending_call(aws, execution_id, tool_name="looks_up", **row)
    invoker(aws, clock).invoke(event("looks_up", execution_id, tool_input), f"request of {execution_id}")
    return envelope_from_record(aws.row(execution_id, "c1"))


def test_an_equal_call_gets_the_kept_result(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    first = look_up(aws, clock, execution_id, {"text": execution_id})
    second = look_up(aws, clock, f"{execution_id}b", {"text": execution_id})

    assert [f"looks up {execution_id}"] == EFFECTS
    assert first.result == second.result == execution_id
    assert "cached" not in first.metadata
    assert second.metadata["cached"] is True


def test_the_record_says_which_call_was_answered_from_the_cache(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    look_up(aws, clock, execution_id, {"text": execution_id})
    look_up(aws, clock, f"{execution_id}b", {"text": execution_id})

    assert "cached" not in aws.row(execution_id, "c1")
    assert aws.row(f"{execution_id}b", "c1")["cached"] is True


def test_equal_means_the_same_json_whatever_the_order_of_its_keys(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    look_up(aws, clock, execution_id, {"text": execution_id, "size": 2})
    look_up(aws, clock, f"{execution_id}b", {"size": 2, "text": execution_id})
    look_up(aws, clock, f"{execution_id}c", {"size": 3, "text": execution_id})

    assert len(EFFECTS) == 2


def test_a_kept_result_is_gone_when_its_time_is_over(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    look_up(aws, clock, execution_id, {"text": execution_id})
    clock.advance(60_000)
    look_up(aws, clock, f"{execution_id}b", {"text": execution_id})

    assert len(EFFECTS) == 2


def test_a_call_that_wants_no_cache_runs(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    look_up(aws, clock, execution_id, {"text": execution_id})
    look_up(aws, clock, f"{execution_id}b", {"text": execution_id}, use_cache=False)

    assert len(EFFECTS) == 2


def test_a_failure_is_not_kept_and_nobody_waits_for_it(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    began = clock.now_ms()
    for suffix in ("", "b"):
        with pytest.raises(AttemptFailed):
            look_up(aws, clock, f"{execution_id}{suffix}", {"text": execution_id, "fail": True})

    assert len(EFFECTS) == 2
    assert clock.now_ms() == began


def test_a_large_result_is_kept_in_s3(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    look_up(aws, clock, execution_id, {"text": "x", "size": 20_000})
    second = look_up(aws, clock, f"{execution_id}b", {"text": "x", "size": 20_000})

    assert second.result_ref is not None
    assert json.loads(aws.text(second.result_ref.key)) == "x" * 20_000


def test_another_version_of_the_code_has_results_of_its_own(aws: Aws, clock: FakeClock) -> None:
    (spec,) = [tool.spec for tool in group.tools if tool.spec.name == "looks_up"]
    stores = invoker(aws, clock).stores
    assert stores is not None
    newer = ResultCache(stores.cache.table, stores.cache.artifacts, version="2")

    assert newer.entry_id(spec, {"text": "a"}) != stores.cache.entry_id(spec, {"text": "a"})


def test_callers_do_not_see_each_others_results(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    first = look_up(aws, clock, execution_id, {"text": execution_id}, caller="team-a")
    other = look_up(aws, clock, f"{execution_id}b", {"text": execution_id}, caller="team-b")
    nobody = look_up(aws, clock, f"{execution_id}c", {"text": execution_id})

    assert len(EFFECTS) == 3
    assert not [envelope for envelope in (first, other, nobody) if "cached" in envelope.metadata]


@pytest.mark.parametrize("who", [{"caller": "team-a"}, {}])
def test_a_caller_sees_its_own_results_and_so_do_calls_without_one(
    aws: Aws, clock: FakeClock, execution_id: str, who: dict[str, str]
) -> None:
    look_up(aws, clock, execution_id, {"text": execution_id}, **who)

    assert look_up(aws, clock, f"{execution_id}b", {"text": execution_id}, **who).metadata["cached"] is True


def test_a_stage_may_let_callers_share_their_results(
    aws: Aws, clock: FakeClock, execution_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHARE_CACHE", "true")
    look_up(aws, clock, execution_id, {"text": execution_id}, caller="team-a")

    other = look_up(aws, clock, f"{execution_id}b", {"text": execution_id}, caller="team-b")

    assert (other.metadata["cached"], len(EFFECTS)) == (True, 1)


def test_many_equal_calls_at_once_run_once(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    names = [f"{execution_id}-{number}" for number in range(10)]

    with ThreadPoolExecutor(10) as threads:
        envelopes = list(threads.map(lambda name: look_up(aws, clock, name, {"text": execution_id}), names))

    assert len(EFFECTS) == 1
    assert sum(envelope.metadata.get("cached", False) for envelope in envelopes) == 9


def test_whoever_comes_while_an_equal_call_runs_waits_for_its_result(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    (spec,) = [tool.spec for tool in group.tools if tool.spec.name == "looks_up"]
    stores = invoker(aws, clock).stores
    assert stores is not None
    first = stores.cache.look_up(spec, {"text": execution_id}, "first", 30)
    assert isinstance(first, Lease)
    slept: list[float] = []

    def end_of_the_first(seconds: float) -> None:
        slept.append(seconds)
        stores.cache.keep(first, Succeeded('"found"'))

    second = replace(stores.cache, sleep=end_of_the_first).look_up(spec, {"text": execution_id}, "second", 30)

    assert second == Succeeded('"found"', origin=Origin.CACHE)
    assert len(slept) == 1


def test_a_lease_whose_run_died_is_taken_over_when_it_runs_out(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    cache = invoker(aws, clock).stores.cache  # type: ignore[union-attr]
    (spec,) = [tool.spec for tool in group.tools if tool.spec.name == "looks_up"]
    expires_at = clock.now_ms() // 1000 + 5
    aws.put_state(id=cache.entry_id(spec, {"text": execution_id}), owner="dead", expires_at=expires_at)

    envelope = look_up(aws, clock, execution_id, {"text": execution_id})

    assert [f"looks up {execution_id}"] == EFFECTS
    assert envelope.success
    assert clock.now_ms() // 1000 >= expires_at


def test_without_its_table_the_tool_runs(aws: Aws, clock: FakeClock, execution_id: str) -> None:
    pending_call(aws, execution_id, tool_name="looks_up")
    broken = invoker(aws, clock)
    object.__setattr__(broken.stores.cache, "table", "nowhere")  # type: ignore[union-attr]

    broken.invoke(event("looks_up", execution_id, {"text": "a"}), "request-1")

    assert EFFECTS == ["looks up a"]
    assert aws.row(execution_id, "c1")["status"] == "success"


@pytest.mark.parametrize("operation", ["get_item", "put_item"])
def test_a_table_that_fails_is_left_alone_for_a_while(
    aws: Aws, clock: FakeClock, execution_id: str, operation: str
) -> None:
    client = FailingClient(aws.dynamodb, before={operation: service_error()})
    stores = invoker(aws, clock).stores
    assert stores is not None
    cache = ResultCache("tool-state", stores.artifacts, clock=clock, sleep=clock.sleep, client=client)
    (spec,) = [tool.spec for tool in group.tools if tool.spec.name == "looks_up"]

    assert cache.look_up(spec, {"text": execution_id}, "me", 30) is None
    asked = len(client.calls)
    assert cache.look_up(spec, {"text": execution_id}, "me", 30) is None
    assert len(client.calls) == asked

    clock.advance(PAUSE_SECONDS * 1000)
    assert cache.look_up(spec, {"text": execution_id}, "me", 30) is None
    assert len(client.calls) > asked


def test_what_breakers_have_learnt_of_the_table_the_cache_and_the_budget_need_not_wait_for(
    aws: Aws, clock: FakeClock, execution_id: str
) -> None:
    pause = Pause()
    broken = FailingClient(aws.dynamodb, before={"get_item": service_error()})
    Breakers("tool-state", broken, pause=pause).admit("looks_up", clock.now_ms())
    client = FailingClient(aws.dynamodb)
    stores = invoker(aws, clock).stores
    assert stores is not None
    cache = ResultCache("tool-state", stores.artifacts, clock=clock, client=client, outage=Outage("cache", pause))
    (spec,) = [tool.spec for tool in group.tools if tool.spec.name == "looks_up"]

    assert cache.look_up(spec, {"text": execution_id}, "me", 30) is None
    assert RetryBudget("tool-state", client, pause=pause).take("looks_up", clock.now_ms())
    assert client.calls == []


def test_the_users_of_one_table_share_a_pause() -> None:
    assert pause_of("one table") is pause_of("one table")
    assert pause_of("one table") is not pause_of("another")
