"""A plan runs each step as soon as it can; what befalls one step costs the others nothing."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.client.fake_executor import FakeExecutor
from tool_contract.errors import ErrorCode
from tool_contract.problems import Problem
from tool_executor import (
    ExecutionTimeoutError,
    InvalidRequestError,
    ServiceError,
    ToolExecutionResult,
    ToolExecutionStatus,
    ToolNotFoundError,
)
from tool_executor.agents import BaseAgent, BrowserAgent, InventoryOptimizerAgent, Orchestrator, PlanResult, Step

if TYPE_CHECKING:
    from collections.abc import Mapping


def orchestrator(executor: FakeExecutor, **agents: BaseAgent) -> Orchestrator:
    return Orchestrator(tool_executor=executor, agents={"one": BaseAgent(), **agents})


def step(name: str, *after: str, tool: str | None = None, given: Any = None) -> Step:
    return Step(name, "one", tool or name, {} if given is None else given, after)


def failing(tool_name: str) -> ToolExecutionResult:
    return ToolExecutionResult.failed(tool_name, "It broke.")


def problems(steps: list[Step]) -> list[tuple[str, str]]:
    with orchestrator(FakeExecutor()) as one, pytest.raises(InvalidRequestError) as wrong:
        one.run_sync(steps)
    return [(problem["pointer"], problem["message"]) for problem in wrong.value.problems]


def test_it_hands_its_executor_to_agents_that_have_none() -> None:
    shared, own = FakeExecutor(), FakeExecutor()
    one = Orchestrator(tool_executor=shared)
    one.add_agent("own", BaseAgent(own))
    assert one.tool_executor is shared
    assert {name: agent.tool_executor for name, agent in one.agents.items()} == {
        "inventory": shared,
        "browser": shared,
        "own": own,
    }
    assert isinstance(one.agents["inventory"], InventoryOptimizerAgent)
    assert isinstance(one.agents["browser"], BrowserAgent)


def test_it_makes_an_executor_of_its_configuration_and_calls_nothing() -> None:
    with Orchestrator(region="eu-west-1", max_workers=3) as one:
        executor: Any = one.tool_executor
        assert executor.configuration.region == "eu-west-1"
        assert executor.configuration.max_workers == 3


def test_results_come_in_the_plans_order_however_the_steps_depend_on_each_other() -> None:
    executor = FakeExecutor()
    steps = [step("c", "a", "b"), step("a"), step("b", "a")]
    result = orchestrator(executor).run_sync(steps, correlation_id="plan-1")
    assert list(result.results) == ["c", "a", "b"]
    assert [asked["tool_name"] for asked in executor.asked] == ["a", "b", "c"]
    assert (result.status, result.success, result.counts) == ("succeeded", True, {"success": 3})
    assert result.correlation_id == "plan-1"
    assert executor.correlation_ids == ["plan-1"] * 3
    assert result.summary == "succeeded: 3 success"


def test_an_input_may_be_made_of_the_results_of_the_steps_before() -> None:
    def sum_of(done: Mapping[str, ToolExecutionResult]) -> dict[str, int]:
        assert set(done) == {"a", "b"}
        return {"n": done["a"].result["n"] + done["b"].result["n"]}

    steps = [step("a", given={"n": 1}), step("b", given={"n": 2}), step("sum", "a", "b", given=sum_of)]
    assert orchestrator(FakeExecutor()).run_sync(steps)["sum"].result == {"n": 3}


def test_a_step_waits_for_those_it_needs_and_for_no_others() -> None:
    async def run() -> PlanResult:
        slow = asyncio.Event()
        executor = FakeExecutor(gates={"slow": slow}, started={"c": asyncio.Event()})
        running = asyncio.create_task(orchestrator(executor).run([step("slow"), step("a"), step("c", "a")]))
        await asyncio.wait_for(executor.started["c"].wait(), 30)
        slow.set()
        return await running

    assert asyncio.run(run()).success


def test_no_more_steps_run_at_once_than_there_are_workers() -> None:
    executor = FakeExecutor()
    one = Orchestrator(max_workers=2, tool_executor=executor, agents={"one": BaseAgent()})
    one.run_sync([step(f"s{number}") for number in range(7)])
    assert executor.most_running == 2


def test_what_needs_a_failed_step_is_skipped_and_says_so_and_the_rest_runs() -> None:
    executor = FakeExecutor({"a": failing("a")})
    result = orchestrator(executor).run_sync([step("a"), step("b", "a"), step("c", "b"), step("d")])
    assert [one.status.value for one in result.results.values()] == ["failed", "skipped", "skipped", "success"]
    assert result["b"].error == "The step was not run: it needs a, which did not succeed."
    assert (result["b"].error_code, result["b"].effect, result["b"].attempts) == ("Skipped", "none", 0)
    assert (result.status, result.counts) == ("partial", {"failed": 1, "skipped": 2, "success": 1})
    assert result.summary == "partial: 1 failed, 2 skipped, 1 success; first a: It broke."


def test_a_plan_of_which_nothing_succeeded_has_failed() -> None:
    assert orchestrator(FakeExecutor({"a": failing("a")})).run_sync([step("a"), step("b", "a")]).status == "failed"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ServiceError("AWS is away."), ("Unavailable", "failed", "unknown")),
        (ExecutionTimeoutError("It runs on.", execution_id="e"), ("DeadlineExceeded", "timeout", "unknown")),
        (KeyError("a bug"), ("ToolFailed", "failed", "unknown")),
        (
            InvalidRequestError(
                "1 problem",
                [{"pointer": "/calls/0/input/code", "message": "Wrong.", "error_code": "InvalidInput"}],
            ),
            ("InvalidInput", "failed", "none"),
        ),
    ],
)
def test_what_a_step_raises_is_its_failure_and_costs_the_others_nothing(
    error: Exception, expected: tuple[str, str, str]
) -> None:
    result = orchestrator(FakeExecutor({"a": error})).run_sync([step("a"), step("b")])
    failure = result["a"]
    assert (failure.error_code, failure.status.value, failure.effect) == expected
    assert failure.metadata["error_type"] == type(error).__name__
    assert [detail.pointer for detail in failure.details] == (["/code"] if expected[0] == "InvalidInput" else [])
    assert result["b"].success


def test_an_input_that_cannot_be_made_is_the_steps_failure() -> None:
    def broken(done: Mapping[str, ToolExecutionResult]) -> dict[str, Any]:
        return {"n": done["a"].result["missing"]}

    executor = FakeExecutor()
    result = orchestrator(executor).run_sync([step("a"), step("b", "a", given=broken)])
    assert (result["b"].error_code, result["b"].effect) == ("InvalidInput", "none")
    assert result["b"].error == "The step's input could not be made: KeyError: 'missing'"
    assert [asked["tool_name"] for asked in executor.asked] == ["a"]


def test_agents_of_ones_own_take_part_with_the_dicts_they_answer() -> None:
    class Own(BaseAgent):
        def execute_tool(self, tool_name: str, tool_input: dict[str, Any]) -> dict[str, Any]:
            if tool_name == "fail":
                return {"success": False, "error": "It broke.", "more": tool_input}
            return {"success": True, "result": tool_name} if tool_name == "work" else {"success": "perhaps"}

    steps = [Step(name, "own", name) for name in ("work", "fail", "mumble")]
    result = orchestrator(FakeExecutor(), own=Own()).run_sync(steps)
    assert result["work"].result == "work"
    assert (result["fail"].error, result["fail"].error_code) == ("It broke.", "ToolFailed")
    assert result["mumble"].error_code == "BadToolResponse"


def test_cancelling_a_plan_cancels_what_runs() -> None:
    async def run() -> tuple[int, int]:
        executor = FakeExecutor(gates={"a": asyncio.Event()}, started={"a": asyncio.Event()})
        running = asyncio.create_task(orchestrator(executor).run([step("a"), step("b", "a")]))
        await asyncio.wait_for(executor.started["a"].wait(), 30)
        before = executor.running
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return before, executor.running

    assert asyncio.run(run()) == (1, 0)


def test_results_cannot_be_changed() -> None:
    result = orchestrator(FakeExecutor()).run_sync([step("a")])
    with pytest.raises(dataclasses.FrozenInstanceError):
        result.correlation_id = "other"  # type: ignore[misc]
    with pytest.raises(TypeError):
        result.results["a"] = failing("a")  # type: ignore[index]
    assert result.to_json()["results"]["a"]["status"] == ToolExecutionStatus.SUCCESS


def test_an_empty_plan_is_refused() -> None:
    assert problems([]) == [("/steps", "There are no steps to run.")]


def test_every_wrong_name_is_told_with_its_place_before_anything_runs() -> None:
    steps = [step("a"), Step("a", "won", "x"), step("b", "a", "bb")]
    assert problems(steps) == [
        ("/steps/1/name", "There is another step named 'a'."),
        ("/steps/1/agent", "There is no agent named 'won'."),
        ("/steps/2/after/1", "There is no step named 'bb'."),
    ]


def test_every_circle_is_told_once_and_what_follows_from_one_is_not() -> None:
    steps = [step("a", "b"), step("b", "a"), step("later", "a"), step("self", "self"), step("fine")]
    told = problems(steps)
    assert [pointer for pointer, _ in told] == ["/steps/0/after", "/steps/3/after"]
    assert told[0][1] in {
        "These steps wait for each other: a -> b -> a.",
        "These steps wait for each other: b -> a -> b.",
    }
    assert told[1][1] == "These steps wait for each other: self -> self."


def test_a_close_name_is_offered() -> None:
    with pytest.raises(InvalidRequestError) as wrong:
        orchestrator(FakeExecutor()).run_sync([step("forecast"), step("next", "forcast")])
    assert wrong.value.problems[0]["hint"] == "Did you mean 'forecast'?"


def test_tools_and_known_inputs_are_checked_before_anything_runs() -> None:
    unknown = Problem(pointer="/tool_name", message="No tool.", error_code=ErrorCode.TOOL_NOT_FOUND)
    elsewhere = Problem(pointer="/function_name", message="Elsewhere.", error_code=ErrorCode.INVALID_REQUEST)
    bad_input = Problem(pointer="/input/code", message="Wrong.")
    executor = FakeExecutor(problems={"x": [unknown], "y": [bad_input, elsewhere]})
    steps = [step("a"), step("b", tool="y"), step("c", "a", tool="y", given=dict), step("d", tool="x")]

    with pytest.raises(InvalidRequestError) as wrong:
        orchestrator(executor).run_sync(steps)

    assert [problem["pointer"] for problem in wrong.value.problems] == [
        "/steps/1/input/code",
        "/steps/1/agent",
        "/steps/2/agent",
        "/steps/3/tool_name",
    ]
    assert executor.asked == []
    with pytest.raises(ToolNotFoundError):
        orchestrator(executor).run_sync([step("a"), step("d", tool="x")])


def test_where_the_catalog_cannot_be_asked_the_plan_runs_unchecked() -> None:
    class Unasked(FakeExecutor):
        async def problems_of(self, call: Any) -> list[Problem]:
            raise ServiceError(f"The planner is away: {call}")

    assert orchestrator(Unasked()).run_sync([step("a")]).success


def test_a_single_name_may_be_said_as_it_is() -> None:
    assert Step("b", "one", "t", after="abc").after == ("abc",)
