"""What the shell offers where a tool's name is typed."""

from __future__ import annotations

from tool_contract.catalog import load_catalog


def tool_names(incomplete: str) -> list[str]:
    """Return the tools of the catalog at hand that begin so: the shell does not wait for a deployment's."""
    return sorted(name for name in load_catalog().by_name if name.startswith(incomplete))
