"""A request as the commands that only look at it take it: read, checked as the planner would, and measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tool_contract import strict_json
from tool_contract.invalid_request import InvalidRequestError as RequestProblems
from tool_contract.options import InvalidOptionsError, ToolExecutorOptions
from tool_contract.preflight import Preflight, preflight
from tool_contract.reference_checks import origins
from tool_contract.request import check_request
from tool_executor.cli.request_file import read_request
from tool_executor.errors import InvalidRequestError
from tool_executor.sent_request import size_problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_contract.catalog import Catalog
    from tool_contract.problems import Problem
    from tool_contract.reference_checks import Origin
    from tool_contract.request import ExecutionRequest


@dataclass(frozen=True, slots=True)
class CheckedRequest:
    """A request that can be run, and what that takes."""

    request: ExecutionRequest
    report: Preflight
    origins: Sequence[Origin] = ()

    @property
    def tool_names(self) -> list[str]:
        """The tools that it names, fallbacks' too."""
        return sorted({candidate.tool_name for call in self.request.calls for candidate in call.candidates})


def read_options(file: str | None) -> ToolExecutorOptions:
    """Return a stage's options from a file, the default ones without. Raises InvalidRequestError."""
    if file is None:
        return ToolExecutorOptions()
    try:
        return ToolExecutorOptions.from_json(read_request(file))
    except InvalidOptionsError as error:
        message = f"The options in {file!r} cannot be used."
        raise InvalidRequestError(message, [problem.as_detail() for problem in error.problems]) from None


def checked_request(value: object, catalog: Catalog, stage: ToolExecutorOptions) -> CheckedRequest:
    """Return a request that the planner would take. Raises InvalidRequestError with everything that is wrong."""
    try:
        request = check_request(value, catalog)
    except RequestProblems as error:
        raise _refusal(error) from None
    report = preflight(request, catalog, stage, request_bytes=strict_json.byte_size(strict_json.dumps(value)))
    problems = [*_problems_of_start(report), *report.problems()]
    if problems:
        raise _refusal(RequestProblems(problems))
    return CheckedRequest(request, report, origins(request, catalog))


def _refusal(error: RequestProblems) -> InvalidRequestError:
    told = error.to_json()
    return InvalidRequestError(told["error"], told["details"], hint=told.get("hint"))


def _problems_of_start(report: Preflight) -> list[Problem]:
    problem = size_problem(report.request_bytes)
    return [] if problem is None else [problem]
