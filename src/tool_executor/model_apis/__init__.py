"""Models' own words for tools: definitions made of the catalog, tool calls run as one execution, result blocks back.

One class for each API: :class:`BedrockConverseTools`, :class:`AnthropicMessagesTools`, :class:`OpenAIResponsesTools`.
None needs the provider's SDK: they take and return what goes over the wire, and take SDK objects as well.
"""

from tool_executor.model_apis.anthropic_messages import AnthropicMessagesTools
from tool_executor.model_apis.bedrock_converse import BedrockConverseTools
from tool_executor.model_apis.openai_responses import OpenAIResponsesTools

__all__ = ["AnthropicMessagesTools", "BedrockConverseTools", "OpenAIResponsesTools"]
