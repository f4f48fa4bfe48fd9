"""The bulk machine's definition: the workflow's own states inside of a Distributed Map's children."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from infra.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFINITION: Final = Path(__file__).with_name("bulk.asl.json")
#: A child's name is Step Functions' own, and no record could be found by it: the batch brings the execution's id.
#: Only this machine takes one from its input; the workflow's is the execution's name, whatever its input says.
_FROM_THE_BATCH: Final = {
    "request": "{% $states.input.request %}",
    "name": "{% $states.input.execution_id %}",
}


def bulk_definition(workflow: str, substitutions: Mapping[str, str]) -> str:
    """Return the definition, given the workflow's as it is deployed. `${Name}` is replaced by `substitutions`.

    Raises SettingsError where the two do not fit together.
    """
    text = DEFINITION.read_text(encoding="utf-8")
    for name, value in substitutions.items():
        if f"${{{name}}}" not in text:
            raise SettingsError(f"{DEFINITION.name} does not use ${{{name}}}.")
        text = text.replace(f"${{{name}}}", value)
    definition: dict[str, Any] = json.loads(text)
    processor = definition["States"]["RunBatches"]["ItemProcessor"]
    embedded = json.loads(workflow)
    processor["StartAt"] = embedded["StartAt"]
    processor["States"] = {**_of_a_batch(embedded["States"]), **processor["States"]}
    return json.dumps(definition)


def _of_a_batch(states: dict[str, Any]) -> dict[str, Any]:
    """Return the workflow's states for a batch: named by it, and judged at the end."""
    plan, finish = states["Plan"], states["Finish"]
    payload = plan["Arguments"]["Payload"]
    named = {**payload["execution"], "name": _FROM_THE_BATCH["name"]}
    given = {**payload, "request": _FROM_THE_BATCH["request"], "execution": named}
    judged = {name: value for name, value in finish.items() if name != "End"}
    if given.keys() != payload.keys() or named.keys() != payload["execution"].keys() or judged == finish:
        raise SettingsError("The workflow's Plan or Finish is not as the bulk machine needs it.")
    return {
        **states,
        "Plan": {**plan, "Arguments": {**plan["Arguments"], "Payload": given}},
        "Finish": {**judged, "Next": "JudgeBatch"},
    }
