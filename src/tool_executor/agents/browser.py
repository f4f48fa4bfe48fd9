"""The agent of the browser tools."""

from __future__ import annotations

from typing import ClassVar

from tool_executor.agents.base import BaseAgent


class BrowserAgent(BaseAgent):
    """Runs the tools of the group ``browser``.

    No deployment has browser tools yet: until one has, the planner refuses each call (ToolNotFoundError), and without
    an executor the answer is a failure that says that there is no such function (``Misconfigured``).
    """

    function_name: ClassVar[str | None] = "browser-lambda"
