"""`tool-executor validate` as a user meets it: what a request takes, or everything that is wrong with it. No cloud."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.conftest import Shell
from tool_contract.limits import (
    MAX_HISTORY_EVENTS,
    MAX_PLAN_BYTES,
    MAX_REQUEST_BYTES,
    MAX_REQUEST_BYTES_BY_REFERENCE,
)

if TYPE_CHECKING:
    from pathlib import Path

CALL: dict[str, Any] = {"tool_name": "forecast_demand", "input": {"product_code": "P001", "warehouse_code": "WH001"}}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A shell on a machine where AWS was never set up."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nothing = {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path), "AWS_CONFIG_FILE": os.devnull}
    return Shell({**environment, **nothing, "COLUMNS": "160"})


def _told(shell: Shell, *calls: dict[str, Any], options: tuple[str, ...] = (), **request: Any) -> Any:
    given = json.dumps({"calls": list(calls), **request})
    return shell.json("tool-executor", "validate", "-", "--json", *options, given=given)


def _refused(shell: Shell, *calls: dict[str, Any], **request: Any) -> dict[str, Any]:
    given = json.dumps({"calls": list(calls), **request})
    said = shell.run("tool-executor", "validate", "-", "--json", given=given, code=2)
    told: dict[str, Any] = json.loads(said.splitlines()[0])
    return told


def test_a_valid_request_is_told_with_what_it_takes(shell: Shell) -> None:
    said = shell.run("tool-executor", "validate", "examples/morning_check.json")

    assert "valid: 13 calls, parallel" in said
    for row in ("bytes of the request", "bytes of the plan", "history events", "state transitions", "US dollars"):
        assert row in said
    for limit in (MAX_REQUEST_BYTES_BY_REFERENCE, MAX_PLAN_BYTES, MAX_HISTORY_EVENTS):
        assert f"{limit:,}" in said
    assert "Not in them: Lambda, DynamoDB" in said


def test_with_json_the_figures_are_for_machines(shell: Shell) -> None:
    told = _told(shell, CALL, {**CALL, "max_retries": 0, "fallbacks": [{**CALL, "max_retries": 1}]}, mode="sequence")

    assert (told["valid"], told["calls"], told["mode"], told["tools"]) == (True, 2, "sequence", ["forecast_demand"])
    assert told["happy"] == {"attempts": 2, "state_transitions": 5, "cost_usd": 0.000125}
    # The first call: one and three retries; the second: one, a fallback, its retry; then the sequence stops.
    assert told["worst"] == {"attempts": 7, "state_transitions": 3 + 10 + 6 + 3, "cost_usd": 0.00055}
    assert told["request_bytes"]["limit"] == MAX_REQUEST_BYTES_BY_REFERENCE
    assert told["plan_bytes"]["value"] < told["plan_bytes"]["limit"]
    assert "Lambda" in told["not_in_cost"]


def test_what_the_planner_refuses_for_its_size_is_refused_with_the_limit_and_what_fits(shell: Shell) -> None:
    large = {**CALL, "max_retries": 10, "fallbacks": [{**CALL, "max_retries": 10}] * 5}

    (detail,) = _refused(shell, *[large] * 100)["details"]

    assert detail["pointer"] == "/calls"
    assert f"{MAX_HISTORY_EVENTS:,} fit" in detail["message"]
    fits = int(detail["hint"].split()[2])
    assert _told(shell, *[large] * fits)["valid"]


def test_250_calls_with_two_candidates_and_three_retries_fit_and_251_do_not(shell: Shell) -> None:
    call = {**CALL, "max_retries": 3, "fallbacks": [{**CALL, "max_retries": 3}]}

    assert _told(shell, *[call] * 250)["worst_case_events"]["value"] <= MAX_HISTORY_EVENTS
    (detail,) = _refused(shell, *[call] * 251)["details"]
    assert (detail["pointer"], "250" in detail["message"]) == ("/calls", True)


def test_a_request_that_is_too_large_for_step_functions_is_told_to_go_by_s3(shell: Shell) -> None:
    request = {"calls": [{**CALL, "metadata": {"note": "x" * 2_000}}] * 150}

    told = _told(shell, *request["calls"])
    said = shell.run("tool-executor", "validate", "-", given=json.dumps(request))

    assert (told["valid"], told["by_s3"]) == (True, True)
    assert MAX_REQUEST_BYTES < told["request_bytes"]["value"] < told["request_bytes"]["limit"]
    assert "sends the request by S3" in said
    assert _told(shell, CALL)["by_s3"] is False


def test_a_request_that_is_too_large_for_s3_too_is_refused(shell: Shell) -> None:
    codes = [f"{number:0>40}" for number in range(500)]
    one = {"tool_name": "calculate_reorder_points", "input": {"warehouse_code": "WH001", "product_codes": codes}}

    (detail,) = _refused(shell, *[{**one, "max_retries": 0, "fallbacks": [one]}] * 150)["details"]

    assert (detail["pointer"], detail["error_code"]) == ("", "InvalidRequest")
    assert f"{MAX_REQUEST_BYTES_BY_REFERENCE:,} fit" in detail["message"]


def test_the_options_of_a_stage_count_where_request_and_tool_are_silent(shell: Shell, tmp_path: Path) -> None:
    spec = shell.json("tool-executor", "tools", "forecast_demand", "--json")
    silent = {**spec, "max_retries": None, "timeout_seconds": None, "name": "silent"}
    catalog, options = tmp_path / "catalog.json", tmp_path / "options.json"
    catalog.write_text(json.dumps({"tools": [silent]}), encoding="utf-8")
    options.write_text('{"max_retries": 1}', encoding="utf-8")
    call = {**CALL, "tool_name": "silent"}
    with_catalog = ("--catalog", str(catalog))

    assert _told(shell, call, options=with_catalog)["worst"]["attempts"] == 4
    assert _told(shell, call, options=(*with_catalog, "--options", str(options)))["worst"]["attempts"] == 2
    assert "the stage's" in shell.run("tool-executor", "tools", "silent", *with_catalog)


def test_options_that_cannot_be_used_are_named_all_at_once(shell: Shell, tmp_path: Path) -> None:
    options = tmp_path / "options.json"
    options.write_text('{"max_retries": -1, "MaxRetries": 1}', encoding="utf-8")

    said = shell.run("tool-executor", "validate", "examples/morning_check.json", "--options", str(options), code=2)

    assert "/max_retries" in said
    assert "Did you mean 'max_retries'" in said
    assert "Traceback" not in said


def test_of_a_plan_it_tells_which_value_comes_from_where(shell: Shell) -> None:
    said = shell.run("tool-executor", "validate", "examples/worst_risk.json")
    told = shell.json("tool-executor", "validate", "examples/worst_risk.json", "--json")

    assert "Earlier results in inputs" in said
    assert "risks /risks/0/product_code" in said
    assert told["references"][0] == {
        "call_id": "forecast",
        "candidate": 0,
        "input": "/product_code",
        "from": "risks",
        "pointer": "/risks/0/product_code",
        "gives": "text",
        "needs": "text",
        "may_fail_for": [],
    }


def test_a_plan_that_can_never_work_is_refused_with_the_place_and_what_was_meant(shell: Shell) -> None:
    risks = {"call_id": "risks", "tool_name": "identify_stockout_risks", "input": {"warehouse_code": "WH001"}}
    code = {"$from": "risks", "pointer": "/risks/0/product_cod"}

    told = _refused(shell, risks, {**CALL, "input": {**CALL["input"], "product_code": code}}, mode="sequence")

    (problem,) = told["details"]
    assert problem["pointer"] == "/calls/1/input/product_code/pointer"
    assert problem["hint"] == "Did you mean 'product_code'?"
