"""What a client learns of the tools: names, schemas, marks, and the server's own two."""

from __future__ import annotations

import asyncio
import io
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import jsonschema
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.shared.tool_name_validation import validate_tool_name

from tests.unit.mcp_server.fake_executions import TOOLS, FakeExecutions, answering, tool
from tool_contract.catalog import Catalog, load_catalog
from tool_executor.errors import ServiceError
from tool_executor.mcp_server import server_of
from tool_executor.mcp_server.deployed_tools import FRESH_SECONDS, DeployedTools
from tool_executor.mcp_server.offered import chosen
from tool_executor.mcp_server.output_shape import output_schema, structured
from tool_executor.planner_catalog import deployed_catalog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tool_executor.aws import Aws


def listed(executions: FakeExecutions, *patterns: str, secrets: Mapping[str, str] | None = None) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        async with Client(server_of(executions, patterns, secrets)) as client:
            return {tool.name: tool for tool in (await client.list_tools()).tools}

    return asyncio.run(ask())


def offering(catalog: Catalog, **how: Any) -> FakeExecutions:
    return FakeExecutions(answering(), tools=catalog, **how)


def test_every_tool_of_the_catalog_is_listed_with_its_schemas_and_marks() -> None:
    tools = listed(offering(TOOLS))
    assert list(tools) == ["count_text", "put_text", "say_text", "run_batch", "get_execution"]
    for spec in TOOLS.tools:
        told = tools[spec.name]
        assert (told.input_schema, told.description) == (spec.input_schema, spec.description)
        marks = told.annotations
        assert marks.read_only_hint is spec.annotations.read_only
        assert marks.idempotent_hint is spec.annotations.idempotent
        assert marks.destructive_hint is spec.annotations.destructive
        assert marks.open_world_hint is spec.annotations.open_world
    assert tools["say_text"].title == "Say text"
    assert tools["say_text"].output_schema == TOOLS.by_name["say_text"].output_schema


def test_a_tool_that_takes_a_secret_offers_the_names_that_may_be_said() -> None:
    def offered(told: Any) -> Any:
        return told.input_schema["properties"]["password"]["anyOf"][0]["properties"]["secret_ref"].get("enum")

    assert offered(listed(offering(TOOLS))["say_text"]) is None
    named = listed(offering(TOOLS), secrets={"shop": "shop/login", "bank": "bank"})
    assert offered(named["say_text"]) == ["bank", "shop"]
    assert offered(listed(offering(TOOLS))["say_text"]) is None, "the catalog's own schema was changed"


def test_the_tools_that_are_shipped_have_names_and_schemas_that_mcp_takes() -> None:
    for name, told in listed(offering(load_catalog())).items():
        assert validate_tool_name(name).is_valid
        for schema in (told.input_schema, told.output_schema):
            assert schema["type"] == "object"
            jsonschema.Draft202012Validator.check_schema(schema)


def test_an_answer_that_is_no_object_stands_in_one_and_its_definitions_stay_at_the_root() -> None:
    schema = {"$defs": {"Item": {"type": "string"}}, "type": "array", "items": {"$ref": "#/$defs/Item"}}
    told = output_schema(schema)
    jsonschema.validate(structured(["a"], schema), told)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(structured([1], schema), told)
    assert structured(None, {"type": "null"}) == {"result": None}
    assert structured({"a": 1}, {"anyOf": [{"type": "object"}, {"type": "null"}]}) == {"result": {"a": 1}}


def test_only_tools_whose_names_match_a_pattern_are_offered_in_batches_too() -> None:
    tools = listed(offering(TOOLS), "*_text", "nothing")
    assert "say_text" in tools
    tools = listed(offering(TOOLS), "say_*")
    assert list(tools) == ["say_text", "run_batch", "get_execution"]
    assert tools["run_batch"].input_schema["$defs"]["CallRequest"]["properties"]["tool_name"]["enum"] == ["say_text"]


