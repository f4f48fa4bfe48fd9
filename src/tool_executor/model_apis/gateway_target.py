"""A tool group as a target of Amazon Bedrock AgentCore Gateway: the tool definitions that the target is made with.

The gateway's schemas know ``type``, ``properties``, ``required``, ``items`` and ``description``. What else a tool's
schema says stands in the description, for the model; the tool checks it as ever.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from tool_executor.model_apis.offer import Offer
from tool_executor.model_apis.plain_schema import allows_null, plain_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_contract.catalog import Catalog
    from tool_executor.model_apis.plain_schema import Schema

_TYPES: Final = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}
_STRUCTURE: Final = frozenset(
    {
        "$defs",
        "$ref",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "description",
        "enum",
        "items",
        "oneOf",
        "prefixItems",
        "properties",
        "required",
        "type",
    }
)


def gateway_tools(catalog: Catalog, group: str) -> list[dict[str, Any]]:
    """Return the ToolDefinitions of a tool group: a target's ``inlinePayload``, or its schema file in S3.

    Raises InvalidRequestError where there is no such group.
    """
    return [
        {
            "name": spec.name,
            "description": spec.description,
            "inputSchema": _definition(plain_schema(spec.input_schema)),
        }
        for spec in Offer(groups=[group]).of(catalog).tools
    ]


def _definition(schema: Any, beside: Mapping[str, Any] | None = None) -> Schema:  # noqa: ANN401 - a JSON Schema
    """Return a SchemaDefinition; ``beside`` is what stands beside a choice of schemas, and holds for this one."""
    if not isinstance(schema, dict):
        return {"type": "object", "description": "(any value)"}
    whole = {**schema, **(beside or {})}
    branches = [one for word in ("anyOf", "oneOf", "allOf") for one in schema.get(word, ())]
    if branches:
        return _first(branches, {key: child for key, child in whole.items() if key not in {"anyOf", "oneOf", "allOf"}})
    told: Schema = {"type": _type(whole)}
    if "properties" in whole:
        told["properties"] = {name: _definition(child) for name, child in whole["properties"].items()}
    if whole.get("required"):
        told["required"] = list(whole["required"])
    items = whole.get("items", next(iter(whole.get("prefixItems", ())), None))
    if told["type"] == "array" and items is not None:
        told["items"] = _definition(items)
    description = _description(whole)
    return {**told, "description": description} if description else told


def _first(branches: list[Any], beside: Mapping[str, Any]) -> Schema:
    """Return the first thing that may be given: the gateway knows no choice."""
    values = [one for one in branches if one.get("type") != "null"]
    chosen = _definition(values[0] if values else {"type": "string"}, beside)
    notes = [f"or {_type(other)}" for other in values[1:]]
    notes += ["or null"] if any(allows_null(one) for one in branches) and "default" not in beside else []
    if notes:
        chosen["description"] = f"{chosen.get('description', '')} ({', '.join(notes)}, by other routes)".strip()
    return chosen


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type")
    if isinstance(kind, str) and kind != "null":
        return kind
    values = schema["enum"] if "enum" in schema else [schema["const"]] if "const" in schema else [{}]
    return _TYPES.get(type(values[0]), "string")


def _description(schema: Mapping[str, Any]) -> str:
    said = [f"{word}: {_text(child)}" for word, child in schema.items() if _is_told(word, child)]
    if "enum" in schema or "const" in schema:
        values = schema["enum"] if "enum" in schema else [schema["const"]]
        said.insert(0, f"one of {', '.join(_text(value) for value in values)}")
    return " ".join([*filter(None, [schema.get("description")]), *([f"({'; '.join(said)})"] if said else [])])


def _is_told(word: str, value: object) -> bool:
    return word not in _STRUCTURE and (word, value) != ("default", None)


def _text(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
