"""What is known about a tool without its code: name, schemas, marks and policy."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from tool_contract.limits import (
    MAX_CACHE_TTL_SECONDS,
    MAX_CALL_TIMEOUT_SECONDS,
    MAX_RETRIES,
)
from tool_contract.retry import RetryPolicy

TOOL_NAME_PATTERN: Final = r"^[a-z][a-z0-9_]{0,63}$"
GROUP_NAME_PATTERN: Final = r"^[a-z][a-z0-9-]{0,39}$"


class ToolAnnotations(BaseModel):
    """What a tool may do to the world: the Model Context Protocol's words and defaults.

    ``read_only``: changes nothing. ``idempotent``: doing it twice with the same input is doing it once.
    ``destructive``: may delete or overwrite. ``open_world``: reaches things outside of this deployment.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    read_only: bool = False
    idempotent: bool = False
    destructive: bool = True
    open_world: bool = True

    @property
    def repeatable(self) -> bool:
        """Whether another attempt is harmless after one whose outcome is unknown."""
        return self.read_only or self.idempotent


class ToolSpec(BaseModel):
    """A tool's entry in the catalog.

    ``timeout_seconds`` bounds one attempt. It, ``max_retries`` and ``retry`` are defaults of a call; where the tool
    leaves one out, the stage's options say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    name: str = Field(pattern=TOOL_NAME_PATTERN)
    group: str = Field(pattern=GROUP_NAME_PATTERN)
    description: str = Field(min_length=1)
    input_schema: dict[str, Any]
    output_schema: dict[str, Any]
    annotations: ToolAnnotations
    timeout_seconds: float | None = Field(default=None, ge=1, le=MAX_CALL_TIMEOUT_SECONDS)
    cache_ttl_seconds: int | None = Field(default=None, ge=1, le=MAX_CACHE_TTL_SECONDS)
    max_retries: int | None = Field(default=None, ge=0, le=MAX_RETRIES)
    retry: RetryPolicy | None = None

    @property
    def function_name(self) -> str:
        """The name by which callers may call the tool's Lambda function, the same in every stage."""
        return f"{self.group}-lambda"
