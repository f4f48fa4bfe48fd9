"""The application: which address shows what."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from tool_executor.errors import ToolExecutorError
from tool_executor.ui.breaker_pages import breakers, confirm_breaker, set_breaker
from tool_executor.ui.call_pages import artifact, call
from tool_executor.ui.errors import FormUnreadableError, PageNotFoundError
from tool_executor.ui.execution_pages import cancel_execution, execution, live_execution
from tool_executor.ui.guard import Guard, Key
from tool_executor.ui.listing_page import executions
from tool_executor.ui.rendering import FOLDER, error_page
from tool_executor.ui.request_page import request_page, run_request
from tool_executor.ui.statistics_page import statistics
from tool_executor.ui.tool_pages import run_tool, tool, tools

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from tool_executor.ui.place import Place

ROUTES: Final = [
    Route("/", lambda _: RedirectResponse("/executions", HTTPStatus.SEE_OTHER)),
    Route("/executions", executions),
    Route("/executions/{execution_id}", execution),
    Route("/executions/{execution_id}/live", live_execution),
    Route("/executions/{execution_id}/cancel", cancel_execution, methods=["POST"]),
    Route("/executions/{execution_id}/calls/{call_id}", call),
    Route("/executions/{execution_id}/calls/{call_id}/artifacts/{name}", artifact),
    Route("/tools", tools),
    Route("/tools/{tool_name}", tool),
    Route("/tools/{tool_name}", run_tool, methods=["POST"]),
    Route("/request", request_page),
    Route("/request", run_request, methods=["POST"]),
    Route("/statistics", statistics),
    Route("/breakers", breakers),
    Route("/breakers/{tool_name}/{circuit}", confirm_breaker),
    Route("/breakers/{tool_name}/{circuit}", set_breaker, methods=["POST"]),
    Mount("/static", StaticFiles(directory=FOLDER / "static")),
]


def make_app(place: Place, key: Key, port: int) -> Guard:
    """Return the application for a deployment; ``port`` is where it will listen, on loopback.

    The guard stands around all of it: starlette answers a fault outside of its own middleware, and a refusal must not
    know whose page it is.
    """
    app = Starlette(
        routes=ROUTES,
        exception_handlers={ToolExecutorError: _told, HTTPException: _no_page, Exception: _fault},
    )
    app.state.place, app.state.key = place, key
    return Guard(app, key=key, port=port)


async def _told(request: Request, error: Exception) -> Response:
    assert isinstance(error, ToolExecutorError)  # noqa: S101 - what the handler is registered for
    return error_page(request, error)


async def _no_page(request: Request, error: Exception) -> Response:
    status = HTTPStatus(getattr(error, "status_code", HTTPStatus.NOT_FOUND))
    return error_page(request, _REFUSED_FORMS.get(status) or _missing(request, status), status)


#: What is wrong with a form that is not read, or not to its end.
_REFUSED_FORMS: Final = {
    HTTPStatus.BAD_REQUEST: FormUnreadableError(
        "The form could not be read; nothing was done.",
        hint="It may have more fields than the page takes: send the input as JSON.",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: FormUnreadableError(
        "The form is larger than any request may be; nothing was done.",
        hint="A request has 6 MB at most: keep large values in S3, and name them in the input.",
    ),
}


def _missing(request: Request, status: HTTPStatus) -> PageNotFoundError:
    return PageNotFoundError(f"There is nothing at {request.url.path}: {status.phrase}.", hint="Go to /executions.")


async def _fault(request: Request, error: Exception) -> Response:
    """Tell of a fault of this program in a sentence; the server's log has the rest."""
    fault = ToolExecutorError(
        f"This should not have happened: {type(error).__name__}: {error}",
        hint="Start the command with TOOL_EXECUTOR_DEBUG=1 to see where, and please report it.",
    )
    return error_page(request, fault, HTTPStatus.INTERNAL_SERVER_ERROR)
