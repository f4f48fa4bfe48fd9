"""A tool that takes a secret, and gives it away in every way that a test asks for."""

from __future__ import annotations

import hashlib
import logging
from typing import Literal

from pydantic import BaseModel, ConfigDict

from lambdas.runtime import telemetry
from lambdas.runtime.tool_group import ToolGroup
from tool_contract.errors import InvalidInput
from tool_contract.secret import SecretRef  # noqa: TC001 - the tool's schema is made from it

tools = ToolGroup("vault")

Leak = Literal["", "result", "error", "raise", "log", "print"]


class Login(BaseModel):
    """What is known of a password without knowing it."""

    model_config = ConfigDict(frozen=True)

    length: int
    sha256: str
    said: str = ""


@tools.tool(idempotent=True, timeout_seconds=20)
def log_in(user: str, password: SecretRef, leak: Leak = "", other: SecretRef | None = None) -> Login:
    """Log in with a password."""
    value = password.reveal()
    other_value = "" if other is None else other.reveal()
    told = f"{user} logs in with {value}{other_value}"
    match leak:
        case "error":
            raise InvalidInput(told, pointer=f"/{value}", hint=told)
        case "raise":
            raise ValueError(told)
        case "log":
            telemetry.logger.warning(told, extra={"password": value})
            logging.getLogger("some.library").warning("logging in: %r", {"password": value})
        case "print":
            print(told)  # noqa: T201 - what a tool prints is in its log
    return Login(
        length=len(value),
        sha256=hashlib.sha256((value + other_value).encode()).hexdigest(),
        said=told if leak == "result" else "",
    )


lambda_handler = tools.lambda_handler
