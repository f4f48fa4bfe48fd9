"""One Lambda function with a role and a log group of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import AssetHashType, Duration, RemovalPolicy, Stack
from aws_cdk.aws_iam import Role, ServicePrincipal
from aws_cdk.aws_lambda import (
    ApplicationLogLevel,
    Architecture,
    Code,
    Function,
    LoggingFormat,
    Runtime,
    SnapStartConf,
    Tracing,
    VersionOptions,
)
from constructs import Construct

from infra.log_group import StageLogGroup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.settings import StageSettings
    from infra.staging import StagedCode


#: Executions that were started on a version run on it to their end.
_VERSIONS_STAY: Final = VersionOptions(removal_policy=RemovalPolicy.RETAIN)


class StagedFunction(Construct):
    """Runs a staged folder. The role may write to the log group; `stack.py` grants what else it needs."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        code: StagedCode,
        stage: StageSettings,
        memory_mb: int,
        timeout_seconds: int,
        environment: Mapping[str, str],
        reserved_concurrency: int | None = None,
        snap_start: bool = False,
    ) -> None:
        """Create the function `<stack>-<name>`."""
        super().__init__(scope, construct_id)
        # Plain text, where `function.function_name` is only known once it is deployed.
        self.physical_name = function_name = f"{Stack.of(self).stack_name}-{name}"
        self.memory_mb = memory_mb
        self._versioned = stage.gradual is not None
        self.role, logs = self._role_that_logs(stage)
        self.function = Function(
            self,
            "Function",
            function_name=function_name,
            runtime=Runtime.PYTHON_3_13,
            architecture=Architecture.X86_64,
            code=Code.from_asset(str(code.folder), asset_hash=code.digest, asset_hash_type=AssetHashType.CUSTOM),
            handler=code.handler,
            role=self.role,
            memory_size=memory_mb,
            timeout=Duration.seconds(timeout_seconds),
            environment=dict(environment),
            reserved_concurrent_executions=reserved_concurrency,
            tracing=Tracing.ACTIVE if stage.tracing else Tracing.DISABLED,
            log_group=logs,
            logging_format=LoggingFormat.JSON,
            # Not DEBUG in any stage: it sets the root logger, and the SDK then logs requests with all inputs in them.
            application_log_level_v2=ApplicationLogLevel.INFO,
            current_version_options=_VERSIONS_STAY,
            snap_start=SnapStartConf.ON_PUBLISHED_VERSIONS if snap_start else None,
        )

    def _role_that_logs(self, stage: StageSettings) -> tuple[Role, StageLogGroup]:
        logs = StageLogGroup(self, "Logs", name=f"/aws/lambda/{self.physical_name}", stage=stage)
        role = Role(self, "Role", assumed_by=ServicePrincipal("lambda.amazonaws.com"))
        logs.grant_write(role)
        return role, logs

    @property
    def invoked_arn(self) -> str:
        """What an execution invokes: the version that is deployed with it, where the stage is deployed gradually."""
        return self.function.current_version.function_arn if self._versioned else self.function.function_arn

    @property
    def invocable_arns(self) -> tuple[str, ...]:
        """What an execution may invoke, the versions of others that still run included."""
        arn = self.function.function_arn
        return (arn, f"{arn}:*") if self._versioned else (arn,)
