"""Least privilege: what each role may do, and to what."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from infra.checks import policies
from infra.checks.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    from infra.checks.template import Resource, Template

#: Actions that know no narrower resource than all, by AWS's service authorization reference.
WITHOUT_RESOURCE: Final = frozenset(
    {
        *(f"xray:{name}" for name in ("PutTraceSegments", "PutTelemetryRecords")),
        *(f"xray:{name}" for name in ("GetSamplingRules", "GetSamplingTargets")),
        *(f"logs:{name}LogDelivery" for name in ("Create", "Delete", "Get", "Update")),
        *("logs:ListLogDeliveries", "logs:PutResourcePolicy"),
        *("logs:DescribeResourcePolicies", "logs:DescribeLogGroups"),
    }
)
#: Where a resource may end with a wildcard: names that nobody knows at the time of the deployment.
_OPEN_ENDED: Final = ("arn:aws:s3:::", "arn:aws:ssm:")
#: What no role of this stack has a use for: reading whole tables, changing the deployment, becoming somebody else.
NEVER: Final = ("dynamodb:Scan", "dynamodb:DeleteTable", "lambda:Update", "iam:", "sts:")
_MACHINE: Final = "AWS::StepFunctions::StateMachine"
#: What a Distributed Map does itself: with its children, and with the files of its items and results.
_OF_A_MAP: Final = {
    *("states:DescribeExecution", "states:StopExecution"),
    *("s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload"),
}
_RUNS: Final = ("AWS::Lambda::Function", _MACHINE)


def wildcard_actions(template: Template) -> Iterator[Problem]:
    """An allowed action is named, never a family of them."""
    for each in policies.of_roles(template):
        for action in each.actions if each.effect == "Allow" else ():
            if "*" in action or "?" in action:
                message = f"{_who(each)} may do {action!r}."
                yield Problem("WildcardAction", each.pointer, message, "Name the actions that the code calls.")


def wildcard_resources(template: Template) -> Iterator[Problem]:
    """A resource is named, but for actions that know none, names made while it runs, and versions of a function."""
    versions = {f"{template.arn(each.logical_id)}:*" for each in template.of_type("AWS::Lambda::Function")}
    versions |= {pattern for machine in template.of_type(_MACHINE) for pattern in _children(template, machine)}
    for each in policies.of_roles(template):
        for resource in each.resources if each.effect == "Allow" else ():
            narrow = [action for action in each.actions if action not in WITHOUT_RESOURCE]
            if resource == "*" and narrow:
                message = f"{_who(each)} may do {', '.join(narrow)} on everything."
                hint = "Name the resource. Only actions in WITHOUT_RESOURCE, in infra/checks/role_rules.py, know none."
                yield Problem("WildcardResource", each.pointer, message, hint)
            elif "*" in resource.removesuffix("*") or (len(resource) > 1 and not _ends_well(resource, versions)):
                message = f"{_who(each)} may do {', '.join(each.actions)} on {resource}."
                yield Problem("WildcardResource", each.pointer, message, "Name the resource: stack.py has its ARN.")


def wildcard_count(template: Template) -> int:
    """Return how many resources with a wildcard roles are allowed."""
    allowed = (each for each in policies.of_roles(template) if each.effect == "Allow")
    return sum("*" in resource for each in allowed for resource in each.resources)


def forbidden_actions(template: Template) -> Iterator[Problem]:
    """Nobody may do what no part of the project does."""
    for each in policies.of_roles(template):
        for action in each.actions if each.effect == "Allow" else ():
            if action.startswith(NEVER):
                message = f"{_who(each)} may do {action}, which no role here has a use for."
                hint = "Take the grant away, or argue in NEVER, in infra/checks/role_rules.py."
                yield Problem("ForbiddenAction", each.pointer, message, hint)


def managed_policies(template: Template) -> Iterator[Problem]:
    """No role has a policy of AWS's, which allows more than is needed and changes without us."""
    for role in template.of_type("AWS::IAM::Role"):
        for arn in role.properties.get("ManagedPolicyArns", ()):
            message = f"The role has the managed policy {arn.rsplit('/', 1)[-1]}."
            hint = "Allow the actions one by one: StagedFunction shows how."
            yield Problem("ManagedPolicy", f"{role.pointer}/ManagedPolicyArns", message, hint)


