"""What is deployed where: the stack's outputs under the names that the rest of the project uses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

REGION = "us-east-1"
ACCOUNT = "123456789012"


@dataclass(frozen=True)
class LocalDeployment:
    """A stack deployed on a local cloud."""

    endpoint_url: str
    stack_name: str = ""
    outputs: Mapping[str, str] = field(default_factory=dict)
    region: str = REGION

    @property
    def state_machine_arn(self) -> str:
        """ARN of the workflow."""
        return self.outputs["StateMachineArn"]

    @property
    def history_table(self) -> str:
        """Name of the history table."""
        return self.outputs["HistoryTable"]

    @property
    def tool_state_table(self) -> str:
        """Name of the table of idempotency, cache and circuit-breaker items."""
        return self.outputs["ToolStateTable"]

    @property
    def artifact_bucket(self) -> str:
        """Name of the bucket of large inputs and results."""
        return self.outputs["ArtifactBucket"]

    @property
    def functions(self) -> dict[str, str]:
        """Function name by tool group."""
        functions: dict[str, str] = json.loads(self.outputs.get("Functions", "{}"))
        return functions

    @property
    def environment(self) -> dict[str, str]:
        """What to export so that the AWS CLI, boto3 and the CDK CLI talk to this cloud and no other."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
        }

    def ready_line(self) -> str:
        """The one line of `local up --json`."""
        return json.dumps(
            {
                "endpoint_url": self.endpoint_url,
                "region": self.region,
                "state_machine_arn": self.outputs.get("StateMachineArn"),
                "history_table": self.outputs.get("HistoryTable"),
                "tool_state_table": self.outputs.get("ToolStateTable"),
                "artifact_bucket": self.outputs.get("ArtifactBucket"),
                "functions": self.functions,
            }
        )