def test_run_batch_is_marked_as_cautiously_as_the_worst_tool_that_it_may_run() -> None:
    marks = listed(offering(TOOLS))["run_batch"].annotations
    assert (marks.read_only_hint, marks.idempotent_hint, marks.destructive_hint) == (False, True, True)
    marks = listed(offering(chosen(TOOLS, ["say_text"])))["run_batch"].annotations
    assert (marks.read_only_hint, marks.destructive_hint, marks.open_world_hint) == (True, False, False)


def test_run_batch_takes_a_request_without_a_caller_and_waits_unless_told_otherwise_where_it_can() -> None:
    schema = listed(offering(TOOLS))["run_batch"].input_schema
    assert {"calls", "mode", "wait", "timeout_seconds"} <= schema["properties"].keys()
    assert "caller" not in schema["properties"]
    assert "wait" not in listed(offering(TOOLS, can_be_left=False))["run_batch"].input_schema["properties"]


def test_a_tool_of_the_deployment_keeps_a_name_that_the_server_would_use() -> None:
    catalog = Catalog(tools=(*TOOLS.tools, tool("run_batch")))
    assert listed(offering(catalog))["run_batch"].description == "Do what run_batch does."


def test_a_cursor_is_refused_for_there_is_one_page() -> None:
    async def ask() -> None:
        async with Client(server_of(offering(TOOLS))) as client:
            with pytest.raises(MCPError, match="one page"):
                await client.list_tools(cursor="2")

    asyncio.run(ask())


def test_while_a_slow_planner_is_asked_anew_once_everybody_has_the_old_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tool_executor.mcp_server.deployed_tools._PATIENCE_SECONDS", 0.01)
    now, executions, asked, answers = [100.0], offering(TOOLS), [0], asyncio.Event()
    tools = DeployedTools(executions, now=lambda: now[0])

    async def slow() -> Catalog:
        asked[0] += 1
        await answers.wait()
        return chosen(TOOLS, ["say_text"])

    async def ask() -> tuple[list[int], int]:
        await tools.catalog()
        now[0] += FRESH_SECONDS
        executions.catalog = slow  # type: ignore[method-assign]
        async with asyncio.timeout(5):
            old = await asyncio.gather(*(tools.catalog() for _ in range(3)))
            old.append(await tools.catalog())
            answers.set()
            for _ in range(10):  # steps of the task that asks
                await asyncio.sleep(0)
        return [len(one.tools) for one in old], len((await tools.catalog()).tools)

    assert asyncio.run(ask()) == ([3, 3, 3, 3], 1)
    assert asked == [1]


@pytest.mark.parametrize("told", [b'{"tools": [{"name": "of a later release"}]}', b'{"tools": 3}', b"no JSON"])
def test_a_catalog_that_this_release_cannot_read_is_an_error_with_a_hint(told: bytes) -> None:
    answer = {"Payload": io.BytesIO(told)}
    aws = cast("Aws", SimpleNamespace(functions=SimpleNamespace(invoke=lambda **_: answer)))
    with pytest.raises(ServiceError, match="cannot be read") as unreadable:
        deployed_catalog(aws, "planner")
    assert "release" in str(unreadable.value.hint)


def test_the_tools_are_asked_for_again_after_a_minute_and_kept_where_nobody_can_tell() -> None:
    now, executions = [100.0], offering(TOOLS)
    tools = DeployedTools(executions, now=lambda: now[0])

    async def gone() -> Catalog:
        raise ServiceError("AWS could not be called.")

    async def ask() -> list[Catalog]:
        answers = [await tools.catalog(), await tools.catalog()]
        now[0] += FRESH_SECONDS
        executions.tools = chosen(TOOLS, ["say_text"])
        answers.append(await tools.catalog())
        now[0] += FRESH_SECONDS
        executions.catalog = gone  # type: ignore[method-assign]
        return [*answers, await tools.catalog()]

    first, again, later, last = asyncio.run(ask())
    assert (len(first.tools), len(again.tools), len(later.tools), len(last.tools)) == (3, 3, 1, 1)
    assert executions.catalogs_asked == 2
