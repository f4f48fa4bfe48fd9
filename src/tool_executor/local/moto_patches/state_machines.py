"""State machines as CloudFormation makes them: in the backend that executes them, with all that the template says."""

from __future__ import annotations

from typing import Any

from moto.core.config import default_user_config
from moto.stepfunctions import models
from moto.stepfunctions.models import StateMachine
from moto.stepfunctions.parser.models import stepfunctions_parser_backends
from moto.stepfunctions.utils import cfn_to_api_tags

from tool_executor.local.moto_patches.correction import Correction


def execute_machines() -> None:
    """Switch moto's interpreter on."""
    default_user_config["stepfunctions"] = {"execute_state_machine": True}


def _create(
    cls: Any,  # noqa: ANN401, ARG001 - a method of moto's
    resource_name: str,
    cloudformation_json: Any,  # noqa: ANN401 - as moto's
    account_id: str,
    region_name: str,
    **_: object,
) -> Any:  # noqa: ANN401 - moto's StateMachine
    properties = cloudformation_json["Properties"]
    return stepfunctions_parser_backends[account_id][region_name].create_state_machine(
        properties.get("StateMachineName", resource_name),
        _definition(properties),
        properties.get("RoleArn", ""),
        tags=cfn_to_api_tags(properties.get("Tags", [])),
        tracingConfiguration=_lower_keys(properties.get("TracingConfiguration")),
        loggingConfiguration=_lower_keys(properties.get("LoggingConfiguration")),
        sm_type=properties.get("StateMachineType"),
    )


def _definition(properties: dict[str, Any]) -> str:
    definition: str = properties.get("DefinitionString", "")
    for name, value in (properties.get("DefinitionSubstitutions") or {}).items():
        definition = definition.replace(f"${{{name}}}", str(value))
    return definition


_original_update = vars(StateMachine)["update_from_cloudformation_json"].__func__


def _update(
    cls: Any,  # noqa: ANN401 - a method of moto's
    original_resource: Any,  # noqa: ANN401 - as moto's
    new_resource_name: str,
    cloudformation_json: Any,  # noqa: ANN401 - as moto's
    account_id: str,
    region_name: str,
) -> Any:  # noqa: ANN401 - moto's StateMachine
    properties = cloudformation_json["Properties"]
    filled = {**cloudformation_json, "Properties": {**properties, "DefinitionString": _definition(properties)}}
    return _original_update(cls, original_resource, new_resource_name, filled, account_id, region_name)


def _lower_keys(value: Any) -> Any:  # noqa: ANN401 - JSON is any value
    """CloudFormation's `Level` is the API's `level`."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _lower_keys(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_lower_keys(item) for item in value]
    return value


def corrections() -> list[Correction]:
    """The corrections of this module."""
    return [
        Correction(
            models,
            "stepfunctions_backends",
            stepfunctions_parser_backends,
            "CloudFormation creates machines in a backend that does not execute them",
        ),
        Correction(
            StateMachine,
            "create_from_cloudformation_json",
            classmethod(_create),  # type: ignore[arg-type] # a plain function until then
            "moto drops substitutions, the logging and tracing configuration and the type",
        ),
        Correction(
            StateMachine,
            "update_from_cloudformation_json",
            classmethod(_update),
            "moto drops substitutions",
        ),
    ]
