"""Amazon Bedrock's Converse API: ``toolSpec``, ``toolUse`` and ``toolResult`` blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from tool_executor.model_apis.model_call import ModelCall
from tool_executor.model_apis.model_tools import Block, ModelTools, content_of
from tool_executor.model_apis.strict_schema import ANTHROPIC, StrictMode

if TYPE_CHECKING:
    from tool_contract.tool_spec import ToolSpec
    from tool_executor.model_apis.plain_schema import Schema

#: Models of Amazon's own take no other keywords at the top of a tool's schema.
_AT_THE_TOP: Final = ("type", "properties", "required")


class BedrockConverseTools(ModelTools):
    """Tools for Converse.

    ``definitions`` are the ``tools`` of a request's ``toolConfig``; ``run`` takes the response, its message or the
    message's content, and returns ``toolResult`` blocks, the content of the next message, of the role ``user``.
    Tools that the provider runs itself (``server_tool_use``) are left alone.
    """

    _mode: ClassVar[StrictMode] = ANTHROPIC

    def _definition(self, spec: ToolSpec, schema: Schema, strict: bool) -> Block:  # noqa: FBT001 - of _schema
        told = schema if strict or "$defs" in schema else {word: schema[word] for word in _AT_THE_TOP if word in schema}
        marks = {"strict": True} if strict else {}
        return {
            "toolSpec": {
                "name": spec.name,
                "description": spec.description,
                "inputSchema": {"json": told},
                **marks,
            }
        }

    def _calls(self, answer: Any) -> list[ModelCall]:  # noqa: ANN401 - JSON is any value
        used = [block["toolUse"] for block in content_of(answer, "output", "message") if "toolUse" in block]
        return [
            ModelCall.of_value(use["toolUseId"], use["name"], use.get("input"))
            for use in used
            if use.get("type") != "server_tool_use"
        ]

    def _block(self, call: ModelCall, text: str, success: bool) -> Block:  # noqa: FBT001 - of a result
        status = "success" if success else "error"
        return {"toolResult": {"toolUseId": call.id, "content": [{"text": text}], "status": status}}
