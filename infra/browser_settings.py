"""Where a stage's browsers come from and where they may go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from browser_policy import OriginRules
from infra.errors import SettingsError

#: AWS's own browser, which every account has.
MANAGED_BROWSER: Final = "aws.browser.v1"
_LONGEST_SECONDS: Final = 28_800
_S3_PREFIX: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/.{1,1024}")


@dataclass(frozen=True, kw_only=True)
class BrowserSettings:
    """Browsers of one stage.

    `provider`: `agentcore` (Amazon Bedrock AgentCore Browser) or `cdp` (`cdp_url`, with `{session}` in it where the
    service keeps sessions by address). `network_mode` of AgentCore: `PUBLIC` uses AWS's own browser, `VPC` a browser of
    the stage's own in `subnet_ids`, whose `security_group_ids` and routes decide what it reaches. `session_seconds`:
    when AWS itself ends a session that nobody has closed. `managed_policy`: an S3 prefix, `s3://bucket/prefix`, with
    Chrome's enterprise policies. `allowed_origins`, if there are any, are the only ones that may be visited;
    `denied_origins` never are.
    """

    provider: Literal["agentcore", "cdp"] = "agentcore"
    network_mode: Literal["PUBLIC", "VPC"] = "PUBLIC"
    session_seconds: int = 900
    allowed_origins: tuple[str, ...] = ()
    denied_origins: tuple[str, ...] = ()
    subnet_ids: tuple[str, ...] = ()
    security_group_ids: tuple[str, ...] = ()
    managed_policy: str = ""
    cdp_url: str = ""

    @property
    def rules(self) -> OriginRules:
        """The rules about origins. Raises ValueError, which names the entry."""
        return OriginRules.parse(allowed=self.allowed_origins, denied=self.denied_origins)

    def check(self, stage: str) -> None:
        """Raise SettingsError where the settings cannot be used."""
        problems = [
            *self._wrong_origins(),
            *self._wrong_provider(),
            *(
                ["session_seconds must be from 1 to 28,800."]
                if not 1 <= self.session_seconds <= _LONGEST_SECONDS
                else []
            ),
        ]
        if problems:
            raise SettingsError(f"The stage {stage!r} has browser settings that cannot be used: {' '.join(problems)}")

    def _wrong_origins(self) -> list[str]:
        try:
            _ = self.rules
        except ValueError as error:
            return [str(error)]
        return []

    def _wrong_provider(self) -> list[str]:
        if self.provider == "cdp":
            usable = self.cdp_url.startswith(("ws://", "wss://", "http://", "https://"))
            return [] if usable else ["cdp needs a cdp_url."]
        if self.provider != "agentcore":
            return ["provider must be agentcore or cdp."]
        return [*self._wrong_network(), *self._wrong_policy()]

    def _wrong_network(self) -> list[str]:
        if self.network_mode not in {"PUBLIC", "VPC"}:
            return ["network_mode must be PUBLIC or VPC."]
        if self.network_mode == "VPC" and not (self.subnet_ids and self.security_group_ids):
            return ["The network mode VPC needs subnet_ids and security_group_ids."]
        return []

    def _wrong_policy(self) -> list[str]:
        usable = not self.managed_policy or _S3_PREFIX.fullmatch(self.managed_policy)
        return [] if usable else ["managed_policy must be s3://bucket/prefix."]
