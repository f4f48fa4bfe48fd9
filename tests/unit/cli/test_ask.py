"""`tool-executor ask`, with Bedrock's place taken by a server of this machine and an executor that runs nothing."""

from __future__ import annotations

import json
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from tests.local.bedrock_stand_in import bedrock
from tests.unit.model_apis.apis import bedrock_message, bedrock_response
from tests.unit.model_apis.turn_executor import TurnExecutor
from tool_executor.aws import Aws
from tool_executor.cli import ask
from tool_executor.cli.where import Where

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.cli.conftest import Ran

    Command = Callable[..., Ran]

MODEL = ("--model", "amazon.nova-pro-v1:0", "--model-region", "us-east-1")
WANTED = bedrock_message([("calculate_reorder_points", {"warehouse_code": "WH001"})])
DONE = {"role": "assistant", "content": [{"text": "Order \x1b[31mP001."}]}


@pytest.fixture
def executor(monkeypatch: pytest.MonkeyPatch) -> TurnExecutor:
    executor = TurnExecutor()

    @contextmanager
    def chosen(**_: Any) -> Iterator[Where]:
        yield Where(Aws("us-east-1"), None, options=" --local")  # type: ignore[arg-type] # nothing is asked of it

    monkeypatch.setattr(ask, "chosen", chosen)
    monkeypatch.setattr(ask, "ToolExecutor", lambda **_: nullcontext(executor))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    return executor


def _asked(
    command: Command, monkeypatch: pytest.MonkeyPatch, answers: list[Any], *options: str
) -> tuple[Ran, list[dict[str, Any]]]:
    with bedrock(*((200, answer) for answer in answers)) as stand_in:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", stand_in.url)
        return command("ask", "What runs out?", *MODEL, *options), stand_in.asked


def test_the_answer_goes_to_standard_output_and_what_was_run_beside_it(
    command: Command, monkeypatch: pytest.MonkeyPatch, executor: TurnExecutor
) -> None:
    answers = [bedrock_response(WANTED, "tool_use"), bedrock_response(DONE, "end_turn")]
    ran, _ = _asked(command, monkeypatch, answers)
    assert ran.code == 0
    assert ran.out == "Order \N{REPLACEMENT CHARACTER}[31mP001.\n"
    assert "calculate_reorder_points  success" in ran.err
    assert "completed (2 turns, 1 tool call, 960 tokens)" in ran.err
    assert "tool-executor history --correlation-id" in ran.err
    assert len(executor.executions) == 1


def test_a_limit_that_is_reached_is_told_with_exit_code_1(
    command: Command, monkeypatch: pytest.MonkeyPatch, executor: TurnExecutor
) -> None:
    ran, _ = _asked(command, monkeypatch, [bedrock_response(WANTED, "tool_use")], "--max-tool-calls", "0", "--json")
    told = json.loads(ran.out)
    assert (ran.code, told["status"], told["stop"]) == (1, "stopped", "tool_calls")
    assert executor.executions == []


def test_the_options_say_what_the_model_is_offered_and_how_it_is_run(
    command: Command, monkeypatch: pytest.MonkeyPatch, executor: TurnExecutor
) -> None:
    typed = bedrock_message([("type", {"selector": "#p", "text": {"secret_ref": "shop"}})])
    answers = [bedrock_response(typed, "tool_use"), bedrock_response(DONE, "end_turn")]
    options = ("--tool", "type", "--sequence", "--secret", "shop", "--system", "Be brief.")
    ran, asked = _asked(command, monkeypatch, answers, *options)
    assert ran.code == 0
    assert [one["toolSpec"]["name"] for one in asked[0]["toolConfig"]["tools"]] == ["type"]
    assert asked[0]["system"] == [{"text": "Be brief."}]
    (execution,) = executor.executions
    assert execution["mode"] == "sequence"
    assert execution["calls"][0]["input"]["text"] == {"secret_ref": "shop"}


@pytest.mark.usefixtures("executor")
@pytest.mark.parametrize(
    ("options", "sentence"), [(("--tool", "nothing"), "/names/0"), (("--group", "browsers"), "'browser'")]
)
def test_what_cannot_be_offered_is_wrong_use(command: Command, options: tuple[str, ...], sentence: str) -> None:
    ran = command("ask", "What runs out?", *MODEL, *options)
    assert ran.code == 2
    assert sentence in ran.err


@pytest.mark.usefixtures("executor")
@pytest.mark.parametrize("arguments", [("", *MODEL), ("Hello",), ("Hello", "--model", " ")])
def test_without_a_prompt_or_a_model_nothing_is_asked(command: Command, arguments: tuple[str, ...]) -> None:
    ran = command("ask", *arguments)
    assert ran.code == 2
    assert "This should not have happened" not in ran.err


@pytest.mark.usefixtures("executor")
def test_without_a_region_the_command_names_its_own_option(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    ran = command("ask", "Hello", "--model", "m", "--local")
    assert ran.code == 2
    assert "The model cannot be asked: No AWS region was found." in ran.err
    assert "AWS_REGION" in ran.err
    assert "--model-region" in ran.err
    assert "--region" not in ran.err.replace("--model-region", "")


@pytest.mark.usefixtures("executor")
def test_with_the_local_clouds_key_the_command_says_how_tools_are_local_and_the_model_is_not(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bedrock((403, {"code": "UnrecognizedClientException", "message": "No."})) as stand_in:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", stand_in.url)
        ran = command("ask", "Hello", *MODEL)
    assert ran.code == 2
    assert "unset it and AWS_SECRET_ACCESS_KEY" in ran.err
    assert "use --local" in ran.err


def test_the_help_says_which_region_holds(command: Command) -> None:
    told = " ".join(command("ask", "--help").out.replace("│", " ").split())
    assert "else AWS_REGION, AWS_DEFAULT_REGION or the profile's" in told
    assert "2 if the set-up was wrong or the model gave no answer at all" in told
