"""A target's schema file: what AgentCore's own model takes, and nothing that a tool's schema says is lost."""

from __future__ import annotations

import json

import pytest
from botocore.session import Session
from botocore.validate import ParamValidator
from typer.testing import CliRunner

from tool_contract.catalog import load_catalog
from tool_executor.cli.main import app
from tool_executor.model_apis.gateway_target import _definition, gateway_tools

GROUPS = sorted({spec.group for spec in load_catalog().tools})


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_is_a_target_that_agentcore_takes(group: str) -> None:
    model = Session().get_service_model("bedrock-agentcore-control").operation_model("CreateGatewayTarget")
    target = {
        "lambdaArn": "arn:aws:lambda:us-east-1:123456789012:function:tool-executor-dev-inventory-optimizer",
        "toolSchema": {"inlinePayload": gateway_tools(load_catalog(), group)},
    }
    request = {
        "gatewayIdentifier": "tools-0123456789",
        "name": "inventory",
        "clientToken": "t" * 33,
        "targetConfiguration": {"mcp": {"lambda": target}},
    }
    report = ParamValidator().validate(request, model.input_shape)
    assert not report.has_errors(), report.generate_report()


def test_what_the_gateways_schemas_cannot_say_stands_in_the_description() -> None:
    (tool,) = [one for one in gateway_tools(load_catalog(), "inventory-optimizer") if one["name"] == "forecast_demand"]
    assert tool["inputSchema"]["required"] == ["product_code", "warehouse_code"]
    assert tool["inputSchema"]["properties"]["horizon_days"] == {
        "type": "integer",
        "description": "Days to forecast. (default: 28; maximum: 180; minimum: 1)",
    }


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"enum": ["a", "b"]}, {"type": "string", "description": '(one of "a", "b")'}),
        ({"const": 3}, {"type": "integer", "description": "(one of 3)"}),
        ({}, {"type": "object"}),
        (True, {"type": "object", "description": "(any value)"}),
        (
            {"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}], "description": "D."},
            {"type": "integer", "description": "D. (or string, or null, by other routes)"},
        ),
        (
            {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None, "description": "D."},
            {"type": "integer", "description": "D."},
        ),
        ({"type": "array", "prefixItems": [{"type": "number"}]}, {"type": "array", "items": {"type": "number"}}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"type": "object"}),
        ({"$ref": "#/$defs/Node"}, {"type": "object"}),
    ],
)
def test_a_schema_becomes_the_nearest_one_that_the_gateway_knows(schema: object, told: dict[str, object]) -> None:
    assert _definition(schema) == told


def test_the_command_writes_the_file() -> None:
    ran = CliRunner().invoke(app, ["tools", "--gateway-schema", "browser"])
    assert ran.exit_code == 0
    assert json.loads(ran.output) == gateway_tools(load_catalog(), "browser")


def test_the_command_takes_no_tool_beside_the_group() -> None:
    assert CliRunner().invoke(app, ["tools", "click", "--gateway-schema", "browser"]).exit_code == 2
