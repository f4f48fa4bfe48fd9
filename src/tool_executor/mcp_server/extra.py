"""The one place that finds out whether the extra "mcp" is there: whoever lacks it is told what to install."""

from __future__ import annotations

from tool_executor.mcp_server.errors import McpMissingError

try:
    import mcp
    import mcp_types
    import starlette
    import uvicorn
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] not in {"mcp", "mcp_types", "starlette", "uvicorn"}:
        raise
    raise McpMissingError(
        f"Serving MCP needs the package {error.name!r}.", hint="Install it, in a checkout: pip install '.[mcp]'"
    ) from None

__all__ = ["mcp", "mcp_types", "starlette", "uvicorn"]
