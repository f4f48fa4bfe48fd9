"""One execution as a timeline, live while it runs, with a way to stop it."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from tool_executor.artifact_files import ArtifactFiles
from tool_executor.cancellation import Canceller
from tool_executor.ui.looks import Look, look_at
from tool_executor.ui.rendering import render
from tool_executor.ui.submitted import submitted
from tool_executor.ui.words import segment

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from tool_executor.artifact_files import ArtifactFile
    from tool_executor.ui.place import Found


async def execution(request: Request) -> Response:
    """Show an execution. Two requests to AWS: its records, and, once it has ended, the files that it kept."""
    look, files = await request.app.state.place.ask(partial(_with_files, execution_id=_id(request)))
    return render(request, "execution.html", look=look, files=files)


async def live_execution(request: Request) -> Response:
    """Show the part of the page that changes while an execution runs."""
    look, files = await request.app.state.place.ask(partial(_with_files, execution_id=_id(request)))
    return render(request, "execution_live.html", look=look, files=files)


async def cancel_execution(request: Request) -> Response:
    """Stop an execution, and go back to its page."""
    await submitted(request)
    execution_id = _id(request)
    await request.app.state.place.ask(lambda found: Canceller(found.aws, found.deployment).cancel(execution_id))
    return RedirectResponse(f"/executions/{segment(execution_id)}", HTTPStatus.SEE_OTHER)


def _with_files(found: Found, execution_id: str) -> tuple[Look, list[ArtifactFile]]:
    look = look_at(found, execution_id)
    if look.is_open:
        return look, []
    return look, ArtifactFiles(found.aws, found.deployment.artifact_bucket).of_execution(execution_id)


def _id(request: Request) -> str:
    return str(request.path_params["execution_id"])
