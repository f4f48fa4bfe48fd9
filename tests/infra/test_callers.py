"""A stage's policies for its callers: read and checked at synth, carried by the planner, granted what they take."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from infra import settings
from infra.caller_settings import CALLERS, check_tools, read_callers
from infra.errors import SettingsError
from infra.settings import ROOT, STAGES, read_deployment
from tests.infra.assembly import actions, resources, run_app
from tests.infra.conftest import CALLERS as POLICIES
from tests.infra.test_workflow import _problems
from tool_contract.caller_policy import CallerPolicies

if TYPE_CHECKING:
    from pathlib import Path

    from tests.infra.assembly import Assembly


def _on(assembly: Assembly, function: str, output: str) -> set[str]:
    """What a function may do to the table of an output."""
    name = assembly.outputs[output]
    statements = assembly.statements(assembly.functions[function]["Role"])
    return {
        action
        for statement in statements
        for action in actions(statement)
        if any(resource.endswith(f"/{name}") for resource in resources(statement))
    }


def test_without_a_file_nobody_is_limited_in_any_stage() -> None:
    for stage in STAGES:
        assert read_deployment({"stage": stage.name}.get).callers == CallerPolicies()


def test_a_stage_names_its_file_and_the_context_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.json").write_text(json.dumps({"callers": {name: {}}}), "utf-8")
    monkeypatch.setattr(settings, "STAGES", (replace(STAGES[0], callers="a.json"),))

    assert set(read_deployment(lambda _key: None, root=tmp_path).callers.callers) == {"a"}
    assert set(read_deployment({"callers": "b.json"}.get, root=tmp_path).callers.callers) == {"b"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "The callers' file 'c.json' cannot be read: No such file or directory."),
        ("{", "The callers' file 'c.json' cannot be used: "),
        ("\udcff", "The callers' file 'c.json' cannot be used: "),
        ('{"caller": {}}', "/caller: This field is not known. Did you mean 'callers' or 'require_caller'?"),
        ('{"default": {"max_open_calls": 1001}}', "/default/max_open_calls: "),
        ('{"callers": {"a b": {"entrance": true}}}', "a caller with an entrance is named by up to 32 of"),
        ('{"default": {"entrance": true}}', "can have no entrance"),
        ('{"require_caller": true}', "refuses everybody"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(tmp_path: Path, text: str | None, sentence: str) -> None:
    if text is not None:
        (tmp_path / "c.json").write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(SettingsError) as raised:
        read_callers("c.json", root=tmp_path)

    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_what_is_no_path_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"^callers must be the path of a JSON file\.$"):
        read_callers({"callers": {}}, root=ROOT)


def test_a_misspelt_tool_is_refused_with_the_tool_that_may_be_meant() -> None:
    catalog = (ROOT / "src/tool_contract/catalog.json").read_bytes()
    misspelt = CallerPolicies.from_json('{"default": {"allowed_tools": ["forecast_demands"]}}')

    with pytest.raises(SettingsError, match=r"/default/allowed_tools/0: .* Did you mean 'forecast_demand'\?"):
        check_tools(misspelt, catalog)


def test_a_synth_that_is_refused_ends_with_the_sentence_alone(tmp_path: Path) -> None:
    (tmp_path / "c.json").write_text('{"default": {"allowed_tools": ["nothing"]}}', "utf-8")

    done = run_app(tmp_path / "out", {"target": "local", "callers": str(tmp_path / "c.json")})

    assert done.returncode != 0
    assert "No tool is meant by 'nothing'." in done.stderr
    assert "Traceback" not in done.stderr


def test_the_planners_zip_carries_the_policies_and_no_other_does(limited: Assembly) -> None:
    text = (limited.zip_folder("planner") / CALLERS).read_bytes()

    assert CallerPolicies.from_json(text) == CallerPolicies.from_json(json.dumps(POLICIES))
    assert not (limited.zip_folder("finisher") / CALLERS).exists()


def test_a_stage_without_policies_carries_those_that_limit_nobody(dev: Assembly) -> None:
    assert CallerPolicies.from_json((dev.zip_folder("planner") / CALLERS).read_bytes()) == CallerPolicies()


def test_the_planner_may_count_and_the_finisher_give_back_only_where_that_is_asked_for(
    limited: Assembly, without_browser: Assembly
) -> None:
    assert _on(limited, "planner", "ToolStateTable") == {"dynamodb:GetItem", "dynamodb:PutItem"}
    assert _on(limited, "planner", "HistoryTable") == {"dynamodb:GetItem", "dynamodb:PutItem"}
    assert "dynamodb:UpdateItem" in _on(limited, "finisher", "ToolStateTable")

    assert _on(without_browser, "planner", "ToolStateTable") == set()
    assert _on(without_browser, "planner", "HistoryTable") == {"dynamodb:PutItem"}
    assert "dynamodb:UpdateItem" not in _on(without_browser, "finisher", "ToolStateTable")


def test_tools_share_their_cache_only_where_the_stage_says_so(limited: Assembly, dev: Assembly) -> None:
    def shares(assembly: Assembly, name: str) -> Any:
        return assembly.functions[name]["Environment"]["Variables"].get("SHARE_CACHE")

    assert {shares(limited, name) for name in ("browser", "inventory-optimizer")} == {"true"}
    assert {shares(dev, name) for name in dev.functions} == {None}


def _machines(assembly: Assembly) -> dict[str, dict[str, Any]]:
    return {each["StateMachineName"]: each for each in assembly.of_type("AWS::StepFunctions::StateMachine")}


def test_a_caller_with_an_entrance_has_a_machine_that_starts_the_stages_own_as_this_caller(limited: Assembly) -> None:
    entrance = _machines(limited)["tool-executor-dev-from-shop"]
    definition = json.loads(entrance["DefinitionString"])
    (statement,) = [
        each for each in limited.statements(entrance["RoleArn"]) if "states:StartExecution" in actions(each)
    ]

    assert _problems(definition) == []
    arguments = definition["States"]["Start"]["Arguments"]
    assert arguments["StateMachineArn"] == limited.outputs["StateMachineArn"]
    assert arguments["Input"] == "{% $merge([$states.input, {'caller': 'shop'}]) %}"
    assert (actions(statement), resources(statement)) == (
        ["states:StartExecution"],
        [limited.outputs["StateMachineArn"]],
    )
    assert json.loads(limited.outputs["Entrances"]) == {
        "shop": f"{limited.outputs['StateMachineArn']}-from-shop",
    }


def test_without_entrances_there_are_the_stages_own_machines_and_no_output_of_others(dev: Assembly) -> None:
    assert set(_machines(dev)) == {"tool-executor-dev", "tool-executor-dev-express", "tool-executor-dev-bulk"}
    assert "Entrances" not in dev.outputs
