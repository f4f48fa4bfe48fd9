"""OpenAI's Responses API: function tools, ``function_call`` and ``function_call_output`` items."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from tool_executor.model_apis.model_call import ModelCall
from tool_executor.model_apis.model_tools import Block, ModelTools
from tool_executor.model_apis.strict_schema import OPENAI, StrictMode

if TYPE_CHECKING:
    from tool_contract.tool_spec import ToolSpec
    from tool_executor.model_apis.plain_schema import Schema


class OpenAIResponsesTools(ModelTools):
    """Tools for the Responses API.

    ``definitions`` are a request's ``tools``; ``run`` takes the response or its ``output``, and returns
    ``function_call_output`` items, the next request's input. The API has no flag for an error: a failure's text is a
    JSON object that says ``"success": false``.
    """

    _mode: ClassVar[StrictMode] = OPENAI

    def _definition(self, spec: ToolSpec, schema: Schema, strict: bool) -> Block:  # noqa: FBT001 - of _schema
        # Said in any case: where nothing is said, the API takes strict for meant, and refuses most schemas.
        return {
            "type": "function",
            "name": spec.name,
            "description": spec.description,
            "parameters": schema,
            "strict": strict,
        }

    def _calls(self, answer: Any) -> list[ModelCall]:  # noqa: ANN401 - JSON is any value
        items = answer if isinstance(answer, list) else answer["output"]
        return [_call(item) for item in items if item["type"] == "function_call"]

    def _block(self, call: ModelCall, text: str, success: bool) -> Block:  # noqa: ARG002, FBT001 - there is no flag
        return {"type": "function_call_output", "call_id": call.id, "output": text}


def _call(item: dict[str, Any]) -> ModelCall:
    if item.get("status") in {"in_progress", "incomplete"}:
        return ModelCall.cut_off(item["call_id"], item["name"])
    return ModelCall.of_text(item["call_id"], item["name"], item.get("arguments"))
