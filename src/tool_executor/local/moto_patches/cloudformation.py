"""CloudFormation: change sets as the CDK CLI uses them, failures as AWS ends them."""

from __future__ import annotations

import json
import logging
from typing import Any, Final

import yaml  # type: ignore[import-untyped] # no stubs
from moto.cloudformation import models, parsing, responses
from moto.cloudformation.models import ChangeSet, CloudFormationBackend, Stack

from tool_executor.local.moto_patches.correction import Correction

_log = logging.getLogger(__name__)
_WITHOUT_EFFECT_HERE: Final = frozenset(
    {
        "AWS::CDK::Metadata",
        "AWS::CloudWatch::Alarm",  # nobody is to be woken
        "AWS::CloudWatch::Dashboard",  # nobody would see it
        "AWS::Lambda::EventInvokeConfig",  # nothing is retried: see execution_events
        "AWS::Logs::QueryDefinition",  # the logs are files
        "AWS::S3::BucketPolicy",  # no permission is enforced
        "AWS::SNS::Subscription",
        "AWS::SNS::TopicPolicy",
        "AWS::SQS::QueuePolicy",
    }
)


class _JsonFirstYaml:
    """Stands in for the module `yaml`: a CDK template is JSON, which YAML's reader takes half a second for."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - yaml's own
        return getattr(yaml, name)

    @staticmethod
    def load(text: str, Loader: Any) -> Any:  # noqa: ANN401, N803 - yaml's signature
        try:
            return json.loads(text)
        except ValueError:
            return yaml.load(text, Loader=Loader)  # noqa: S506 # nosec B506 - moto's call


def _apply(self: Any) -> None:  # noqa: ANN401 - a method of moto's
    stack = self.stack
    stack.template = self.template
    stack._parse_template()  # noqa: SLF001 - moto has no other way
    stack.resource_map.update(self.template_dict, self.parameters)
    stack.output_map = stack._create_output_map()  # noqa: SLF001 - as above
    stack.description = stack.template_dict.get("Description")


_original_execute_change_set = CloudFormationBackend.execute_change_set


def _execute_change_set(self: Any, change_set_name: str, stack_name: str | None = None) -> None:  # noqa: ANN401 - moto's
    try:
        _original_execute_change_set(self, change_set_name, stack_name)
    except Exception as error:  # noqa: BLE001 - whatever a resource fails with fails the stack
        named = (one for key, one in self.change_sets.items() if change_set_name in {key, one.change_set_name})
        change_set = next(named)
        change_set.execution_status = "EXECUTE_FAILED"
        _fail(change_set.stack, error, created=change_set.change_set_type == "CREATE")


_original_create_resources = Stack.create_resources


def _create_resources(self: Any) -> None:  # noqa: ANN401 - a method of moto's
    try:
        _original_create_resources(self)
    except Exception as error:  # noqa: BLE001 - whatever a resource fails with fails the stack
        _fail(self, error, created=True)


def _fail(stack: Any, error: Exception, *, created: bool) -> None:  # noqa: ANN401 - moto's Stack
    """End the stack as AWS does: it can be described and deleted."""
    _log.debug("A resource of %s failed", stack.name, exc_info=error)
    reason = str(getattr(error, "message", "") or error) or type(error).__name__
    verb = "CREATE" if created else "UPDATE"
    stack._add_stack_event(f"{verb}_FAILED", resource_status_reason=f"{type(error).__name__}: {reason}")  # noqa: SLF001
    stack.status = "ROLLBACK_COMPLETE" if created else "UPDATE_ROLLBACK_COMPLETE"
    stack._add_stack_event(stack.status)  # noqa: SLF001 - moto has no other way


_original_parse_resource = parsing.parse_resource


def _parse_resource(resource_json: dict[str, Any], resources_map: Any) -> Any:  # noqa: ANN401 - moto's
    if resource_json["Type"] in _WITHOUT_EFFECT_HERE:
        return None
    return _original_parse_resource(resource_json, resources_map)


def corrections() -> list[Correction]:
    """The corrections of this module."""
    json_first = _JsonFirstYaml()
    ended = "a failed deploy leaves a stack that nothing can remove"
    return [
        Correction(models, "yaml", json_first, "reading a JSON template as YAML takes half of a deploy"),
        Correction(responses, "yaml", json_first, "reading a JSON template as YAML takes half of a deploy"),
        Correction(ChangeSet, "apply", _apply, "a stack made by a change set has no outputs"),
        Correction(CloudFormationBackend, "execute_change_set", _execute_change_set, ended),
        Correction(Stack, "create_resources", _create_resources, ended),
        Correction(parsing, "parse_resource", _parse_resource, "these types have no effect on one machine: no warning"),
    ]
