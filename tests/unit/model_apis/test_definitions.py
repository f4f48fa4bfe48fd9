"""The catalog as each API takes it: judged by botocore's model, and by the types of the other two's SDKs."""

from __future__ import annotations

import asyncio
import copy
import re
from typing import Any

import pytest
from anthropic.lib._parse._transform import transform_schema
from jsonschema import Draft202012Validator
from openai.lib._pydantic import _ensure_strict_json_schema

from tests.unit.model_apis.apis import ANTHROPIC, APIS, BEDROCK, OPENAI, Api
from tests.unit.model_apis.turn_executor import TurnExecutor
from tool_contract.catalog import Catalog, load_catalog
from tool_contract.tool_spec import ToolAnnotations, ToolSpec

EVERY_API = pytest.mark.parametrize("api", APIS.values(), ids=APIS)
OF_ANY_FORM: dict[str, Any] = {
    "$defs": {
        "Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "title": {"type": "string"}}}
    },
    "type": "object",
    "properties": {"first": {"$ref": "#/$defs/Node"}, "labels": {"type": "object", "additionalProperties": True}},
    "additionalProperties": False,
}


def definitions(api: Api, catalog: Catalog | None = None, **options: Any) -> list[Any]:
    executor = TurnExecutor(tools=catalog or load_catalog())
    return asyncio.run(api.tools(executor, **options).definitions())


def schema_of(definition: dict[str, Any]) -> Any:
    told = definition.get("toolSpec", definition)
    return told.get("input_schema") or told.get("parameters") or told["inputSchema"]["json"]


def tool(schema: dict[str, Any]) -> Catalog:
    spec = ToolSpec(
        name="t",
        group="g",
        description="d",
        input_schema=schema,
        output_schema={},
        annotations=ToolAnnotations(),
    )
    return Catalog(tools=(spec,))


@EVERY_API
@pytest.mark.parametrize("strict", [False, True])
def test_every_tool_of_the_catalog_is_a_definition_that_the_api_takes(api: Api, *, strict: bool) -> None:
    told = definitions(api, strict=strict)
    api.checked_definitions(told)
    names = [one.get("toolSpec", one)["name"] for one in told]
    assert names == [spec.name for spec in load_catalog().tools]
    assert all(re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name) for name in names)
    for one in told:
        Draft202012Validator.check_schema(schema_of(one))
        assert "x-" not in str(schema_of(one))
        assert "$" not in "".join(_keywords(schema_of(one)))


def _keywords(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [word for child in schema for word in _keywords(child)]
    return (
        [*schema, *(word for child in schema.values() for word in _keywords(child))] if isinstance(schema, dict) else []
    )


def test_openais_strict_form_is_what_its_sdk_would_make_of_it() -> None:
    for one in definitions(OPENAI, strict=True):
        assert one["strict"] is True
        schema = one["parameters"]
        assert _ensure_strict_json_schema(copy.deepcopy(schema), path=(), root=schema) == schema
        assert not {"minLength", "maxLength", "default"} & set(_keywords(schema))


@pytest.mark.parametrize("api", [BEDROCK, ANTHROPIC], ids=["bedrock", "anthropic"])
def test_anthropics_strict_form_is_what_its_sdk_would_make_of_it(api: Api) -> None:
    for one in definitions(api, strict=True):
        assert one.get("toolSpec", one)["strict"] is True
        schema = _without_types_of_enums(schema_of(one))
        assert transform_schema(copy.deepcopy(schema)) == schema


def _without_types_of_enums(schema: Any) -> Any:
    """The SDK leaves out the type of an enum's values; the API takes it."""
    if isinstance(schema, list):
        return [_without_types_of_enums(child) for child in schema]
    if not isinstance(schema, dict):
        return schema
    left_out = {"type"} if "enum" in schema else set()
    return {key: _without_types_of_enums(child) for key, child in schema.items() if key not in left_out}


def test_in_strict_mode_what_cannot_be_held_to_stands_in_the_description() -> None:
    (told,) = definitions(ANTHROPIC, names=["forecast_demand"], strict=True)
    horizon = told["input_schema"]["properties"]["horizon_days"]
    assert horizon == {
        "type": "integer",
        "description": "Days to forecast. (default: 28, maximum: 180, minimum: 1)",
    }
    (told,) = definitions(OPENAI, names=["forecast_demand"], strict=True)
    horizon = told["parameters"]["properties"]["horizon_days"]
    assert horizon["anyOf"][0]["maximum"] == 180
    assert horizon["anyOf"][1] == {"type": "null"}
    assert told["parameters"]["required"] == ["product_code", "warehouse_code", "horizon_days", "history_days"]


@EVERY_API
def test_a_schema_without_a_strict_form_is_offered_without_it(api: Api) -> None:
    (told,) = definitions(api, tool(OF_ANY_FORM), strict=True)
    api.checked_definitions([told])
    assert told.get("toolSpec", told).get("strict") in {None, False}
    assert schema_of(told)["properties"]["first"] == {"$ref": "#/$defs/Node"}
    assert schema_of(told)["$defs"]["Node"]["properties"]["title"] == {"type": "string"}


def test_references_are_written_out() -> None:
    schema = {
        "$defs": {"Code": {"type": "string", "description": "A code.", "title": "Code"}},
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/Code"}, "b": {"type": "array", "items": {"$ref": "#/$defs/Code"}}},
    }
    (told,) = definitions(ANTHROPIC, tool(schema))
    code = {"type": "string", "description": "A code."}
    assert told["input_schema"] == {
        "type": "object",
        "properties": {"a": code, "b": {"type": "array", "items": code}},
    }


def test_bedrocks_schemas_have_at_the_top_what_amazons_own_models_take() -> None:
    for one in definitions(BEDROCK):
        assert set(one["toolSpec"]["inputSchema"]["json"]) <= {"type", "properties", "required"}


def test_a_model_is_told_the_secrets_that_it_may_use_by_name() -> None:
    (told,) = definitions(ANTHROPIC, names=["type"], secrets={"shop": "shop/password"})
    text, secret = told["input_schema"]["properties"]["text"]["anyOf"]
    assert text["type"] == "string"
    assert secret["properties"] == {"secret_ref": {"type": "string", "enum": ["shop"]}}
    (told,) = definitions(ANTHROPIC, names=["type"])
    assert told["input_schema"]["properties"]["text"]["type"] == "string"
