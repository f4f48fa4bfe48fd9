"""The browser that sessions are started of: AWS's own, or one of the stage's, in a VPC or with policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aws_cdk import Stack
from aws_cdk.aws_bedrockagentcore import CfnBrowserCustom
from aws_cdk.aws_iam import PolicyStatement
from constructs import Construct

from infra.browser_settings import MANAGED_BROWSER

if TYPE_CHECKING:
    from aws_cdk.aws_iam import IGrantable

    from infra.browser_settings import BrowserSettings
    from infra.settings import StageSettings

_SERVICE: Final = "bedrock-agentcore"
_DRIVE: Final = ("StartBrowserSession", "GetBrowserSession", "StopBrowserSession", "ConnectBrowserAutomationStream")
_END: Final = ("ListBrowserSessions", "GetBrowserSession", "StopBrowserSession")


class AgentCoreBrowser(Construct):
    """AgentCore's browser of a stage; `identifier` and `arns` name it."""

    def __init__(self, scope: Construct, construct_id: str, *, stage: StageSettings) -> None:
        """Create a browser where the stage's settings ask for what AWS's own does not have."""
        super().__init__(scope, construct_id)
        settings = stage.browser
        if settings.network_mode == "PUBLIC" and not settings.managed_policy:
            self.identifier = MANAGED_BROWSER
            # AWS's own browser belongs to the account "aws"; some operations name it in the caller's.
            self.arns = [self._managed_arn("aws"), self._managed_arn(Stack.of(self).account)]
            return
        browser = CfnBrowserCustom(
            self,
            "Browser",
            name=f"tool_executor_{stage.name.replace('-', '_')}",  # AWS takes no hyphens here
            network_configuration=_network(settings),
            enterprise_policies=_policies(settings),
        )
        self.identifier = browser.attr_browser_id
        self.arns = [browser.attr_browser_arn]

    def allow_driving(self, who: IGrantable) -> None:
        """Let a function start sessions, connect to them and stop them."""
        self._allow(who, _DRIVE)

    def allow_ending(self, who: IGrantable) -> None:
        """Let a function find sessions and stop them."""
        self._allow(who, _END)

    def _allow(self, who: IGrantable, actions: tuple[str, ...]) -> None:
        who.grant_principal.add_to_principal_policy(
            PolicyStatement(actions=[f"{_SERVICE}:{action}" for action in actions], resources=self.arns)
        )

    def _managed_arn(self, account: str) -> str:
        return Stack.of(self).format_arn(
            service=_SERVICE, account=account, resource="browser", resource_name=MANAGED_BROWSER
        )


def _network(settings: BrowserSettings) -> CfnBrowserCustom.BrowserNetworkConfigurationProperty:
    vpc = None
    if settings.network_mode == "VPC":
        vpc = CfnBrowserCustom.VpcConfigProperty(
            subnets=list(settings.subnet_ids), security_groups=list(settings.security_group_ids)
        )
    return CfnBrowserCustom.BrowserNetworkConfigurationProperty(network_mode=settings.network_mode, vpc_config=vpc)


def _policies(settings: BrowserSettings) -> list[CfnBrowserCustom.BrowserEnterprisePolicyProperty] | None:
    """Return what no session can overrule; whoever deploys must be allowed to read it."""
    if not settings.managed_policy:
        return None
    bucket, _, prefix = settings.managed_policy.removeprefix("s3://").partition("/")
    location = CfnBrowserCustom.S3LocationProperty(bucket=bucket, prefix=prefix)
    return [CfnBrowserCustom.BrowserEnterprisePolicyProperty(location=location, type="MANAGED")]
