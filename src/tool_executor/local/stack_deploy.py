"""Deploys an assembly through AWS's own APIs: what the CDK CLI's `bootstrap` and `deploy` do, in a second."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from tool_executor.local.deployment import ACCOUNT, REGION, LocalDeployment
from tool_executor.local.errors import DeployFailed

if TYPE_CHECKING:
    from collections.abc import Callable

    from tool_executor.local.assembly import Assembly

_BOOTSTRAP_VERSION_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
_BOOTSTRAP_VERSION = "28"
_TEMPLATE_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"


def client_maker(endpoint_url: str) -> Callable[[str], Any]:
    """boto3 clients for the local cloud, by service name."""
    session = boto3.session.Session(
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - no secret: nothing checks it
        region_name=REGION,
    )

    def client(service: str) -> Any:  # noqa: ANN401 - boto3's clients are made at run time
        retries = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return session.client(service, endpoint_url=endpoint_url, config=retries)  # type: ignore[call-overload] # any name

    return client


def deploy(assembly: Assembly, endpoint_url: str) -> LocalDeployment:
    """Upload the assets, create the stack, read its outputs.

    Raises:
        DeployFailed: if CloudFormation refuses the template or a resource.
    """
    client = client_maker(endpoint_url)
    s3 = client("s3")
    client("ssm").put_parameter(
        Name=_BOOTSTRAP_VERSION_PARAMETER, Value=_BOOTSTRAP_VERSION, Type="String", Overwrite=True
    )
    for bucket in {_TEMPLATE_BUCKET, *(asset.bucket for asset in assembly.assets)}:
        s3.create_bucket(Bucket=bucket)
    for asset in assembly.assets:
        s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=asset.content())
    key = f"{assembly.stack_name}.template.json"
    s3.put_object(Bucket=_TEMPLATE_BUCKET, Key=key, Body=json.dumps(assembly.template).encode())
    outputs = _create_stack(client("cloudformation"), assembly.stack_name, f"{endpoint_url}/{_TEMPLATE_BUCKET}/{key}")
    return LocalDeployment(endpoint_url=endpoint_url, stack_name=assembly.stack_name, outputs=outputs)


def _create_stack(cloudformation: Any, stack_name: str, template_url: str) -> dict[str, str]:  # noqa: ANN401 - boto3
    try:
        cloudformation.create_stack(
            StackName=stack_name,
            TemplateURL=template_url,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
        )
        stack = cloudformation.describe_stacks(StackName=stack_name)["Stacks"][0]
    except (BotoCoreError, ClientError) as error:
        raise DeployFailed(f"The local cloud could not deploy the stack {stack_name}.", details=str(error)) from error
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise DeployFailed(
            f"The local cloud could not deploy the stack {stack_name}: it is {stack['StackStatus']}.",
            details=_failures(cloudformation, stack_name) or stack.get("StackStatusReason", ""),
        )
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def _failures(cloudformation: Any, stack_name: str) -> str:  # noqa: ANN401 - boto3
    events = cloudformation.describe_stack_events(StackName=stack_name)["StackEvents"]
    return "\n".join(
        f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', '')}"
        for event in events
        if event.get("ResourceStatus", "").endswith("FAILED")
    )
