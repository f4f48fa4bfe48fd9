"""A group that no stage deploys: its tool leaves its whole policy to the stage."""

from __future__ import annotations

from lambdas.runtime.tool_group import ToolGroup

tools = ToolGroup("silent")


@tools.tool(read_only=True, open_world=False)
def say_nothing() -> None:
    """Say nothing."""


lambda_handler = tools.lambda_handler
