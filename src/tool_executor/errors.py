"""What can go wrong for a user of this package. A tool's failure is a result, never one of these.

The exceptions::

    ToolExecutorError
    ├── InvalidRequestError        the request cannot be run; carries every problem
    ├── RequestUnreadableError     the request's file is not there, or no JSON
    ├── CredentialsMissingError    no AWS credentials or region
    ├── DeploymentNotFoundError    no deployment of that stage, or no local cloud
    ├── ServiceError               AWS refused or did not answer
    ├── ExecutionIdTakenError      an execution of that name exists already
    ├── ExecutionNotFoundError     no execution of that id in the history
    ├── ExecutionFailedError       the state machine failed otherwise than by its calls
    └── LocalCloudError            see tool_executor.local.errors
"""

from __future__ import annotations

from typing import Any, ClassVar


class ToolExecutorError(Exception):
    """Root of this package's errors: a code, one sentence that a person understands, and what to do."""

    code: ClassVar[str] = "ToolExecutorError"

    def __init__(self, sentence: str, *, hint: str | None = None, details: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint
        self.details = details

    def to_json(self) -> dict[str, Any]:
        """Return the error in the contract's one shape."""
        value: dict[str, Any] = {"error_code": self.code, "error": self.sentence, "retryable": False, "details": []}
        if self.hint:
            value["hint"] = self.hint
        if self.details:
            value["details"] = [{"pointer": "", "message": self.details}]
        return value


class InvalidRequestError(ToolExecutorError):
    """The request cannot be run. ``problems`` are the contract's: ``pointer``, ``message``, ``error_code``."""

    code = "InvalidRequest"

    def __init__(self, sentence: str, problems: list[dict[str, str]], *, hint: str | None = None) -> None:
        super().__init__(sentence, hint=hint)
        self.problems = problems

    def to_json(self) -> dict[str, Any]:
        """Return the error in the contract's one shape."""
        return {**super().to_json(), "details": self.problems}


class RequestUnreadableError(ToolExecutorError):
    """The request's file is not there, or holds no JSON."""

    code = "RequestUnreadable"


class CredentialsMissingError(ToolExecutorError):
    """AWS cannot be called: no credentials or no region were found."""

    code = "CredentialsMissing"


class DeploymentNotFoundError(ToolExecutorError):
    """There is no deployment of that stage."""

    code = "DeploymentNotFound"


class ServiceError(ToolExecutorError):
    """AWS refused a call or did not answer."""

    code = "ServiceError"


class ExecutionIdTakenError(ToolExecutorError):
    """An execution of that name exists already."""

    code = "ExecutionIdTaken"


class ExecutionNotFoundError(ToolExecutorError):
    """The history holds no execution of that id."""

    code = "ExecutionNotFound"


class ExecutionFailedError(ToolExecutorError):
    """The state machine's execution failed otherwise than by the failures of its calls."""

    code = "ExecutionFailed"

    def __init__(self, sentence: str, *, execution_id: str, hint: str | None = None) -> None:
        super().__init__(sentence, hint=hint)
        self.execution_id = execution_id
