"""One turn with five parallel tool calls, in each API's own shape, and what judges shapes: the SDKs' own types.

The answers are written as the APIs' documents record them. No model was called.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.session import Session
from botocore.validate import ParamValidator
from pydantic import TypeAdapter

from tool_executor.model_apis import AnthropicMessagesTools, BedrockConverseTools, OpenAIResponsesTools

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from botocore.model import OperationModel

    from tool_executor.model_apis.model_tools import ModelTools

Wanted = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Api:
    """``answer`` makes a model's answer of wanted calls; ``checked_...`` refuse what the API would refuse."""

    tools: type[ModelTools]
    answer: Callable[[Sequence[Wanted]], Any]
    checked_definitions: Callable[[list[Any]], None]
    checked_results: Callable[[list[Any]], None]
    id_of: Callable[[dict[str, Any]], str]
    text_of: Callable[[dict[str, Any]], str]
    failed: Callable[[dict[str, Any]], bool]


@cache
def converse() -> OperationModel:
    return Session().get_service_model("bedrock-runtime").operation_model("Converse")


def refuse_wrong_request(**fields: Any) -> None:
    """Check a Converse request by botocore's model of it; it knows types and fields, and lengths from below alone."""
    request = {"modelId": "amazon.nova-pro-v1:0", "messages": [], **fields}
    report = ParamValidator().validate(request, converse().input_shape)
    assert not report.has_errors(), report.generate_report()


def bedrock_message(wanted: Sequence[Wanted]) -> dict[str, Any]:
    used = [
        {"toolUse": {"toolUseId": f"tooluse_{number:022}", "name": name, "input": given}}
        for number, (name, given) in enumerate(wanted)
    ]
    return {"role": "assistant", "content": [{"text": "I will look it up."}, *used]}


def bedrock_response(message: dict[str, Any], stop: str, tokens: tuple[int, int] = (400, 80)) -> dict[str, Any]:
    read, written = tokens
    return {
        "output": {"message": message},
        "stopReason": stop,
        "usage": {"inputTokens": read, "outputTokens": written, "totalTokens": read + written},
        "metrics": {"latencyMs": 1234},
    }


def _of_the_sdk(kind: Any, values: list[Any]) -> None:
    """Check values by a TypedDict of an SDK, which takes unknown fields unless one looks."""
    TypeAdapter(list[kind]).validate_python(values, strict=True)
    assert all(set(value) <= set(kind.__annotations__) for value in values)


def _bedrock_results(blocks: list[Any]) -> None:
    refuse_wrong_request(messages=[{"role": "user", "content": blocks}])


def _anthropic_answer(wanted: Sequence[Wanted]) -> Any:
    from anthropic.types import Message  # noqa: PLC0415 - it takes its time

    used = [
        {"type": "tool_use", "id": f"toolu_{number:024}", "name": name, "input": given}
        for number, (name, given) in enumerate(wanted)
    ]
    return Message.model_validate(
        {
            "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
            "type": "message",
            "role": "assistant",
            "model": "claude-sonnet-4-5",
            "content": [{"type": "text", "text": "I will look it up.", "citations": None}, *used],
            "stop_reason": "tool_use",
            "stop_sequence": None,
            "usage": {"input_tokens": 400, "output_tokens": 80},
        }
    )


def _anthropic_definitions(definitions: list[Any]) -> None:
    from anthropic.types import ToolParam  # noqa: PLC0415 - as above

    _of_the_sdk(ToolParam, definitions)


def _anthropic_results(blocks: list[Any]) -> None:
    from anthropic.types import ToolResultBlockParam  # noqa: PLC0415 - as above

    _of_the_sdk(ToolResultBlockParam, blocks)


def _openai_answer(wanted: Sequence[Wanted]) -> Any:
    from openai.types.responses import Response  # noqa: PLC0415 - as above

    used = [
        {
            "type": "function_call",
            "id": f"fc_{number:048}",
            "call_id": f"call_{number:024}",
            "name": name,
            "arguments": json.dumps(given),
            "status": "completed",
        }
        for number, (name, given) in enumerate(wanted)
    ]
    return Response.model_validate(
        {
            "id": "resp_67ccd2bed1ec8190b14f964abc0542670bb6a6b452d3795b",
            "object": "response",
            "created_at": 1741476542,
            "status": "completed",
            "model": "gpt-5",
            "output": [{"type": "reasoning", "id": "rs_1", "summary": []}, *used],
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "error": None,
            "incomplete_details": None,
            "instructions": None,
            "metadata": {},
            "temperature": 1.0,
            "top_p": 1.0,
        }
    )


def _openai_definitions(definitions: list[Any]) -> None:
    from openai.types.responses import FunctionToolParam  # noqa: PLC0415 - as above

    _of_the_sdk(FunctionToolParam, definitions)


def _openai_results(blocks: list[Any]) -> None:
    from openai.types.responses.response_input_param import FunctionCallOutput  # noqa: PLC0415 - as above

    _of_the_sdk(FunctionCallOutput, blocks)


BEDROCK = Api(
    BedrockConverseTools,
    lambda wanted: bedrock_response(bedrock_message(wanted), "tool_use"),
    lambda definitions: refuse_wrong_request(toolConfig={"tools": definitions}),
    _bedrock_results,
    lambda block: str(block["toolResult"]["toolUseId"]),
    lambda block: str(block["toolResult"]["content"][0]["text"]),
    lambda block: bool(block["toolResult"]["status"] == "error"),
)
ANTHROPIC = Api(
    AnthropicMessagesTools,
    _anthropic_answer,
    _anthropic_definitions,
    _anthropic_results,
    lambda block: str(block["tool_use_id"]),
    lambda block: str(block["content"]),
    lambda block: bool(block["is_error"]),
)
OPENAI = Api(
    OpenAIResponsesTools,
    _openai_answer,
    _openai_definitions,
    _openai_results,
    lambda block: str(block["call_id"]),
    lambda block: str(block["output"]),
    lambda block: '"success":false' in block["output"],
)
APIS = {"bedrock": BEDROCK, "anthropic": ANTHROPIC, "openai": OPENAI}
