"""Writes the catalog from the code of the tool groups."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from lambdas.runtime.tool import ToolDefinitionError
from lambdas.runtime.tool_group import ToolGroup
from tool_contract.catalog import Catalog

if TYPE_CHECKING:
    from collections.abc import Mapping


def build_catalog(groups: Mapping[str, str]) -> dict[str, Any]:
    """Return the catalog of groups, given as ``{group's name: dotted path of its handler module}``, as plain JSON.

    Raises :class:`ToolDefinitionError` where a module holds no ToolGroup of that name or two groups share a tool.
    """
    specs = [tool.spec for name, module in groups.items() for tool in _group(name, module).tools]
    names = [spec.name for spec in specs]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"Two groups have a tool of the same name: {', '.join(twice)}."
        raise ToolDefinitionError(message)
    return Catalog(tools=tuple(specs)).to_json()


def _group(name: str, module: str) -> ToolGroup:
    for value in vars(import_module(module)).values():
        if isinstance(value, ToolGroup):
            if value.name == name:
                return value
            message = f"{module} holds the ToolGroup {value.name!r}; its settings call it {name!r}."
            raise ToolDefinitionError(message)
    message = f"{module} holds no ToolGroup."
    raise ToolDefinitionError(message)
