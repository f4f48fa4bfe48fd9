"""A machine's definition without its Distributed Maps, which moto cannot parse, and what those say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from moto.stepfunctions.parser.asl.component.state.exec.state_map.state_map import StateMap
from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

ATTRIBUTE: Final = "_distributed"
EXPRESS: Final = "EXPRESS"
#: Step Functions ends an Express execution after five minutes.
_EXPRESS_SECONDS: Final = 300
_KNOWN: Final = frozenset(
    {
        *("Type", "Comment", "QueryLanguage", "Label", "Items", "ItemReader", "ItemSelector", "ItemProcessor"),
        *("MaxConcurrency", "ToleratedFailureCount", "ToleratedFailurePercentage", "ResultWriter"),
        *("Output", "Assign", "Next", "End", "Retry", "Catch"),
    }
)
#: What is left to moto: how the state goes on, and what comes of failures.
_OF_MOTO: Final = frozenset({"Comment", "QueryLanguage", "Output", "Assign", "Next", "End", "Retry", "Catch"})
_STAND_IN: Final = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
    "StartAt": "Nothing",
    "States": {"Nothing": {"Type": "Succeed"}},
}
_original_parse = AmazonStateLanguageParser.parse


class DistributedMapUnknown(ValueError):
    """The local cloud cannot run this Distributed Map."""


@dataclass(frozen=True)
class DistributedMap:
    """What a Distributed Map says. `fields` are the state's as they stand in the definition, expressions included."""

    name: str
    fields: dict[str, Any]
    child_definition: str
    child_type: str

    @property
    def label(self) -> str:
        """What its child executions' machine is called, below its own."""
        return str(self.fields.get("Label", self.name))


def parse(text: str) -> Any:  # noqa: ANN401 - moto's Program, and its parse tree
    """Parse with moto, definitions with Distributed Maps at their top level.

    Raises DistributedMapUnknown, or what moto raises of the machine or of a child.
    """
    definition = json.loads(text)
    states = definition.get("States", {}) if isinstance(definition, dict) else {}
    maps = {name: _map_of(name, state, definition) for name, state in states.items() if _is_distributed(state)}
    if not maps:
        return _original_parse(text)
    for found in maps.values():
        _original_parse(found.child_definition)
    replaced = {name: _stand_in(state) if name in maps else state for name, state in states.items()}
    program: Any
    program, tree = _original_parse(json.dumps({**definition, "States": replaced}))
    for name, found in maps.items():
        state: Any = program.states.states[name]
        if not isinstance(state, StateMap):
            raise DistributedMapUnknown(f"The state {name} is no Map.")
        setattr(state, ATTRIBUTE, found)
    return program, tree


def _is_distributed(state: Any) -> bool:  # noqa: ANN401 - JSON is any value
    config = state.get("ItemProcessor", {}).get("ProcessorConfig", {}) if isinstance(state, dict) else {}
    return bool(config.get("Mode") == "DISTRIBUTED")


def _map_of(name: str, state: dict[str, Any], definition: dict[str, Any]) -> DistributedMap:
    language = state.get("QueryLanguage", definition.get("QueryLanguage"))
    if language != "JSONata" or state.keys() - _KNOWN:
        said = ", ".join(sorted(state.keys() - _KNOWN)) or "JSONPath"
        raise DistributedMapUnknown(f"The local cloud's Distributed Map knows no {said} (state {name}).")
    processor = state["ItemProcessor"]
    config = processor["ProcessorConfig"]
    if "ExecutionType" not in config:
        raise DistributedMapUnknown(f"The Distributed Map {name} says no ExecutionType.")
    child = {"QueryLanguage": language, **{key: value for key, value in processor.items() if key != "ProcessorConfig"}}
    if config["ExecutionType"] == EXPRESS:
        child["TimeoutSeconds"] = _EXPRESS_SECONDS
    return DistributedMap(name, state, json.dumps(child), config["ExecutionType"])


def _stand_in(state: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in state.items() if name in _OF_MOTO}
    return {"Type": "Map", "Items": [], "ItemProcessor": _STAND_IN, **kept}
