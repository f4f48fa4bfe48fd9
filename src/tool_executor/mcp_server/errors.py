"""What can go wrong with serving MCP, apart from the tools.

The exceptions::

    McpServerError (a ToolExecutorError)
    ├── McpMissingError       the extra "mcp" is not installed; an ImportError, too
    ├── TokenUnusableError    the bearer token cannot be read, or is none
    └── AddressUnusableError  it cannot be served there, or must not be unless somebody says so
"""

from __future__ import annotations

from tool_executor.errors import ToolExecutorError


class McpServerError(ToolExecutorError):
    """Root of what goes wrong with serving MCP."""

    code = "McpServerError"


class McpMissingError(McpServerError, ImportError):
    """The SDK of MCP is not installed."""

    code = "PackageMissing"


class TokenUnusableError(McpServerError):
    """The bearer token cannot be read, or is none."""

    code = "TokenUnusable"


class AddressUnusableError(McpServerError):
    """It cannot be served at that address, or must not be unless somebody says so."""

    code = "AddressUnusable"
