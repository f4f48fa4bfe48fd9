"""The local cloud: the deployed CloudFormation template on one machine, with no AWS account and no Docker."""

from __future__ import annotations

from tool_executor.local.cloud import LocalCloud
from tool_executor.local.deployment import LocalDeployment
from tool_executor.local.errors import LocalCloudError
from tool_executor.local.running import RunningCloud, find_running
from tool_executor.local.serving import serve_until_stopped

__all__ = [
    "LocalCloud",
    "LocalCloudError",
    "LocalDeployment",
    "RunningCloud",
    "find_running",
    "serve_until_stopped",
]
