"""Templates, what they may call, and the one page that tells what went wrong."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, JSONResponse, Response

from tool_executor.errors import (
    CredentialsMissingError,
    DeploymentNotFoundError,
    ExecutionNotFoundError,
    InvalidRequestError,
    ResultMissingError,
    ServiceError,
    ToolExecutorError,
    ToolNotFoundError,
)
from tool_executor.ui.errors import PageNotFoundError, RecordUnreadableError, RequestRefusedError
from tool_executor.ui.words import FILTERS

if TYPE_CHECKING:
    from starlette.requests import Request

FOLDER: Final = Path(__file__).parent
_STATUSES: Final = (
    (PageNotFoundError, HTTPStatus.NOT_FOUND),
    (RequestRefusedError, HTTPStatus.FORBIDDEN),
    (RecordUnreadableError, HTTPStatus.INTERNAL_SERVER_ERROR),
    (ExecutionNotFoundError, HTTPStatus.NOT_FOUND),
    (ToolNotFoundError, HTTPStatus.NOT_FOUND),
    (ResultMissingError, HTTPStatus.NOT_FOUND),
    (InvalidRequestError, HTTPStatus.BAD_REQUEST),
    (CredentialsMissingError, HTTPStatus.SERVICE_UNAVAILABLE),
    (DeploymentNotFoundError, HTTPStatus.SERVICE_UNAVAILABLE),
    (ServiceError, HTTPStatus.BAD_GATEWAY),
)
#: Errors after which the same address may work: there is something to do first.
_WORTH_AGAIN: Final = frozenset({HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY})


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    return environment


def render(request: Request, template: str, status: int = HTTPStatus.OK, **values: Any) -> Response:  # noqa: ANN401
    """Return a page. Templates know ``place`` and ``token`` besides what is given."""
    state = request.scope["app"].state if "app" in request.scope else None
    common = {
        "path": request.url.path,
        "place": getattr(state, "place", None),
        "token": state.key.form_token if state is not None else "",
    }
    return HTMLResponse(_templates().get_template(template).render({**common, **values}), status)


def error_page(request: Request, error: ToolExecutorError, status: HTTPStatus | None = None) -> Response:
    """Return the page that tells of an error, or its JSON where that is wanted: code, sentence, pointers, hint."""
    answered = status or next((one for kind, one in _STATUSES if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse(error.to_json(), answered)
    told = error.to_json()
    query = f"?{request.url.query}" if request.url.query else ""
    again = f"{request.url.path}{query}" if answered in _WORTH_AGAIN and request.method == "GET" else None
    return render(request, "error.html", answered, told=told, again=again)
