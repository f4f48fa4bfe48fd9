"""From the catalog to MCP's list of tools."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import mcp_types as types

from tool_contract.catalog import Catalog
from tool_contract.secret import SECRET_REF, is_marked
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


def offered_tool(spec: ToolSpec, secret_names: Sequence[str] = ()) -> types.Tool:
    """Return a tool as MCP lists it. Its name is one of MCP's by the contract's own pattern.

    Where it takes a secret, its schema offers ``secret_names``, if there are any.
    """
    title = title_of(spec.name)
    return types.Tool(
        name=spec.name,
        title=title,
        description=spec.description,
        input_schema=_naming(spec.input_schema, secret_names) if secret_names else spec.input_schema,
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


def _naming(schema: Any, secret_names: Sequence[str]) -> Any:  # noqa: ANN401 - any part of a schema
    if isinstance(schema, list):
        return [_naming(part, secret_names) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if is_marked(schema):
        return {**schema, "properties": {SECRET_REF: {"type": "string", "enum": list(secret_names)}}}
    return {key: _naming(part, secret_names) for key, part in schema.items()}


def _hints(title: str, mark: ToolAnnotations) -> types.ToolAnnotations:
    return types.ToolAnnotations(
        title=title,
        read_only_hint=mark.read_only,
        idempotent_hint=mark.idempotent,
        destructive_hint=mark.destructive,
        open_world_hint=mark.open_world,
    )
