"""The shape of the configuration, for pydantic-settings: every name that a file or the environment may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError

from tool_contract.limits import MAX_CALL_TIMEOUT_SECONDS, MAX_RETRIES

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["AgentSettings", "Settings", "SettingsError", "environment_values"]

PREFIX = "TOOL_EXECUTOR_"
#: Variables of this program that are no options.
OTHER_VARIABLES = frozenset(
    {
        "TOOL_EXECUTOR_CONFIG",
        "TOOL_EXECUTOR_DEBUG",
        "TOOL_EXECUTOR_DEPLOYMENT",
        "TOOL_EXECUTOR_MCP_TOKEN",
        "TOOL_EXECUTOR_TEST_STAGE",
    }
)


class AgentSettings(BaseModel):
    """What holds for the tools of agents."""

    model_config = ConfigDict(extra="forbid")

    tool_timeout_seconds: Annotated[float, Field(ge=1, le=MAX_CALL_TIMEOUT_SECONDS)] | None = None
    tool_max_retries: Annotated[int, Field(ge=0, le=MAX_RETRIES)] | None = None


class Settings(BaseSettings):
    """All options. None is "not said"; the options of :class:`ToolExecutorOptions` are checked there."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid")

    region: Annotated[str, Field(min_length=1)] | None = None
    stage: Annotated[str, Field(min_length=1)] = "dev"
    route: Literal["auto", "state_machine", "direct"] = "auto"
    wait: Literal["poll", "sync"] = "poll"
    caller: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    hedge: bool = False
    hedge_after_seconds: Annotated[float, Field(ge=0.001, le=MAX_CALL_TIMEOUT_SECONDS)] | None = None
    max_workers: Annotated[int, Field(ge=1, le=10_000)] = 10
    preset: Literal["development", "production", "ci_cd", "high_volume"] | None = None
    agents: AgentSettings = AgentSettings()
    max_retries: int | None = None
    initial_retry_delay_ms: int | None = None
    max_retry_delay_ms: int | None = None
    use_exponential_backoff: bool | None = None
    max_concurrent_tools: int | None = None
    timeout_per_tool_ms: int | None = None
    enable_detailed_logging: bool | None = None
    max_history_size: int | None = None

    @classmethod
    def settings_customise_sources(cls, *_args: Any, **_kwargs: Any) -> tuple[Any, ...]:  # noqa: ANN401 - the library's
        """Read nothing by itself: who says what is kept apart, to be told."""
        return (_args[1] if len(_args) > 1 else _kwargs["init_settings"],)


def environment_values(environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what the environment says, as pydantic-settings reads it; a misspelt option is kept, to be refused."""
    source = EnvSettingsSource(Settings)
    source.env_vars = {name.lower(): value for name, value in environment.items()}
    values: dict[str, Any] = source()
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    for name, value in environment.items():
        head, _, part = name.partition("__")
        is_option = head in known and (not part or head == f"{PREFIX}AGENTS")
        if name.startswith(PREFIX) and not is_option and name not in OTHER_VARIABLES:
            values[name.removeprefix(PREFIX).lower()] = value
    return values
