"""Anthropic's Messages API: ``tool_use`` and ``tool_result`` blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tool_executor.model_apis.model_call import ModelCall
from tool_executor.model_apis.model_tools import Block, ModelTools, content_of
from tool_executor.model_apis.strict_schema import ANTHROPIC, StrictMode

if TYPE_CHECKING:
    from tool_contract.tool_spec import ToolSpec
    from tool_executor.model_apis.plain_schema import Schema


class AnthropicMessagesTools(ModelTools):
    """Tools for the Messages API.

    ``definitions`` are a request's ``tools``; ``run`` takes the message or its content, and returns ``tool_result``
    blocks, the content of the next message, of the role ``user``. Tools that the provider runs itself are left alone.
    """

    _mode: ClassVar[StrictMode] = ANTHROPIC

    def _definition(self, spec: ToolSpec, schema: Schema, strict: bool) -> Block:  # noqa: FBT001 - of _schema
        marks = {"strict": True} if strict else {}
        return {"name": spec.name, "description": spec.description, "input_schema": schema, **marks}

    def _calls(self, answer: Any) -> list[ModelCall]:  # noqa: ANN401 - JSON is any value
        return [
            ModelCall.of_value(block["id"], block["name"], block.get("input"))
            for block in content_of(answer)
            if block["type"] == "tool_use"
        ]

    def _block(self, call: ModelCall, text: str, success: bool) -> Block:  # noqa: FBT001 - of a result
        return {"type": "tool_result", "tool_use_id": call.id, "content": text, "is_error": not success}
