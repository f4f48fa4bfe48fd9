"""Reads the file that a request is in."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tool_contract import strict_json
from tool_contract.invalid_request import InvalidRequestError as RequestProblems
from tool_contract.request import coded_by_place
from tool_executor.errors import RequestUnreadableError, invalid_request


def read_request(name: str) -> Any:  # noqa: ANN401 - any JSON: the gates judge it
    """Return the JSON value in a file, or on standard input for ``-``.

    Raises RequestUnreadableError, or InvalidRequestError where it is JSON with a value that cannot be sent safely.
    """
    try:
        text = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except FileNotFoundError:
        message = f"There is no file {name!r}."
        raise RequestUnreadableError(message, hint="See examples/, or give - for standard input.") from None
    except OSError as error:
        message = f"The file {name!r} cannot be read: {error.strerror}."
        raise RequestUnreadableError(message) from None
    try:
        return strict_json.parse(text)
    except strict_json.JsonError as error:
        if error.problem.pointer:
            raise invalid_request(RequestProblems([coded_by_place(error.problem)]).to_json()) from None
        message = f"The file {name!r} holds no request: {error}"
        raise RequestUnreadableError(message, hint="A request is one JSON object with a list of calls.") from None
