"""What can go wrong with an agent framework."""

from __future__ import annotations

from tool_executor.errors import ToolExecutorError


class FrameworkMissingError(ToolExecutorError):
    """The framework's package is not installed."""

    code = "FrameworkMissing"


def missing(package: str, extra: str) -> FrameworkMissingError:
    """Return the error that tells what to install."""
    hint = f"Install it, in a checkout: pip install '.[{extra}]'"
    return FrameworkMissingError(f"These tools need the package {package}.", hint=hint)
