"""A conversation with a model on Bedrock: boto3's own client, its answers of recorded shape. No model was called.

botocore's Stubber holds each request and each answer to the service's model.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from tests.unit.model_apis.apis import bedrock_message, bedrock_response
from tests.unit.model_apis.turn_executor import TurnExecutor
from tool_executor import CredentialsMissingError, InvalidRequestError, ServiceError, ToolExecutionResult
from tool_executor.agents import BedrockModel, Budget, ModelPrice, Orchestrator, PromptNotCompletedError, PromptResult

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_executor.agents import Turn

FORECAST = ("forecast_demand", {"product_code": "P001", "warehouse_code": "WH001"})
REORDER = ("calculate_reorder_points", {"warehouse_code": "WH001"})
DONE = {"role": "assistant", "content": [{"text": "Order P001 today."}]}


class Bedrock:
    """A stubbed client, and the model that asks it; ``slept`` are the waits before requests made again."""

    def __init__(self) -> None:
        self.client: Any = boto3.client(
            "bedrock-runtime",
            region_name="us-east-1",
            aws_access_key_id="x",
            aws_secret_access_key="x",  # noqa: S106 - of nobody
            config=Config(retries={"total_max_attempts": 1}),
        )
        self.stubber = Stubber(self.client)
        self.requests: list[dict[str, Any]] = []
        self.client.meta.events.register_first("provide-client-params.*", self._remember)
        self.slept: list[float] = []

    def _remember(self, params: dict[str, Any], **_: Any) -> None:
        self.requests.append(json.loads(json.dumps(params)))

    def answers(self, message: dict[str, Any], stop: str = "tool_use", tokens: tuple[int, int] = (400, 80)) -> None:
        self.stubber.add_response("converse", bedrock_response(message, stop, tokens))

    def refuses(self, code: str, message: str = "Too many tokens.") -> None:
        self.stubber.add_client_error("converse", code, message)

    def model(self, **options: Any) -> BedrockModel:
        async def sleep(seconds: float) -> None:
            self.slept.append(seconds)

        return BedrockModel("amazon.nova-pro-v1:0", client=self.client, sleep=sleep, **options)


@pytest.fixture
def bedrock() -> Iterator[Bedrock]:
    stubbed = Bedrock()
    with stubbed.stubber:
        yield stubbed
    stubbed.stubber.assert_no_pending_responses()


def ask(bedrock: Bedrock, executor: TurnExecutor | None = None, **options: Any) -> PromptResult:
    orchestrator = Orchestrator(tool_executor=executor or TurnExecutor(), agents={}, model=bedrock.model())
    result = orchestrator.run_sync("What runs out?", **options)
    assert isinstance(result, PromptResult)
    return result


def test_tools_are_run_and_told_until_the_model_has_ended(bedrock: Bedrock) -> None:
    executor = TurnExecutor({"forecast_demand": ToolExecutionResult.failed("forecast_demand", "No such product.")})
    bedrock.answers(bedrock_message([REORDER, FORECAST]))
    bedrock.answers(DONE, "end_turn", (900, 30))

    result = ask(bedrock, executor, correlation_id="order-4711")

    assert (result.status, result.stop, result.text) == ("completed", "end_turn", "Order P001 today.")
    assert [one.status.value for one in result.results] == ["success", "failed"]
    assert [(len(one["calls"]), one["correlation_id"]) for one in executor.executions] == [(2, "order-4711")]
    assert [message["role"] for message in result.messages] == ["user", "assistant", "user", "assistant"]
    told = result.messages[2]["content"]
    assert [block["toolResult"]["status"] for block in told] == ["success", "error"]
    assert (result.usage.requests, result.usage.tool_calls, result.usage.tokens) == (2, 2, 400 + 80 + 900 + 30)
    assert bedrock.requests[1]["messages"] == list(result.messages[:3])
    assert len(bedrock.requests[0]["toolConfig"]["tools"]) == len(executor.tools.tools)
    assert result.raise_for_failure() is result


def test_a_conversation_goes_on_from_an_earlier_one(bedrock: Bedrock) -> None:
    bedrock.answers(DONE, "end_turn")
    first = ask(bedrock)
    bedrock.answers(DONE, "end_turn")
    second = ask(bedrock, history=first.messages)
    assert len(second.messages) == 4
    assert second.usage.requests == 1


def test_each_turn_is_told_as_it_ends(bedrock: Bedrock) -> None:
    bedrock.answers(bedrock_message([REORDER]))
    bedrock.answers(DONE, "end_turn")
    turns: list[Turn] = []
    ask(bedrock, on_turn=turns.append)
    assert [(turn.number, len(turn.calls), len(turn.results)) for turn in turns] == [(1, 1, 1), (2, 0, 0)]
    assert turns[0].text == "I will look it up."


@pytest.mark.parametrize(
    ("budget", "stop", "turns"),
    [
        (Budget(turns=1), "turns", 1),
        (Budget(turns=2), "turns", 2),
        (Budget(tool_calls=3), "tool_calls", 2),
        (Budget(tokens=480), "tokens", 1),
        (Budget(dollars=0.003, price=ModelPrice(3, 15)), "dollars", 2),
    ],
)
def test_a_budget_that_is_used_up_ends_the_conversation_before_more_tools_are_run(
    bedrock: Bedrock, budget: Budget, stop: str, turns: int
) -> None:
    executor = TurnExecutor()
    for _ in range(turns):
        bedrock.answers(bedrock_message([REORDER, FORECAST]))
    result = ask(bedrock, executor, budget=budget)
    assert (result.status, result.stop) == ("stopped", stop)
    assert result.error is not None
    assert len(executor.executions) == turns - 1
    assert result.messages[-1]["role"] == "assistant"
    with pytest.raises(PromptNotCompletedError) as not_completed:
        result.raise_for_failure()
    assert not_completed.value.result is result


def test_dollars_are_counted_by_the_models_price(bedrock: Bedrock) -> None:
    bedrock.answers(DONE, "end_turn", (1_000_000, 100_000))
    assert ask(bedrock, budget=Budget(price=ModelPrice(3, 15))).usage.dollars == pytest.approx(4.5)


@pytest.mark.parametrize(
    "options",
    [
        {"turns": 0},
        {"tokens": -1},
        {"tool_calls": True},
        {"dollars": 1},
        {"dollars": float("nan"), "price": ModelPrice(1, 1)},
    ],
)
def test_a_budget_that_cannot_be_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError) as told:
        Budget(**options)
    expected = "price" if options == {"dollars": 1} else next(iter(options))
    assert [one["pointer"] for one in told.value.problems] == [f"/{expected}"]


@pytest.mark.parametrize(
    "reason",
    [
        "max_tokens",
        "guardrail_intervened",
        "content_filtered",
        "malformed_model_output",
        "malformed_tool_use",
        "model_context_window_exceeded",
        "something_new",
    ],
)
def test_any_other_stop_ends_the_conversation_and_runs_no_tool(bedrock: Bedrock, reason: str) -> None:
    executor = TurnExecutor()
    bedrock.answers(bedrock_message([REORDER]), reason)
    result = ask(bedrock, executor)
    assert (result.status, result.stop) == ("stopped", reason)
    assert result.error is not None
    assert executor.executions == []


def test_a_stop_for_tools_of_others_ends_the_conversation(bedrock: Bedrock) -> None:
    bedrock.answers(DONE, "tool_use")
    assert ask(bedrock).status == "stopped"


def test_a_throttled_request_is_made_again_and_counted(bedrock: Bedrock) -> None:
    bedrock.refuses("ThrottlingException")
    bedrock.refuses("ServiceUnavailableException")
    bedrock.answers(DONE, "end_turn")
    result = ask(bedrock)
    assert result.success
    assert result.usage.repeated == len(bedrock.slept) == 2
    assert 1.5 <= bedrock.slept[0] < bedrock.slept[1] <= 5


def test_a_request_that_stays_throttled_is_given_up_after_six_tries(bedrock: Bedrock) -> None:
    for _ in range(6):
        bedrock.refuses("ThrottlingException")
    with pytest.raises(ServiceError, match="Too many tokens"):
        ask(bedrock)
    assert len(bedrock.slept) == 5
    assert max(bedrock.slept) <= 30


@pytest.mark.parametrize("code", ["ValidationException", "ModelTimeoutException", "AccessDeniedException"])
def test_a_request_that_would_fail_again_is_made_once(bedrock: Bedrock, code: str) -> None:
    bedrock.refuses(code, "No.")
    with pytest.raises(ServiceError):
        ask(bedrock)
    assert bedrock.slept == []


def test_an_answer_that_does_not_come_in_time_is_not_asked_for_again() -> None:
    class Slow:
        asked = 0

        def converse(self, **_: Any) -> Any:
            self.asked += 1
            raise ReadTimeoutError(endpoint_url="https://bedrock")

    slow = Slow()
    with pytest.raises(ServiceError, match="Read timeout"):
        asyncio.run(BedrockModel("m", client=slow).answer([], []))
    assert slow.asked == 1


def test_an_error_after_tools_have_run_ends_the_conversation_and_loses_nothing(bedrock: Bedrock) -> None:
    bedrock.answers(bedrock_message([REORDER]))
    bedrock.refuses("ValidationException", "The conversation is too long.")
    result = ask(bedrock)
    assert (result.status, result.stop) == ("failed", "ServiceError")
    assert "too long" in str(result.error)
    assert len(result.results) == 1
    assert json.loads(json.dumps(result.to_json()))["usage"]["tool_calls"] == 1


def test_an_executor_that_cannot_run_the_calls_ends_the_conversation(bedrock: Bedrock) -> None:
    bedrock.answers(bedrock_message([REORDER]))
    result = ask(bedrock, TurnExecutor(refusals=[ServiceError("AWS did not answer.")]))
    assert (result.status, result.error) == ("failed", "AWS did not answer.")


def test_an_answer_that_wants_the_programs_own_tools_too_is_stopped_before_anything_runs(bedrock: Bedrock) -> None:
    executor = TurnExecutor()
    bedrock.answers(bedrock_message([REORDER, ("send_mail", {})]))
    result = ask(bedrock, executor, tools={"own_tools": ["send_mail"]})
    assert (result.status, result.stop) == ("stopped", "tool_use")
    assert "none was run" in str(result.error)
    assert executor.executions == []
    assert len(result.messages) == 2


def test_refused_credentials_are_told_as_the_models(bedrock: Bedrock) -> None:
    bedrock.refuses("UnrecognizedClientException", "The security token is invalid.")
    with pytest.raises(CredentialsMissingError, match="The model cannot be asked") as refused:
        ask(bedrock)
    assert "Models are on AWS" in str(refused.value.hint)


def test_the_model_is_offered_what_was_said_and_nothing_else(bedrock: Bedrock) -> None:
    executor = TurnExecutor()
    bedrock.answers(bedrock_message([("click", {"selector": "#x"}), REORDER]))
    bedrock.answers(DONE, "end_turn")
    result = ask(bedrock, executor, tools={"groups": ["inventory-optimizer"]})
    assert [one.error_code for one in result.results] == ["ToolNotFound", None]
    offered = {one["toolSpec"]["name"] for one in bedrock.requests[0]["toolConfig"]["tools"]}
    assert "click" not in offered


def test_options_of_the_model_stand_in_its_requests(bedrock: Bedrock) -> None:
    bedrock.answers(DONE, "end_turn")
    model = bedrock.model(
        system="Be brief.",
        max_tokens=100,
        temperature=0.0,
        request={"guardrailConfig": {"guardrailIdentifier": "abc123", "guardrailVersion": "1"}},
    )
    ask(bedrock, model=model)
    (asked,) = bedrock.requests
    assert asked["system"] == [{"text": "Be brief."}]
    assert asked["inferenceConfig"] == {"maxTokens": 100, "temperature": 0.0}
    assert asked["guardrailConfig"]["guardrailVersion"] == "1"


def test_what_is_wrong_with_a_prompt_is_said_before_the_model_is_asked(bedrock: Bedrock) -> None:
    orchestrator = Orchestrator(tool_executor=TurnExecutor(), agents={})
    with pytest.raises(InvalidRequestError, match="The prompt is empty"):
        orchestrator.run_sync(" ", model=bedrock.model())
    with pytest.raises(InvalidRequestError) as told:
        orchestrator.run_sync("Hello")
    assert told.value.problems[0]["message"] == "A prompt needs a model."
    with pytest.raises(InvalidRequestError, match="cannot be offered"):
        orchestrator.run_sync("Hello", model=bedrock.model(), tools={"names": ["nothing"]})
    with pytest.raises(TypeError, match="A plan takes no budget"):
        orchestrator.run_sync([], budget=Budget())


def test_a_models_client_is_not_led_to_the_local_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert BedrockModel("m")._client.meta.endpoint_url == "https://bedrock-runtime.eu-central-1.amazonaws.com"
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "http://127.0.0.1:1")
    assert BedrockModel("m")._client.meta.endpoint_url == "http://127.0.0.1:1"


def test_a_cancelled_conversation_cancels_its_execution(bedrock: Bedrock) -> None:
    bedrock.answers(bedrock_message([REORDER]))
    executor = TurnExecutor(held=asyncio.Event)
    orchestrator = Orchestrator(tool_executor=executor, agents={}, model=bedrock.model())

    async def cancelled() -> None:
        task = asyncio.create_task(orchestrator.run("What runs out?"))
        await asyncio.to_thread(executor.begun.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert executor.cancelled == 1
