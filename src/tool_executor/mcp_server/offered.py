"""From the catalog to MCP's list of tools."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import mcp_types as types

from tool_contract.catalog import Catalog
from tool_executor.errors import ToolNotFoundError
from tool_executor.mcp_server.output_shape import output_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tool_contract.tool_spec import ToolAnnotations, ToolSpec


def chosen(catalog: Catalog, patterns: Sequence[str]) -> Catalog:
    """Return the part of a catalog whose names match one of the patterns (``*``, ``?``, ``[...]``); all without any."""
    if not patterns:
        return catalog
    tools = tuple(spec for spec in catalog.tools if any(fnmatchcase(spec.name, pattern) for pattern in patterns))
    return Catalog(tools=tools)


def check_patterns(catalog: Catalog, patterns: Sequence[str]) -> None:
    """Refuse a pattern that no tool's name matches. Raises ToolNotFoundError."""
    for pattern in patterns:
        if not any(fnmatchcase(spec.name, pattern) for spec in catalog.tools):
            problem = catalog.unknown_tool(pattern, "/tool")
            raise ToolNotFoundError(problem.message, [problem.as_detail()], hint=problem.hint)


def offered_tool(spec: ToolSpec) -> types.Tool:
    """Return a tool as MCP lists it. Its name is one of MCP's by the contract's own pattern."""
    title = title_of(spec.name)
    return types.Tool(
        name=spec.name,
        title=title,
        description=spec.description,
        input_schema=spec.input_schema,
        output_schema=output_schema(spec.output_schema),
        annotations=_hints(title, spec.annotations),
    )


def title_of(name: str) -> str:
    """Return a tool's name as people write it."""
    return name.replace("_", " ").capitalize()


def hints_of_any(title: str, tools: Iterable[ToolSpec]) -> types.ToolAnnotations:
    """Return the hints of something that may run any of these tools: as cautious as the worst of them."""
    marks = [spec.annotations for spec in tools]
    return types.ToolAnnotations(
        title=title,
        read_only_hint=all(mark.read_only for mark in marks),
        idempotent_hint=all(mark.repeatable for mark in marks),
        destructive_hint=any(mark.destructive for mark in marks),
        open_world_hint=any(mark.open_world for mark in marks),
    )


def _hints(title: str, mark: ToolAnnotations) -> types.ToolAnnotations:
    return types.ToolAnnotations(
        title=title,
        read_only_hint=mark.read_only,
        idempotent_hint=mark.idempotent,
        destructive_hint=mark.destructive,
        open_world_hint=mark.open_world,
    )
