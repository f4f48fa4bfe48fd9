"""The state machine that runs bulks: calls by the hundred thousand, a child execution for each batch of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import ArnFormat, Stack
from aws_cdk.aws_iam import PolicyStatement
from aws_cdk.aws_stepfunctions import DefinitionBody, LogLevel, LogOptions, StateMachine, StateMachineType
from constructs import Construct

from infra.bulk_definition import bulk_definition
from infra.log_group import StageLogGroup
from tool_contract.places import BULK_LABEL

if TYPE_CHECKING:
    from aws_cdk.aws_s3 import IBucket

    from infra.settings import StageSettings

#: Where batches, results and manifests lie in the artefact bucket; the client writes below it.
PREFIX: Final = "bulk/"


class Bulk(Construct):
    """The machine `<stack>-bulk`, and what a Distributed Map needs. `stack.py` grants what its children may call."""

    def __init__(
        self, scope: Construct, construct_id: str, *, stage: StageSettings, workflow: str, artifacts: IBucket
    ) -> None:
        """Create the machine, whose children do what `workflow`, a definition, does."""
        super().__init__(scope, construct_id)
        name = f"{Stack.of(self).stack_name}-bulk"
        self.log_group_name = f"/aws/vendedlogs/states/{name}"
        places = {"ArtifactBucketName": artifacts.bucket_name, "ChildType": stage.bulk.child_type}
        self.machine = StateMachine(
            self,
            "StateMachine",
            state_machine_name=name,
            state_machine_type=StateMachineType.STANDARD,
            definition_body=DefinitionBody.from_string(bulk_definition(workflow, places)),
            logs=LogOptions(
                destination=StageLogGroup(self, "Logs", name=self.log_group_name, stage=stage),
                level=LogLevel[stage.state_machine_log_level],
                include_execution_data=False,
            ),
            tracing_enabled=stage.tracing,
        )
        self._allow_map(name, artifacts)

    def _allow_map(self, name: str, artifacts: IBucket) -> None:
        """Allow what AWS's guide names for a Distributed Map that reads and writes S3.

        The ARNs are made of the machine's name: the machine depends on its policy, which cannot refer to it.
        """
        children = (self._execution_arn(f"{name}:*"), self._execution_arn(f"{name}/{BULK_LABEL}:*"))
        own = Stack.of(self).format_arn(
            service="states",
            resource="stateMachine",
            resource_name=name,
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        files = artifacts.arn_for_objects(f"{PREFIX}*")
        writing = ("s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload")
        self._allow(("states:StartExecution",), own)
        self._allow(("states:DescribeExecution", "states:StopExecution"), *children)
        self._allow(writing, files)

    def _execution_arn(self, name: str) -> str:
        return Stack.of(self).format_arn(
            service="states", resource="execution", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )

    def _allow(self, actions: tuple[str, ...], *resources: str) -> None:
        self.machine.add_to_role_policy(PolicyStatement(actions=list(actions), resources=list(resources)))
