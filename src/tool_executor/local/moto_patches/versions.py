"""Versions: those of functions are moto's own; a state machine has one definition here, and so is its own version.

A stage that goes over to a new version gradually does so at once here: there is no traffic to shift.
"""

from __future__ import annotations

import hashlib
from typing import Any

from moto.awslambda.models import LambdaVersion
from moto.awslambda.utils import get_backend
from moto.core.common_models import CloudFormationModel
from moto.stepfunctions.models import StateMachine

from tool_executor.local.moto_patches.correction import Correction

_REVISION = "StateMachineRevisionId"


class _TheMachine:
    """Stands in for a version or an alias: both are names of the machine as it is."""

    def __init__(self, arn: str) -> None:
        self.arn = self.physical_resource_id = arn

    @classmethod
    def has_cfn_attr(cls, attr: str) -> bool:
        return attr == "Arn"

    def get_cfn_attribute(self, _attribute_name: str) -> str:
        return self.arn

    @staticmethod
    def cloudformation_name_type() -> str:
        return ""

    @classmethod
    def update_from_cloudformation_json(
        cls,
        original_resource: Any,  # noqa: ANN401, ARG003 - moto's signature
        new_resource_name: str,
        cloudformation_json: Any,  # noqa: ANN401 - as above
        account_id: str,
        region_name: str,
    ) -> Any:  # noqa: ANN401 - as above
        return cls.create_from_cloudformation_json(new_resource_name, cloudformation_json, account_id, region_name)

    @classmethod
    def delete_from_cloudformation_json(cls, *_: object) -> None:
        """Do nothing: the machine goes by itself."""

    @classmethod
    def create_from_cloudformation_json(
        cls,
        _resource_name: str,
        cloudformation_json: Any,  # noqa: ANN401 - moto's signature
        _account_id: str,
        _region_name: str,
        **_: object,
    ) -> Any:  # noqa: ANN401 - as above
        properties = cloudformation_json["Properties"]
        preference = properties.get("DeploymentPreference", {})
        return cls(preference.get("StateMachineVersionArn") or properties["StateMachineArn"])


# moto knows every class that inherits from its model directly, by its type.
class _StateMachineVersion(_TheMachine, CloudFormationModel):  # type: ignore[misc] # moto's signatures
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::StepFunctions::StateMachineVersion"


class _StateMachineAlias(_TheMachine, CloudFormationModel):  # type: ignore[misc] # moto's signatures
    @staticmethod
    def cloudformation_type() -> str:
        return "AWS::StepFunctions::StateMachineAlias"


_original_version = vars(LambdaVersion)["create_from_cloudformation_json"].__func__


def _create_version(
    cls: Any,  # noqa: ANN401 - a method of moto's
    /,
    resource_name: str,
    cloudformation_json: Any,  # noqa: ANN401 - as above
    account_id: str,
    region_name: str,
    **named: object,
) -> Any:  # noqa: ANN401 - moto's LambdaVersion
    made = _original_version(cls, resource_name, cloudformation_json, account_id, region_name, **named)
    name = cloudformation_json["Properties"]["FunctionName"]
    made.physical_resource_id = f"{get_backend(account_id, region_name).get_function(name).function_arn}:{made.version}"
    return made


_original_has = vars(StateMachine)["has_cfn_attr"].__func__
_original_get = StateMachine.get_cfn_attribute


def _has(cls: Any, attr: str) -> bool:  # noqa: ANN401 - a method of moto's
    return attr == _REVISION or bool(_original_has(cls, attr))


def _get(self: Any, attribute_name: str) -> Any:  # noqa: ANN401 - a method of moto's
    if attribute_name == _REVISION:
        return hashlib.sha256(self.definition.encode()).hexdigest()
    return _original_get(self, attribute_name)


def corrections() -> list[Correction]:
    """The corrections of this module."""
    revision = "a state machine's version is of its revision"
    return [
        Correction(LambdaVersion, "create_from_cloudformation_json", classmethod(_create_version), "Ref is its ARN"),
        Correction(StateMachine, "has_cfn_attr", classmethod(_has), revision),
        Correction(StateMachine, "get_cfn_attribute", _get, revision),
    ]
