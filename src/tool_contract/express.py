"""What holds for executions on the Express state machine alone: it ends each after five minutes, and keeps none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tool_contract.errors import ErrorCode
from tool_contract.limits import (
    DEFAULT_EXPRESS_TIMEOUT_SECONDS,
    EXPRESS_SECONDS,
    EXPRESS_TIMEOUT_BELOW_SECONDS,
    MAX_EXECUTION_TIMEOUT_SECONDS,
)
from tool_contract.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The kind of resource in ``arn:aws:states:REGION:ACCOUNT:express:MACHINE:NAME:ID``.
_KIND: Final = 5
_TOO_LONG_HINT: Final = "Give a shorter timeout, or leave wait='sync' out: the Standard state machine has a day."


def is_express(execution_arn: str) -> bool:
    """Whether an execution's ARN is one of an Express state machine. Its last part tells executions of a name apart."""
    parts = execution_arn.split(":")
    return len(parts) > _KIND and (parts[2], parts[_KIND]) == ("states", "express")


def ran_by_express(execution: Mapping[str, object]) -> bool:
    """Whether an execution, of which this is its own record, was given to the Express state machine."""
    return execution.get("route") == "express"


def with_timeout(request: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return a request with the timeout that it has on the Express state machine where it says none."""
    if not isinstance(request, dict) or "timeout_seconds" in request:
        return request
    return {**request, "timeout_seconds": DEFAULT_EXPRESS_TIMEOUT_SECONDS}


def timeout_problems(request: object) -> list[Problem]:
    """Return what is wrong with a request's timeout on the Express state machine alone, checked or not yet."""
    given = request.get("timeout_seconds") if isinstance(request, dict) else None
    if isinstance(given, bool) or not isinstance(given, int | float):
        return []
    if not EXPRESS_TIMEOUT_BELOW_SECONDS <= given <= MAX_EXECUTION_TIMEOUT_SECONDS:
        return []  # below it is well, above the other no state machine takes it
    message = (
        f"An execution that is waited for ends after {EXPRESS_SECONDS} s: its timeout must be below"
        f" {EXPRESS_TIMEOUT_BELOW_SECONDS} s, not {given:g}."
    )
    return [
        Problem(pointer="/timeout_seconds", message=message, error_code=ErrorCode.INVALID_REQUEST, hint=_TOO_LONG_HINT)
    ]
