"""A whole request as JSON: many calls, sequences, fallbacks, and an execution that is run again."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import RedirectResponse

from tool_contract import strict_json
from tool_contract.record import EXECUTION_CALL_ID, asked_tool
from tool_executor.errors import ExecutionNotFoundError, InvalidRequestError
from tool_executor.ui.call_pages import asked_beside, input_of
from tool_executor.ui.rendering import render
from tool_executor.ui.starting import new_run_id, problems_of, run_id_of, start
from tool_executor.ui.submitted import submitted
from tool_executor.ui.words import pretty, segment

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from tool_executor.ui.place import Found

REQUEST_FIELD: Final = "request_json"


async def request_page(request: Request) -> Response:
    """Show the editor: empty, or with the request that does again what the execution ``again`` did."""
    again, text = request.query_params.get("again"), ""
    if again is not None:
        text = pretty(await request.app.state.place.ask(lambda found: _request_of(found, str(again))))
    return _shown(request, text, new_run_id(), [], again=again)


async def run_request(request: Request) -> Response:
    """Start what the editor holds, and go to the execution's page; or show the editor again with the problems."""
    place, form = request.app.state.place, await submitted(request)
    text, run_id = form.get(REQUEST_FIELD, ""), run_id_of(form)
    try:
        asked = _parsed(text)
        execution_id = await place.ask(lambda found: start(found, place, asked, run_id))
    except InvalidRequestError as error:
        return _shown(request, text, run_id, problems_of(error), status=HTTPStatus.BAD_REQUEST)
    return RedirectResponse(f"/executions/{segment(execution_id)}", HTTPStatus.SEE_OTHER)


def _parsed(text: str) -> Any:  # noqa: ANN401 - any JSON: the gates judge it
    if not text.strip():
        message = "There is no request: write a JSON object with a list of calls, as the example shows."
        raise InvalidRequestError("The request cannot be read.", [{"pointer": "", "message": message}])
    try:
        return strict_json.parse(text)
    except strict_json.JsonError as error:
        problem = {"pointer": error.problem.pointer, "message": str(error)}
        raise InvalidRequestError("The request cannot be read.", [problem]) from None


def _request_of(found: Found, execution_id: str) -> dict[str, Any]:
    """Return a request that does again what an execution was asked to do, as far as its records tell.

    Policies that the request said itself (timeouts, retries) are in no record: the tools' own hold.
    """
    records = [] if execution_id.startswith("#") else found.history.execution(execution_id)
    if not records:
        raise ExecutionNotFoundError(f"The history holds no execution {execution_id!r}.")
    own = next((record for record in records if record["call_id"] == EXECUTION_CALL_ID), {})
    calls = [_call_of(found, record) for record in records if record is not own]
    mode = {"mode": "sequence"} if own.get("mode") == "sequence" else {}
    return {**asked_beside(own or records[0]), **mode, "calls": calls}


def _call_of(found: Found, record: dict[str, Any]) -> dict[str, Any]:
    fallbacks = input_of(found, record, "fallbacks")
    call = {"call_id": record["call_id"], "tool_name": asked_tool(record), "input": input_of(found, record)}
    return {**call, **({"fallbacks": fallbacks} if fallbacks else {})}


def _shown(
    request: Request,
    text: str,
    run_id: str,
    problems: list[dict[str, str]],
    *,
    again: str | None = None,
    status: int = HTTPStatus.OK,
) -> Response:
    return render(request, "request.html", status, text=text, run_id=run_id, problems=problems, again=again)
