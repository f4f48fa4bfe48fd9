"""What can go wrong for a user of this package. A tool's failure is a result, never one of these.

The exceptions::

    ToolExecutorError
    ├── InvalidRequestError        the request cannot be run; carries every problem
    │   ├── ToolNotFoundError      nothing else is wrong with it than names of tools that there are not
    │   └── CallerLimitExceededError   nothing but that its caller has taken all it may for now; says when to come back
    ├── RequestUnreadableError     the request's file is not there, or no JSON
    ├── CredentialsMissingError    no AWS credentials or region, or credentials that are wrong or have expired
    │   └── RegionMissingError     no AWS region
    ├── InvalidConfigurationError  options that cannot be used; says where each was said
    ├── DeploymentNotFoundError    no deployment of that stage, or no local cloud
    ├── ServiceError               AWS refused or did not answer
    │   └── ExecutionNotStartedError   nothing was run, and nothing will be
    ├── ExecutionIdTakenError      an execution of that name exists already
    ├── ExecutionNotFoundError     no execution of that id in the history
    ├── ExecutionOpenError         an execution that is to be cleared has not ended
    ├── ExecutionFailedError       the state machine failed otherwise than by its calls
    ├── ExecutionTimeoutError      the wait ended before the execution did; carries its id
    ├── ResultUnavailableError     a large result cannot be read
    │   ├── ResultMissingError     it is not there any more
    │   └── ResultCorruptError     it is not what was stored
    ├── ExecutorClosedError        the executor was closed while a thread waited for it
    ├── ToolFailedError            raised by result.raise_for_failure() alone
    ├── PromptNotCompletedError    raised by a prompt's result.raise_for_failure() alone: tool_executor.agents
    ├── FrameworkMissingError      an agent framework is not installed: tool_executor.frameworks
    ├── InvalidBulkError and others of bulks   see tool_executor.bulk.errors
    ├── InventoryFilesError        see tool_executor.inventory_files.errors
    ├── InventoryTablesError       see tool_executor.inventory_tables.errors
    ├── McpServerError             see tool_executor.mcp_server.errors
    ├── PicturesError              see tool_executor.pictures.errors
    └── LocalCloudError            see tool_executor.local.errors
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

if TYPE_CHECKING:
    from collections.abc import Mapping


#: How many of a request's problems a traceback shows.
_NOTED_PROBLEMS: Final = 3


class ToolExecutorError(Exception):
    """Root of this package's errors: a code, one sentence that a person understands, and what to do."""

    code: ClassVar[str] = "ToolExecutorError"
    #: Whether it is certain that no call was run, and that none will be.
    nothing_ran: bool = False

    def __init__(self, sentence: str, *, hint: str | None = None, details: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.hint = hint
        self.details = details
        if hint:
            self.add_note(hint)  # a traceback shows it

    def __reduce__(self) -> tuple[Any, ...]:
        # Not by the arguments of __init__, which differ: an error must come back from another process as it was.
        return _restored, (type(self), self.args), self.__dict__

    def with_hint(self, more: str) -> Self:
        """Return the error itself, with one more thing to do: a command adds what its options are good for."""
        self.hint = f"{self.hint} {more}" if self.hint else more
        self.add_note(more)
        return self

    def to_json(self) -> dict[str, Any]:
        """Return the error in the contract's one shape."""
        value: dict[str, Any] = {"error_code": self.code, "error": self.sentence, "retryable": False, "details": []}
        if self.hint:
            value["hint"] = self.hint
        if self.details:
            value["details"] = [{"pointer": "", "message": self.details}]
        return value


def _restored(kind: type[ToolExecutorError], arguments: tuple[Any, ...]) -> ToolExecutorError:
    error = kind.__new__(kind)
    error.args = arguments
    return error


class InvalidRequestError(ToolExecutorError):
    """The request cannot be run. ``problems`` are the contract's: ``pointer``, ``message``, ``error_code``."""

    code = "InvalidRequest"
    nothing_ran = True

    def __init__(self, sentence: str, problems: list[dict[str, str]], *, hint: str | None = None) -> None:
        super().__init__(sentence, hint=hint)
        self.problems = problems
        for problem in problems[1:_NOTED_PROBLEMS]:
            self.add_note(_in_one_line(problem))

    def __str__(self) -> str:
        """Return the sentence and the first problem: a line in a log says what is wrong, and a traceback once."""
        first = self.problems[0] if self.problems else {}
        if not first.get("message") or first["message"] == self.sentence:
            return self.sentence
        return f"{self.sentence.removesuffix('.')}: {_in_one_line(first)}"

    def to_json(self) -> dict[str, Any]:
        """Return the error in the contract's one shape."""
        return {**super().to_json(), "details": self.problems}


def _in_one_line(problem: Mapping[str, str]) -> str:
    said = (problem.get("pointer"), problem.get("message"), problem.get("hint"))
    return " ".join(text for text in said if text)


class ToolNotFoundError(InvalidRequestError):
    """The request names tools that there are not; the problems offer close names."""

    code = "ToolNotFound"


class CallerLimitExceededError(InvalidRequestError):
    """The caller has taken all that it may for now. The same request may be taken ``retry_after_seconds`` later.

    A request that is larger than a limit has None there: it will never be taken as it is.
    """

    code = "CallerLimitExceeded"
    retry_after_seconds: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the error in the contract's one shape."""
        wait = self.retry_after_seconds
        return {**super().to_json(), **({} if wait is None else {"retryable": True, "retry_after_seconds": wait})}


def invalid_request(told: Mapping[str, Any]) -> InvalidRequestError:
    """Return the error for the planner's complaint, as its JSON has it."""
    problems = list(told["details"])
    codes = {problem.get("error_code") for problem in problems}
    if codes == {CallerLimitExceededError.code}:
        limited = CallerLimitExceededError(told["error"], problems, hint=told.get("hint"))
        limited.retry_after_seconds = told.get("retry_after_seconds")
        return limited
    kind = ToolNotFoundError if codes == {ToolNotFoundError.code} else InvalidRequestError
    return kind(told["error"], problems, hint=told.get("hint"))


def planners_refusal(told: Mapping[str, Any]) -> InvalidRequestError | ExecutionIdTakenError:
    """Return the error for the planner's complaint about an execution whose id may be another's."""
    refusal = invalid_request(told)
    for problem in refusal.problems:
        if problem.get("error_code") == ExecutionIdTakenError.code:
            return ExecutionIdTakenError(problem["message"], hint=problem.get("hint"))
    return refusal


class RequestUnreadableError(ToolExecutorError):
    """The request's file is not there, or holds no JSON."""

    code = "RequestUnreadable"


class InvalidConfigurationError(ToolExecutorError):
    """Options that cannot be used. ``problems`` names everything that is wrong, and where it was said."""

    code = "InvalidConfiguration"

    def __init__(self, problems: list[dict[str, str]]) -> None:
        super().__init__(" ".join(problem["message"] for problem in problems))
        self.problems = problems

    def to_json(self) -> dict[str, Any]:
        """Return the error in the contract's one shape."""
        return {**super().to_json(), "details": self.problems}


class CredentialsMissingError(ToolExecutorError):
    """AWS cannot be called: no credentials or no region were found, or AWS refused the credentials."""

    code = "CredentialsMissing"


class RegionMissingError(CredentialsMissingError):
    """AWS cannot be called: no region was found."""

    code = "RegionMissing"


class DeploymentNotFoundError(ToolExecutorError):
    """There is no deployment of that stage."""

    code = "DeploymentNotFound"


class ServiceError(ToolExecutorError):
    """AWS refused a call or did not answer."""

    code = "ServiceError"


class ExecutionNotStartedError(ServiceError):
    """No route could start the execution: nothing was run, and nothing will be. Another way harms nobody."""

    code = "ExecutionNotStarted"
    nothing_ran = True


class ExecutionIdTakenError(ToolExecutorError):
    """An execution of that name exists already."""

    code = "ExecutionIdTaken"
    nothing_ran = True


class ExecutionNotFoundError(ToolExecutorError):
    """The history holds no execution of that id."""

    code = "ExecutionNotFound"


class ExecutionOpenError(ToolExecutorError):
    """An execution has not ended: its records are still needed."""

    code = "ExecutionOpen"


class ExecutionFailedError(ToolExecutorError):
    """The state machine's execution failed otherwise than by the failures of its calls."""

    code = "ExecutionFailed"

    def __init__(self, sentence: str, *, execution_id: str, hint: str | None = None) -> None:
        super().__init__(sentence, hint=hint)
        self.execution_id = execution_id


class ExecutionTimeoutError(ToolExecutorError, TimeoutError):
    """The wait for an execution ended before the execution did: ``executor.wait(execution_id)`` waits on."""

    code = "ExecutionTimeout"

    def __init__(self, sentence: str, *, execution_id: str, hint: str | None = None) -> None:
        super().__init__(sentence, hint=hint)
        self.execution_id = execution_id


class ExecutorClosedError(ToolExecutorError):
    """The executor was closed while a thread waited for an execution, which is cancelled by that."""

    code = "ExecutorClosed"


class ResultUnavailableError(ToolExecutorError):
    """A large result cannot be read from where it lies."""

    code = "ResultUnavailable"


class ResultMissingError(ResultUnavailableError):
    """The large result is not there any more: the bucket keeps results as long as the history keeps records."""

    code = "ResultMissing"


class ResultCorruptError(ResultUnavailableError):
    """What lies there is not what was stored: length or SHA-256 differ."""

    code = "ResultCorrupt"


class ToolFailedError(ToolExecutorError):
    """A tool failed, and the caller asked for an exception. ``tool_code`` is the contract's error code."""

    code = "ToolFailed"

    def __init__(self, sentence: str, *, tool_code: str, execution_id: str | None) -> None:
        super().__init__(sentence)
        self.tool_code = tool_code
        self.execution_id = execution_id
