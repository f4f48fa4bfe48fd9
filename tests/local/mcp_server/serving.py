"""Ways to the MCP server: the command on standard input and output, the same application on HTTP in this process."""

from __future__ import annotations

import sys
import threading
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx2
import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.local.conftest import ROOT
from tool_executor.configuration import ConfigurationManager
from tool_executor.mcp_server import DeployedExecutions, asgi_app, server_of
from tool_executor.mcp_server.http_serving import Address, url_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from tests.local.conftest import Deployed

TOKEN = "a-token-of-the-tests"  # noqa: S105 - the tests' own
COMMAND = [sys.executable, "-m", "tool_executor.cli.main", "mcp"]


def command(deployed: Deployed, *options: str) -> StdioServerParameters:
    """The command as a host starts it."""
    arguments = [*COMMAND[1:], "--stage", deployed.stage, *options]
    return StdioServerParameters(command=COMMAND[0], args=arguments, env=deployed.environment, cwd=ROOT)


@dataclass
class Served:
    """A server on HTTP, and what a client hears of progress."""

    url: str
    token: str = TOKEN

    @asynccontextmanager
    async def client(self, mode: str = "auto") -> AsyncIterator[Client]:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {self.token}"}, timeout=60) as http,
            Client(streamable_http_client(self.url, http_client=http), mode=mode) as client,
        ):
            yield client


@contextmanager
def serving_http(deployed: Deployed, *, token_given: bool = False, **options: Any) -> Iterator[Served]:
    """Serve a deployment's tools in a thread; with ``token_given`` clients need not send the token."""
    configuration = ConfigurationManager(options, environment={})
    executions = DeployedExecutions.of(configuration, deployed.aws, deployed.deployment)
    app = asgi_app(server_of(executions), TOKEN)

    async def with_token(scope: Any, receive: Any, send: Any) -> None:
        given = [(b"authorization", f"Bearer {TOKEN}".encode())] if token_given and scope["type"] == "http" else []
        await app({**scope, "headers": [*scope.get("headers", ()), *given]}, receive, send)

    listening = Address().bound()
    server = uvicorn.Server(uvicorn.Config(with_token, log_config=None, timeout_graceful_shutdown=1, lifespan="on"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield Served(url_of(listening))
    finally:
        server.should_exit = True
        thread.join()


@dataclass
class Heard:
    """What a client hears of a call's progress."""

    told: list[tuple[float, str]] = field(default_factory=list)

    async def __call__(self, progress: float, _total: float | None, message: str | None) -> None:
        self.told.append((progress, message or ""))

    @property
    def execution_id(self) -> str:
        return self.told[0][1].split()[1]

    @property
    def has_begun(self) -> bool:
        """Whether an attempt is under way."""
        return any("attempt" in message for _, message in self.told)
