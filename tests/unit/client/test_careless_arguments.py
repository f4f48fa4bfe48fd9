"""What callers hand over by mistake: one clear error with a pointer, before anything is sent; never Python's own."""

from __future__ import annotations

import asyncio
import math
from collections import ChainMap
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from tests.unit.contract.small_catalog import CATALOG
from tool_contract.request import check_request
from tool_executor import InvalidRequestError, RetryPolicy, ToolCall, ToolExecutionRequest, ToolExecutor
from tool_executor.batches import Defaults, checked_timeout, parallel_batches, sequence_batch
from tool_executor.calls import WithFallbacks
from tool_executor.deployment import Deployment
from tool_executor.sent_request import checked_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLAIN = Defaults({}, max_workers=10)
GOOD = ToolCall("look_up", {"code": "AB123"})
DEPLOYMENT = Deployment("arn:aws:states:us-east-1:123456789012:stateMachine:m", "h", "s", "b", "p", "f", {})


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> Iterator[ToolExecutor]:
    async def catalog(_: ToolExecutor) -> Any:
        await asyncio.sleep(0)
        return CATALOG

    def called(*_: object) -> None:
        pytest.fail("AWS was called")

    monkeypatch.setattr(ToolExecutor, "catalog", catalog)
    monkeypatch.setattr("tool_executor.connection.Connection.in_thread", called)
    with ToolExecutor("us-east-1", deployment=DEPLOYMENT) as made:
        yield made


def refusals(run: Callable[[], object]) -> list[dict[str, str]]:
    with pytest.raises(InvalidRequestError) as caught:
        run()
    assert caught.value.nothing_ran
    return caught.value.problems


def pointers(run: Callable[[], object]) -> list[str]:
    return [problem["pointer"] for problem in refusals(run)]


@pytest.mark.parametrize("calls", [None, "look_up", b"x", {"a": GOOD}, GOOD, 5, [], (), iter(())])
@pytest.mark.parametrize("method", ["execute_tools_sync", "execute_sequence_sync", "submit_sync"])
def test_what_is_no_list_of_calls_is_refused_with_what_to_say(executor: ToolExecutor, method: str, calls: Any) -> None:
    (problem,) = refusals(lambda: getattr(executor, method)(calls))
    assert (problem["pointer"], problem["hint"]) == ("/calls", "Say [ToolCall(...)].")


@pytest.mark.parametrize("calls", [None, "look_up", GOOD])
def test_a_stream_refuses_them_when_it_is_begun(executor: ToolExecutor, calls: Any) -> None:
    async def first() -> None:
        async for _ in executor.stream(calls):
            pass

    assert pointers(lambda: asyncio.run(first())) == ["/calls"]


@pytest.mark.parametrize("wrong", [None, "look_up", {"tool_name": "look_up"}, 5, ToolCall, object()])
def test_every_element_that_is_no_call_is_named(executor: ToolExecutor, wrong: Any) -> None:
    run = executor.execute_tools_sync
    assert pointers(lambda: run([GOOD, wrong, GOOD, wrong])) == ["/calls/1", "/calls/3"]
    assert pointers(lambda: executor.execute_tool_sync(wrong)) == ["/calls/0"]
    assert pointers(lambda: executor.execute_with_fallback_sync(wrong, [GOOD])) == ["/calls/0"]


@pytest.mark.parametrize("batches", [parallel_batches, sequence_batch])
def test_any_other_iterable_is_a_list_of_calls(batches: Any) -> None:
    made = batches((GOOD for _ in range(3)), PLAIN, None, "k")
    (batch,) = made if isinstance(made, list) else [made]
    assert len(batch.request["calls"]) == 3


@pytest.mark.parametrize(
    ("fallbacks", "pointer"),
    [
        (None, "/calls/0/fallbacks"),
        ("look_up", "/calls/0/fallbacks"),
        (GOOD, "/calls/0/fallbacks"),
        ({"a": GOOD}, "/calls/0/fallbacks"),
        (["look_up"], "/calls/0/fallbacks/0"),
        ([GOOD, None], "/calls/0/fallbacks/1"),
        ([ToolCall("look_up", metadata=5)], "/calls/0/fallbacks/0/metadata"),  # type: ignore[arg-type]
    ],
)
def test_fallbacks_are_looked_at_likewise(executor: ToolExecutor, fallbacks: Any, pointer: str) -> None:
    assert pointers(lambda: executor.execute_with_fallback_sync(GOOD, fallbacks)) == [pointer]
    assert pointers(lambda: executor.execute_tool_sync(ToolCall("look_up", fallbacks=fallbacks))) == [pointer]


