"""Who may reach the stack's buckets, queues, topics and functions, and how."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from infra.checks import policies
from infra.checks.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from infra.checks.template import Resource, Template

_REACHED: Final = {"AWS::S3::Bucket": "s3", "AWS::SQS::Queue": "sqs", "AWS::SNS::Topic": "sns"}
_BOUND_TO: Final = ("sourcearn", "sourceaccount", "sourceowner", "principalorgid")


def tls_only(template: Template) -> Iterator[Problem]:
    """A bucket, queue or topic refuses what does not come over TLS."""
    denials = [each for each in policies.of_resources(template) if _denies_plain(each)]
    for each in template.of_type(*_REACHED):
        names = {each.logical_id, template.resolve({"Ref": each.logical_id}), template.arn(each.logical_id)}
        own = [denial for denial in denials if names & set(denial.holders)]
        if not any(_covers(denial, _REACHED[each.kind]) for denial in own):
            message = f"{_noun(each)} takes requests without TLS."
            yield Problem("WithoutTls", each.pointer, message, "Give it enforce_ssl=True.")


def open_principals(template: Template) -> Iterator[Problem]:
    """Nobody outside of the account is let in, and a service only for one of our resources."""
    for each in policies.of_resources(template):
        is_anyone = any(principal == "*" or principal.endswith(":*") for principal in each.principals)
        if each.effect == "Allow" and is_anyone and not _is_bound(each):
            message = f"Anybody may do {', '.join(each.actions)} on {', '.join(each.holders)}."
            hint = "Name the principal, or bind it by aws:SourceArn or aws:SourceAccount."
            yield Problem("OpenPrincipal", each.pointer, message, hint)
    for permission in template.of_type("AWS::Lambda::Permission"):
        if not {"SourceArn", "SourceAccount"} & set(permission.properties):
            who = permission.properties.get("Principal")
            message = f"{who} may invoke {permission.properties.get('FunctionName')}, whoever asks it to."
            yield Problem("OpenPrincipal", permission.pointer, message, "Name the SourceArn that may.")


def no_public_endpoints(template: Template) -> Iterator[Problem]:
    """No function has an address of its own: who asks for tools goes through IAM."""
    for url in template.of_type("AWS::Lambda::Url"):
        if url.properties.get("AuthType") != "AWS_IAM":
            message = "The function's URL takes requests of anybody."
            yield Problem("PublicEndpoint", f"{url.pointer}/AuthType", message, "Set AuthType to AWS_IAM.")
    for bucket in template.of_type("AWS::S3::Bucket"):
        blocks = bucket.properties.get("PublicAccessBlockConfiguration", {})
        expected = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        if not all(blocks.get(name) is True for name in expected):
            message = "The bucket can be made public."
            hint = "Give it block_public_access=BlockPublicAccess.BLOCK_ALL."
            yield Problem("PublicBucket", f"{bucket.pointer}/PublicAccessBlockConfiguration", message, hint)


def _denies_plain(statement: policies.Statement) -> bool:
    tests = statement.condition.get("Bool", {})
    return statement.effect == "Deny" and "*" in statement.principals and tests.get("aws:SecureTransport") == "false"


def _covers(denial: policies.Statement, service: str) -> bool:
    """Whether a denial is of all that can be asked: SNS's policies take no wildcard, so it names publishing."""
    return bool({f"{service}:*", "sns:publish"} & {action.lower() for action in denial.actions})


def _is_bound(statement: policies.Statement) -> bool:
    keys = [key.lower() for test in statement.condition.values() for key in test]
    return any(key.endswith(_BOUND_TO) for key in keys)


def _noun(resource: Resource) -> str:
    return f"The {resource.kind.rsplit('::', 1)[-1].lower()} {resource.logical_id}"
