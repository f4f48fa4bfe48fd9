"""A stage's options, in a file, for the commands that look at a request without a deployment."""

from __future__ import annotations

from tool_contract.options import InvalidOptionsError, ToolExecutorOptions
from tool_executor.cli.request_file import read_request
from tool_executor.errors import InvalidRequestError


def read_options(file: str | None) -> ToolExecutorOptions:
    """Return a stage's options from a file, the default ones without. Raises InvalidRequestError."""
    if file is None:
        return ToolExecutorOptions()
    try:
        return ToolExecutorOptions.from_json(read_request(file))
    except InvalidOptionsError as error:
        message = f"The options in {file!r} cannot be used."
        raise InvalidRequestError(message, [problem.as_detail() for problem in error.problems]) from None