def test_fallbacks_that_can_be_read_once_are_kept() -> None:
    for call in (ToolCall("look_up", fallbacks=(one for one in [GOOD])), WithFallbacks(GOOD, iter([GOOD]))):  # type: ignore[arg-type]
        assert [len(call.to_json()["fallbacks"]) for _ in range(2)] == [1, 1]


@pytest.mark.parametrize("field", ["metadata", "use_cache", "correlation_id"])
@pytest.mark.parametrize("value", [["ab"], "no", 5, object()])
def test_a_field_of_another_type_is_refused_and_not_made_to_fit(executor: ToolExecutor, field: str, value: Any) -> None:
    if field == "correlation_id" and isinstance(value, str):
        value = UUID(int=1)
    call = ToolCall("look_up", {"code": "AB123"}, **{field: value})
    assert pointers(lambda: executor.execute_tool_sync(call)) == [f"/calls/0/{field}"]
    assert [problem.pointer for problem in executor.problems_of_sync(call)] == [f"/{field}"]


@pytest.mark.parametrize("own", [5, ["a"], UUID(int=1)])
def test_a_correlation_id_that_is_no_text_is_refused(executor: ToolExecutor, own: Any) -> None:
    assert pointers(lambda: executor.execute_tools_sync([GOOD], correlation_id=own)) == ["/correlation_id"]


def test_a_retry_policy_may_be_a_dict() -> None:
    policy = RetryPolicy(initial_delay_seconds=1, max_delay_seconds=2)
    (plain, given) = (
        parallel_batches([ToolCall("look_up", {"code": "AB123"}, retry=retry)], PLAIN, None, "k")[0].request
        for retry in (policy.model_dump(), policy)
    )
    assert plain == given
    check_request(plain, CATALOG)


def test_a_retry_policy_that_is_none_is_told_with_its_place(executor: ToolExecutor) -> None:
    for retry, pointer in (({"backoff": "often"}, "/retry/backoff"), ("fixed", "/retry")):
        call = ToolCall("look_up", {"code": "AB123"}, retry=retry)  # type: ignore[arg-type]
        assert [problem.pointer for problem in executor.problems_of_sync(call)] == [pointer]


NO_TIMEOUTS = ["5", timedelta(seconds=5), Decimal(5), True, math.nan, [5], 10**400]


@pytest.mark.parametrize("timeout", NO_TIMEOUTS, ids=lambda value: type(value).__name__)
def test_a_timeout_that_is_no_number_of_seconds_is_refused_everywhere(executor: ToolExecutor, timeout: Any) -> None:
    for run in (
        lambda: executor.execute_tool_sync(GOOD, timeout),
        lambda: executor.execute_tools_sync([GOOD], timeout),
        lambda: executor.execute_sequence_sync([GOOD], timeout),
        lambda: executor.execute_with_fallback_sync(GOOD, [GOOD], timeout),
        lambda: executor.submit_sync([GOOD], timeout),
        lambda: executor.wait_sync("e1", timeout),
        lambda: checked_timeout(timeout),
    ):
        assert pointers(run) == ["/timeout_seconds"]


def test_a_timedelta_is_told_how_it_is_said() -> None:
    (problem,) = refusals(lambda: checked_timeout(timedelta(seconds=5)))
    assert problem["hint"] == "Say timeout.total_seconds()."
    assert [checked_timeout(good) for good in (None, 0, 5, 2.5, math.inf)] == [None, 0, 5, 2.5, math.inf]


@pytest.mark.parametrize("wrong", [None, "", "  ", 5, b"x"])
def test_ids_that_are_empty_or_no_text_are_refused(executor: ToolExecutor, wrong: Any) -> None:
    assert pointers(lambda: executor.wait_sync(wrong)) == ["/execution_id"]
    assert pointers(lambda: executor.cancel_sync(wrong)) == ["/execution_id"]
    assert pointers(lambda: executor.get_execution_history_sync(wrong)) == ["/correlation_id"]
    with pytest.raises(InvalidRequestError, match=r"^The execution id (is empty|should be text, not .*)\.$"):
        executor.wait_sync(wrong)
    if wrong is not None:
        assert pointers(lambda: executor.statistics_sync(tool_name=wrong)) == ["/tool_name"]
        assert pointers(lambda: executor.statistics_sync(correlation_id=wrong)) == ["/correlation_id"]


