"""A conversation whose model, client or caller's own function goes wrong: nothing that tools did is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.unit.model_apis.apis import bedrock_message, bedrock_response
from tests.unit.model_apis.turn_executor import TurnExecutor
from tool_executor import ServiceError
from tool_executor.agents import BedrockModel, Orchestrator, PromptResult

if TYPE_CHECKING:
    from tool_executor.agents import Turn

REORDER = ("calculate_reorder_points", {"warehouse_code": "WH001"})
DONE = {"role": "assistant", "content": [{"text": "Order P001 today."}]}


class Client:
    """Answers what is given, in order, and raises what is an exception: as no client of boto3 would."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)

    def converse(self, **_: Any) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def ask_client(*answers: Any, **options: Any) -> PromptResult:
    model = BedrockModel("m", client=Client(*answers))
    orchestrator = Orchestrator(tool_executor=TurnExecutor(), agents={}, model=model)
    result = orchestrator.run_sync("What runs out?", **options)
    assert isinstance(result, PromptResult)
    return result


UNREADABLE = [
    {},
    None,
    {"output": None, "stopReason": "end_turn"},
    bedrock_response({"role": "assistant", "content": None}, "end_turn"),
    bedrock_response({"role": "assistant", "content": ["text"]}, "end_turn"),
    {"output": {"message": DONE}},
]


@pytest.mark.parametrize("answer", UNREADABLE)
def test_an_answer_that_cannot_be_read_is_told_in_a_sentence_and_loses_nothing(answer: Any) -> None:
    with pytest.raises(ServiceError, match="The model's answer cannot be read"):
        ask_client(answer)
    result = ask_client(bedrock_response(bedrock_message([REORDER]), "tool_use"), answer)
    assert (result.status, result.stop) == ("failed", "ServiceError")
    assert "cannot be read" in str(result.error)
    assert (len(result.results), len(result.messages), result.usage.requests) == (1, 3, 1)


@pytest.mark.parametrize(
    ("error", "stop", "said"),
    [
        (ConnectionResetError("Reset by peer."), "ServiceError", "The model did not answer: Reset by peer."),
        (OSError(), "ServiceError", "The model did not answer"),
        (ValueError("No such thing."), "ValueError", "ValueError: No such thing."),
        (ZeroDivisionError(), "ZeroDivisionError", "ZeroDivisionError."),
    ],
)
def test_any_error_after_the_first_answer_is_how_the_conversation_ended(error: Exception, stop: str, said: str) -> None:
    result = ask_client(bedrock_response(bedrock_message([REORDER]), "tool_use"), error)
    assert (result.status, result.stop, len(result.results)) == ("failed", stop, 1)
    assert str(result.error).startswith(said)


def test_an_error_of_the_callers_own_function_loses_nothing() -> None:
    def tells(_turn: Turn) -> None:
        raise RuntimeError("The screen is gone.")

    result = ask_client(bedrock_response(bedrock_message([REORDER]), "tool_use"), on_turn=tells)
    assert (result.status, result.error) == ("failed", "RuntimeError: The screen is gone.")
    assert (len(result.results), [message["role"] for message in result.messages]) == (1, ["user", "assistant", "user"])


def test_what_is_no_error_is_raised_as_it_is() -> None:
    def tells(_turn: Turn) -> None:
        raise SystemExit(3)

    async def ask_here() -> None:
        model = BedrockModel("m", client=Client(bedrock_response(DONE, "end_turn")))
        run = Orchestrator(tool_executor=TurnExecutor(), agents={}, model=model).run("Hello", on_turn=tells)
        with pytest.raises(SystemExit):
            await run

    asyncio.run(ask_here())
