"""What structured content looks like: MCP takes objects alone, and a tool may answer with any JSON."""

from __future__ import annotations

from typing import Any, Final

#: Where an answer stands that is no object.
WRAPPED: Final = "result"


def is_object(schema: dict[str, Any]) -> bool:
    """Whether every answer of a tool with this output schema is an object, and says so where MCP looks for it."""
    return schema.get("type") == "object"


def output_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a tool's structured content: its own, or that of an object which holds the answer."""
    if is_object(schema):
        return schema
    inner = {key: value for key, value in schema.items() if key != "$defs"}
    # References begin at the root of a schema, so that is where definitions must stay.
    definitions = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    return {
        **definitions,
        "type": "object",
        "properties": {WRAPPED: inner},
        "required": [WRAPPED],
        "additionalProperties": False,
    }


def structured(result: Any, schema: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - JSON is any value
    """Return an answer as structured content of :func:`output_schema`."""
    return result if is_object(schema) and isinstance(result, dict) else {WRAPPED: result}