@pytest.mark.parametrize("limit", [0, -1, "5", 2.5, True])
def test_a_limit_is_a_whole_number_from_1_on(executor: ToolExecutor, limit: Any) -> None:
    assert pointers(lambda: executor.get_execution_history_sync("k", limit)) == ["/limit"]


@pytest.mark.parametrize("limit", [None, -1, "5", 2.5])
def test_so_is_that_of_recent_executions_which_may_be_0(executor: ToolExecutor, limit: Any) -> None:
    assert pointers(lambda: executor.get_recent_executions(limit)) == ["/limit"]
    assert executor.get_recent_executions(0) == []


@pytest.mark.parametrize("since", ["2026-11-20", date(2026, 11, 20), 5])
def test_a_window_takes_datetimes(since: Any) -> None:
    executor = ToolExecutor("us-east-1", deployment=DEPLOYMENT)
    for name in ("since", "until"):
        window = {"tool_name": "look_up", name: since}
        assert pointers(lambda window=window: executor.statistics_sync(**window)) == [f"/{name}"]  # type: ignore[misc]
    executor.close()


@pytest.mark.parametrize("wrong", [None, "look_up", {"tool_name": "look_up"}, ToolCall])
def test_what_is_no_call_is_not_valid(executor: ToolExecutor, wrong: Any) -> None:
    assert executor.validate_tool_call_sync(wrong) is False
    assert [problem.pointer for problem in executor.problems_of_sync(wrong)] == [""]


NO_JSON = [{1}, object(), date(2026, 11, 20), datetime(2026, 11, 20, tzinfo=UTC), Decimal(1), b"x", PurePosixPath("a")]


@pytest.mark.parametrize("value", NO_JSON, ids=lambda value: type(value).__name__)
def test_a_value_that_is_no_json_is_told_with_its_place(executor: ToolExecutor, value: Any) -> None:
    call = ToolCall("set_level", {"code": "x", "level": 1, "tags": ["a", value]})
    (batch,) = parallel_batches([GOOD, call], PLAIN, None, "k")

    assert pointers(lambda: checked_text(batch.request)) == ["/calls/1/input/tags/1"]
    assert "/input/tags/1" in {problem.pointer for problem in executor.problems_of_sync(call)}
    metadata = ToolCall("look_up", {"code": "AB123"}, metadata={"a": value})
    assert [problem.pointer for problem in executor.problems_of_sync(metadata)] == ["/metadata/a"]
    timeout = ToolCall("look_up", {"code": "AB123"}, timeout_seconds=value)
    assert [problem.pointer for problem in executor.problems_of_sync(timeout)] == ["/timeout_seconds"]


def test_a_value_that_holds_itself_is_told_with_its_place() -> None:
    holds_itself: list[Any] = []
    holds_itself += ["a", holds_itself, holds_itself]
    (batch,) = parallel_batches([ToolCall("set_level", {"tags": holds_itself})], PLAIN, None, "k")
    (problem,) = refusals(lambda: checked_text(batch.request))
    assert (problem["pointer"], "CircularReference" in problem["message"]) == ("/calls/0/input/tags/1", True)


def test_every_mapping_is_sent_as_an_object() -> None:
    inner = MappingProxyType({"b": ChainMap({"c": 1}, {"d": (2, MappingProxyType({}))})})
    told = {"a": [{"b": {"c": 1, "d": [2, {}]}}]}
    for call in (
        ToolCall("look_up", MappingProxyType({"a": [inner]}), metadata=MappingProxyType({"a": [inner]})),
        ToolExecutionRequest("look_up", None, ChainMap({"a": (inner,)}), metadata=ChainMap({"a": (inner,)})),
    ):
        sent = call.to_json()
        assert (sent["input"], sent["metadata"]) == (told, told)
        assert checked_text(sent)


def test_a_call_that_was_sent_is_no_other_when_its_input_is_changed_later() -> None:
    tags = ["a"]
    sent = ToolCall("set_level", {"tags": tags}).to_json()
    tags.append("b")
    assert sent["input"] == {"tags": ["a"]}
