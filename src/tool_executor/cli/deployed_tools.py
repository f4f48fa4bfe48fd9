"""Names of tools that a person types: completed from the catalog at hand, looked up in the deployment's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tool_executor.errors import ToolNotFoundError
from tool_executor.planner_catalog import deployed_catalog

if TYPE_CHECKING:
    from tool_executor.cli.where import Where


def require_tool(where: Where, name: str) -> None:
    """Refuse a name that the deployment's catalog does not have, with close names. Raises ToolNotFoundError.

    For lists that turned out empty: a tool that is gone from the catalog still has its history.
    """
    catalog = deployed_catalog(where.aws, where.deployment.planner_function)
    if name not in catalog.by_name:
        problem = catalog.unknown_tool(name)
        raise ToolNotFoundError(problem.message, [problem.as_detail()], hint=problem.hint)
