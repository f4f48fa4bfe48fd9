"""Starts what a form asks for: checked by the contract's own gate first, so that every problem is told at its place."""

from __future__ import annotations

import re
import uuid
from collections import defaultdict
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from tool_contract import strict_json
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
    """Return what makes a form one form: sent twice, it starts one execution."""
    return str(uuid.uuid4())


def run_id_of(form: Mapping[str, str]) -> str:
    """Return the id that a form carries, or a new one."""
    given = form.get(RUN_ID_FIELD, "")
    return given if _RUN_ID.fullmatch(given) else new_run_id()


def start(found: Found, place: Place, request: dict[str, Any], run_id: str) -> str:
    """Start a request, unless the form ``run_id`` has started the same already. Return its execution's id.

    The id comes from both: a form that is changed and sent again, as after the browser's Back, is another request.
    Raises InvalidRequestError with every problem that can be known before; ServiceError, CredentialsMissingError.
    """
    try:
        check_request(request, place.catalog_of(found))
    except RequestProblems as error:
        raise invalid_request(error.to_json()) from None
    execution_id = str(uuid.uuid5(uuid.UUID(run_id), strict_json.canonical(request)))
    with suppress(ExecutionIdTakenError):  # the form was sent twice
        Runner(found.aws, found.deployment).start(request, execution_id)
    return execution_id


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
