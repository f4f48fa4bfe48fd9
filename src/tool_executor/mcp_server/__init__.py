"""The deployment's tools by the Model Context Protocol, on standard input and output or on HTTP. Needs the extra "mcp".

``tool-executor mcp`` serves it. A program with an ASGI server of its own takes :func:`asgi_app`, one with other
transports :func:`server_of`.
"""

from tool_executor.mcp_server import extra  # first: whoever lacks the packages is told so
from tool_executor.mcp_server.executions import DeployedExecutions
from tool_executor.mcp_server.http_app import asgi_app
from tool_executor.mcp_server.server import server_of

__all__ = ["DeployedExecutions", "asgi_app", "extra", "server_of"]