def shared_roles(template: Template) -> Iterator[Problem]:
    """Each function, and the machine, has a role of its own."""
    users = defaultdict(list)
    for each in template.of_type(*_RUNS):
        users[each.properties.get("Role") or each.properties.get("RoleArn")].append(each)
    for shared in users.values():
        if len(shared) > 1:
            message = f"One role serves {', '.join(each.logical_id for each in shared)}."
            yield Problem("SharedRole", f"{shared[1].pointer}/Role", message, "Give each a role: StagedFunction does.")


def functions_start_nothing(template: Template) -> Iterator[Problem]:
    """A function starts no execution: a tool that is talked into it would start others without end."""
    for function in template.of_type("AWS::Lambda::Function"):
        for each in policies.of_role(template, str(function.properties.get("Role"))):
            if {"states:StartExecution", "states:StartSyncExecution"} & set(each.actions):
                message = f"{function.logical_id} may start executions."
                yield Problem("ForbiddenAction", each.pointer, message, "Leave it to callers, and their entrances.")


def machine_rights(template: Template) -> Iterator[Problem]:
    """A machine may invoke this stack's functions and write the history, or start this stack's machine."""
    functions = tuple(template.arn(each.logical_id) for each in template.of_type("AWS::Lambda::Function"))
    machines = tuple(template.arn(each.logical_id) for each in template.of_type(_MACHINE))
    within = {"lambda:InvokeFunction": functions, "states:StartExecution": machines}
    for machine in template.of_type(_MACHINE):
        mapping = _OF_A_MAP if _is_distributed(machine) else set()
        for each in policies.of_role(template, machine.properties["RoleArn"]):
            extra = set(each.actions) - {*within, "dynamodb:UpdateItem"} - WITHOUT_RESOURCE - mapping
            if extra:
                message = f"The state machine {machine.logical_id} may do {', '.join(sorted(extra))}."
                yield Problem("MachineRights", each.pointer, message, "Let a function do it, with a role of its own.")
            for action, arns in within.items():
                outside = [arn for arn in each.resources if action in each.actions and not _is_one_of(arn, arns)]
                if outside:
                    message = f"A state machine has {action} on {', '.join(outside)}, which is not of this stack."
                    yield Problem("MachineRights", each.pointer, message, "Allow what is of this stack, by name.")
            if set(each.actions) & {"states:DescribeExecution", "states:StopExecution"}:
                outside = [arn for arn in each.resources if arn not in _children(template, machine)]
                if outside:
                    message = f"A state machine may look at or stop {', '.join(outside)}, which is not its own."
                    yield Problem("MachineRights", each.pointer, message, "Allow its own executions alone.")


def _is_distributed(machine: Resource) -> bool:
    return '"DISTRIBUTED"' in str(machine.properties.get("DefinitionString", ""))


def _children(template: Template, machine: Resource) -> tuple[str, ...]:
    """Return the patterns of a machine's executions, and of those that its Distributed Map starts."""
    if not _is_distributed(machine):
        return ()
    own = template.arn(machine.logical_id).replace(":stateMachine:", ":execution:")
    labels = re.findall(r'"Label": ?"(\w+)"', str(machine.properties["DefinitionString"]))
    return (f"{own}:*", *(f"{own}/{label}:*" for label in labels))


def _is_one_of(arn: str, arns: tuple[str, ...]) -> bool:
    """Whether an ARN is one of some, or of versions of one: an execution that goes on may need an older one."""
    return any(arn == each or arn.startswith(f"{each}:") for each in arns)


def _ends_well(resource: str, versions: Container[str]) -> bool:
    """Whether a resource has no wildcard at its end, or one in the place of a name that nobody knows before."""
    is_open_ended = resource.startswith(_OPEN_ENDED) and resource.endswith("/*")
    return not resource.endswith("*") or is_open_ended or resource in versions


def _who(statement: policies.Statement) -> str:
    return f"The role {', '.join(statement.holders)}"
