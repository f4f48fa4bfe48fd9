"""What cdk-nag finds and this project accepts, each with its reason. A finding that is not here fails the synth.

A place is the path of a construct below the stack; `*` stands for one name in it, so that a new tool group, which is
made like the others, is accepted like the others. A wildcard in a role is accepted by what it stands for, never the
rule as a whole: another one in the same role is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from aws_cdk import Acknowledgment, CfnResource, Validations
from aws_cdk.aws_lambda import CfnFunction

if TYPE_CHECKING:
    from aws_cdk import Stack

_ROLE_OF_A_FUNCTION: Final = "*/Role/DefaultPolicy"
_ROLE_OF_A_MACHINE: Final = "*/StateMachine/Role/DefaultPolicy"
_ROLE_OF_A_BULK: Final = "Bulk/StateMachine/Role/DefaultPolicy"
_SECRETS: Final = "arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:parameter/tool-executor/{stage}"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A rule that does not hold at a place, and why that is well.

    `{stage}` and `{artifacts}` are filled in; one with `{function}` is as many rules as there are functions.
    """

    place: str
    rule: str
    reason: str


ACCEPTED: Final = (
    # Wildcards in roles. `infra.checks` holds which actions may stand on "*", and how many wildcards there are.
    Accepted(
        _ROLE_OF_A_FUNCTION,
        "AwsSolutions-IAM5[Resource::*]",
        "X-Ray's two write actions know no narrower resource.",
    ),
    Accepted(
        _ROLE_OF_A_MACHINE,
        "AwsSolutions-IAM5[Resource::*]",
        "X-Ray and the delivery of vended logs know no narrower resource; AWS's own guide has them on all.",
    ),
    *(
        Accepted(
            _ROLE_OF_A_FUNCTION,
            f"AwsSolutions-IAM5[Resource::<{{artifacts}}.Arn>/{below}*]",
            "An artefact's key has the id of its execution, or of what was asked, which nobody knows before it runs.",
        )
        for below in ("", "executions/", "cache/")
    ),
    Accepted(
        _ROLE_OF_A_MACHINE,
        "AwsSolutions-IAM5[Resource::<{function}.Arn>:*]",
        "Any version of a named function: executions that began on an older one end on it.",
    ),
    *(
        Accepted(
            _ROLE_OF_A_BULK,
            f"AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>:execution:{name}:*]",
            "A Distributed Map names its child executions itself; it looks at its own machine's alone.",
        )
        for name in ("tool-executor-{stage}-bulk", "tool-executor-{stage}-bulk/Batches")
    ),
    Accepted(
        _ROLE_OF_A_BULK,
        "AwsSolutions-IAM5[Resource::<{artifacts}.Arn>/bulk/*]",
        "The files of a bulk begin with its id, which nobody knows before it runs; the prefix bounds them.",
    ),
    *(
        Accepted(
            _ROLE_OF_A_FUNCTION,
            f"AwsSolutions-IAM5[Resource::{_SECRETS}/{kind}/*]",
            f"The secrets' names are the operator's and the client's; the path {kind} of the stage bounds them.",
        )
        for kind in ("once", "secrets", "secret-origins")
    ),
    # Runtime.
    *(
        Accepted(
            "*/Function",
            rule,
            "The zips' packages are locked, compiled and tested for Python 3.13, which Lambda supports until mid 2029.",
        )
        for rule in ("AwsSolutions-L1", "Serverless-LambdaLatestVersion")
    ),
    # Dead letters.
    Accepted(
        "*/Function",
        "Serverless-LambdaDLQ",
        "Invoked by the state machine, which waits for the answer and keeps the failure. What EventBridge hands to the"
        " finisher has an on-failure destination, which this rule does not look at.",
    ),
    Accepted("Status/DeadLetters", "AwsSolutions-SQS3", "It is the dead-letter queue."),
    Accepted("Status/DeadLetters", "Serverless-SQSRedrivePolicy", "It is the dead-letter queue."),
    Accepted("Sweep/Rule", "Serverless-EventBusDLQ", "The next minute's sweep does what a lost one would have done."),
    # Logs.
    Accepted(
        "Artifacts/Bucket",
        "AwsSolutions-S1",
        "Only the stack's functions and its callers' roles reach it. Who wants to know of each access turns on data"
        " events in the account's CloudTrail; access logs would want a second bucket with the same exception.",
    ),
    Accepted(
        "*/StateMachine",
        "AwsSolutions-SF1",
        "Each attempt stands in the history table. Prod logs errors: ALL costs as much as the transitions and adds no"
        " fact. Dev logs ALL.",
    ),
)


def acknowledge(stack: Stack, *, stage: str) -> None:
    """Tell cdk-nag which of its findings in a stack are accepted."""
    bucket = stack.node.find_child("Artifacts").node.find_child("Bucket").node.default_child
    artifacts = stack.get_logical_id(bucket) if isinstance(bucket, CfnResource) else ""
    constructs = stack.node.find_all()
    functions = [stack.get_logical_id(each) for each in constructs if isinstance(each, CfnFunction)]
    prefix = f"{stack.node.path}/"
    for construct in constructs:
        place = construct.node.path.removeprefix(prefix)
        for accepted in ACCEPTED:
            if matches(place, accepted.place):
                for function in functions if "{function}" in accepted.rule else [""]:
                    rule = accepted.rule.format(stage=stage, artifacts=artifacts, function=function)
                    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=accepted.reason))


def matches(place: str, pattern: str) -> bool:
    """Whether a construct's path is what a pattern means: as many names, each of them alike."""
    names, wanted = place.split("/"), pattern.split("/")
    return len(names) == len(wanted) and all(map(fnmatchcase, names, wanted))
