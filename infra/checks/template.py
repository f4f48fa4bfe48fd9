"""A synthesized template, read: resources by type, every reference in them replaced by a likely value."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

PSEUDO: Final = {
    "AWS::Partition": "aws",
    "AWS::Region": "eu-west-1",
    "AWS::AccountId": "123456789012",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": "",
}
_ARNS: Final = {
    "AWS::Lambda::Function": "lambda:eu-west-1:123456789012:function:",
    "AWS::StepFunctions::StateMachine": "states:eu-west-1:123456789012:stateMachine:",
    "AWS::DynamoDB::Table": "dynamodb:eu-west-1:123456789012:table/",
    "AWS::S3::Bucket": "s3:::",
    "AWS::SQS::Queue": "sqs:eu-west-1:123456789012:",
    "AWS::SNS::Topic": "sns:eu-west-1:123456789012:",
    "AWS::KMS::Key": "kms:eu-west-1:123456789012:key/",
    "AWS::IAM::Role": "iam::123456789012:role/",
    "AWS::Events::Rule": "events:eu-west-1:123456789012:rule/",
    "AWS::Logs::LogGroup": "logs:eu-west-1:123456789012:log-group:",
    "AWS::BedrockAgentCore::BrowserCustom": "bedrock-agentcore:eu-west-1:123456789012:browser-custom/",
    "AWS::CloudWatch::Alarm": "cloudwatch:eu-west-1:123456789012:alarm:",
}
#: Where `Ref` is the resource's ARN.
_REFERRED_TO_BY_ARN: Final = {
    "AWS::StepFunctions::StateMachine",
    "AWS::SNS::Topic",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Version",
}
_NAMES: Final = ("FunctionName", "StateMachineName", "LogGroupName", "AlarmName", "TopicName", "QueueName")


@dataclass(frozen=True)
class Resource:
    """A resource of the template, resolved. `pointer` leads to its properties."""

    logical_id: str
    kind: str
    properties: dict[str, Any]
    deletion_policy: str = "Delete"

    @property
    def pointer(self) -> str:
        """The JSON pointer of its properties."""
        return f"/Resources/{self.logical_id}/Properties"


@dataclass(frozen=True)
class Template:
    """A template as it was written, with a view on it that needs no CloudFormation."""

    raw: dict[str, Any]

    @classmethod
    def read(cls, file: Path) -> Template:
        """Return the template in a file."""
        return cls(json.loads(file.read_text(encoding="utf-8")))

    @cached_property
    def resources(self) -> tuple[Resource, ...]:
        """All resources, in their order."""
        return tuple(
            Resource(
                logical_id,
                each["Type"],
                self.resolve(each.get("Properties", {})),
                each.get("DeletionPolicy", "Delete"),
            )
            for logical_id, each in self.raw["Resources"].items()
        )

    def of_type(self, *kinds: str) -> Iterator[Resource]:
        """Yield the resources of some types."""
        return (each for each in self.resources if each.kind in kinds)

    @cached_property
    def outputs(self) -> dict[str, Any]:
        """The outputs' values by their keys, resolved."""
        return {name: self.resolve(output["Value"]) for name, output in self.raw.get("Outputs", {}).items()}

    def arn(self, logical_id: str) -> str:
        """Return a likely ARN of a resource."""
        kind = self.raw["Resources"][logical_id]["Type"]
        if kind in {"AWS::Lambda::Alias", "AWS::Lambda::Version"}:
            function = self.resolve(self.raw["Resources"][logical_id]["Properties"]["FunctionName"])
            return f"{self._function_arn(function)}:{self._name(logical_id)}"
        if kind in {"AWS::StepFunctions::StateMachineAlias", "AWS::StepFunctions::StateMachineVersion"}:
            return f"arn:aws:{_ARNS['AWS::StepFunctions::StateMachine']}{self._qualified_machine(logical_id)}"
        service = kind.split("::")[1].lower() if "::" in kind else kind
        return "arn:aws:" + _ARNS.get(kind, f"{service}:eu-west-1:123456789012:") + self._name(logical_id)

    def resolve(self, value: Any) -> Any:  # noqa: ANN401 - JSON is any value
        """Replace Ref, Fn::GetAtt and Fn::Join in a value; a call of another function becomes its JSON text."""
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if len(value) != 1:
            return {key: self.resolve(item) for key, item in value.items()}
        ((key, argument),) = value.items()
        return self._called(key, argument)

    def _called(self, key: str, argument: Any) -> Any:  # noqa: ANN401 - JSON is any value
        if key == "Ref":
            return self._reference(argument)
        if key == "Fn::GetAtt":
            name, attribute = argument
            return self.arn(name) if attribute.endswith("Arn") else self._name(name)
        if key == "Fn::Join":
            separator, parts = argument
            return separator.join(str(self.resolve(part)) for part in parts)
        return json.dumps({key: argument}) if key.startswith("Fn::") else {key: self.resolve(argument)}

    def _reference(self, name: str) -> str:
        resource = self.raw["Resources"].get(name)
        if resource is None:
            return PSEUDO.get(name, name)
        return self.arn(name) if resource["Type"] in _REFERRED_TO_BY_ARN else self._name(name)

    def _name(self, logical_id: str) -> str:
        properties = self.raw["Resources"][logical_id].get("Properties", {})
        if self.raw["Resources"][logical_id]["Type"] == "AWS::Lambda::Alias":
            return str(properties["Name"])
        named = (properties[key] for key in _NAMES if isinstance(properties.get(key), str))
        return next(named, logical_id)

    def _qualified_machine(self, logical_id: str) -> str:
        """Return the name of a machine's version or alias: `machine:1`, `machine:live`."""
        properties = self.raw["Resources"][logical_id]["Properties"]
        if "StateMachineArn" in properties:
            machine = str(self.resolve(properties["StateMachineArn"])).rsplit(":", 1)[-1]
            return f"{machine}:{properties.get('Name', '1')}"
        version = str(self.resolve(properties["DeploymentPreference"]["StateMachineVersionArn"]))
        return f"{version.rsplit(':', 2)[-2]}:{properties['Name']}"

    @staticmethod
    def _function_arn(name: str) -> str:
        return name if name.startswith("arn:") else f"arn:aws:{_ARNS['AWS::Lambda::Function']}{name}"
