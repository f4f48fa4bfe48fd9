"""The statements of a template's policies: who may do what to whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.checks.template import Resource, Template

#: Policies that stand at what is accessed, with the property that names it.
RESOURCE_POLICIES: Final = {
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SQS::QueuePolicy": "Queues",
    "AWS::SNS::TopicPolicy": "Topics",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. `holder` is the role that has it, or what a resource policy protects."""

    pointer: str
    holders: tuple[str, ...]
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    principals: tuple[str, ...]
    condition: dict[str, Any]


def of_roles(template: Template) -> Iterator[Statement]:
    """Yield what roles may do, by policies of their own and by inline ones. Holders are roles' names."""
    for policy in template.of_type("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        document = policy.properties["PolicyDocument"]
        yield from _statements(document, f"{policy.pointer}/PolicyDocument", _texts(policy.properties.get("Roles")))
    for role in template.of_type("AWS::IAM::Role"):
        for index, inline in enumerate(role.properties.get("Policies", ())):
            pointer = f"{role.pointer}/Policies/{index}/PolicyDocument"
            yield from _statements(inline["PolicyDocument"], pointer, (role_name(role),))


def of_role(template: Template, arn: str) -> Iterator[Statement]:
    """Yield what the role of an ARN may do."""
    name = arn.rsplit("/", 1)[-1]
    return (each for each in of_roles(template) if name in each.holders)


def of_resources(template: Template) -> Iterator[Statement]:
    """Yield who may reach buckets, queues and topics. Holders are their references."""
    for policy in template.of_type(*RESOURCE_POLICIES):
        holders = _texts(policy.properties.get(RESOURCE_POLICIES[policy.kind]))
        yield from _statements(policy.properties["PolicyDocument"], f"{policy.pointer}/PolicyDocument", holders)


def role_name(role: Resource) -> str:
    """Return the name that a role's ARN ends with."""
    return str(role.properties.get("RoleName", role.logical_id))


def _statements(document: dict[str, Any], pointer: str, holders: tuple[str, ...]) -> Iterator[Statement]:
    for index, each in enumerate(document["Statement"]):
        yield Statement(
            pointer=f"{pointer}/Statement/{index}",
            holders=holders,
            effect=each["Effect"],
            actions=(*_texts(each.get("Action")), *_texts(each.get("NotAction") and "*")),
            resources=(*_texts(each.get("Resource")), *_texts(each.get("NotResource") and "*")),
            principals=_principals(each.get("Principal")),
            condition=each.get("Condition", {}),
        )


def _principals(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - IAM writes it as text, list or object
    if isinstance(value, dict):
        return tuple(text for each in value.values() for text in _texts(each))
    return _texts(value)


def _texts(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - IAM writes one without a list
    if not value:
        return ()
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
