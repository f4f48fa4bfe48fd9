"""A picture that a browser tool kept reaches an MCP client's model as a picture."""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

from mcp import Client

from tool_executor.configuration import ConfigurationManager
from tool_executor.mcp_server import DeployedExecutions, server_of

if TYPE_CHECKING:
    from tests.local.browser_tools.conftest import Browsing


def test_a_batch_in_sequence_works_on_one_page_and_shows_its_picture(browsing: Browsing) -> None:
    deployed = browsing.deployed
    executions = DeployedExecutions.of(ConfigurationManager(environment={}), deployed.aws, deployed.deployment)
    calls = [
        {"tool_name": "navigate", "input": {"url": f"{browsing.site.origin}/form"}},
        {"tool_name": "take_screenshot", "input": {}},
    ]

    async def use() -> Any:
        async with Client(server_of(executions)) as client:
            return await client.call_tool("run_batch", {"mode": "sequence", "calls": calls})

    answer = asyncio.run(use())
    assert [one["status"] for one in answer.structured_content["results"]] == ["success", "success"]
    text, picture = answer.content
    assert (text.type, picture.type, picture.mime_type) == ("text", "image", "image/png")
    assert base64.b64decode(picture.data).startswith(b"\x89PNG")
