"""A group that no stage deploys: it stands for one that a test adds."""

from __future__ import annotations

from lambdas.runtime.tool_group import ToolGroup

tools = ToolGroup("echo")


@tools.tool(read_only=True, open_world=False, timeout_seconds=5)
def echo_text(text: str) -> str:
    """Return the text."""
    return text


lambda_handler = tools.lambda_handler
