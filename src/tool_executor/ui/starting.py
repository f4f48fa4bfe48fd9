"""Starts what a form asks for: checked by the contract's own gate first, so that every problem is told at its place."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from tool_contract.invalid_request import InvalidRequestError as RequestProblems
from tool_contract.request import check_request
from tool_executor.errors import ExecutionIdTakenError, InvalidRequestError, invalid_request
from tool_executor.execution import Runner

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tool_executor.ui.place import Found, Place

#: Step Functions takes such names, and so does an address.
_RUN_ID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RUN_ID_FIELD: Final = "run_id"

Problems = dict[str, list[str]]


def new_run_id() -> str:
    """Return the id of the execution that a form will start: sent twice, it starts one."""
    return str(uuid.uuid4())


def run_id_of(form: Mapping[str, str]) -> str:
    """Return the id that a form carries, or a new one."""
    given = form.get(RUN_ID_FIELD, "")
    return given if _RUN_ID.fullmatch(given) else new_run_id()


def start(found: Found, place: Place, request: dict[str, Any], run_id: str) -> None:
    """Start a request as the execution ``run_id``, unless it has been started already.

    Raises InvalidRequestError with every problem that can be known before; ServiceError, CredentialsMissingError.
    """
    try:
        check_request(request, place.catalog_of(found))
    except RequestProblems as error:
        raise invalid_request(error.to_json()) from None
    try:
        Runner(found.aws, found.deployment).start(request, run_id)
    except ExecutionIdTakenError:
        return  # the form was sent twice


def at_places(problems: Iterable[Mapping[str, str]], prefix: str = "") -> Problems:
    """Return sentences by pointer, as seen from ``prefix``."""
    by_place: Problems = defaultdict(list)
    for problem in problems:
        sentence = " ".join(filter(None, (problem["message"], problem.get("hint"))))
        by_place[problem["pointer"].removeprefix(prefix)].append(sentence)
    return dict(by_place)


def problems_of(error: InvalidRequestError) -> list[dict[str, str]]:
    """Return an error's problems; the error itself where it names none."""
    return error.problems or [{"pointer": "", "message": error.sentence}]
