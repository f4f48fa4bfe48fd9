"""The list of executions, or of a tool's calls."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from tool_executor.errors import InvalidRequestError
from tool_executor.ui.listing import CALL_STATUSES, DEFAULT_SINCE, STATUSES, Cursor, Filter, Listing, Page
from tool_executor.ui.rendering import render

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from tool_executor.ui.place import Found


async def executions(request: Request) -> Response:
    """Show a page of the list that the address asks for."""
    place = request.app.state.place
    wanted = Filter.of(request.query_params)

    def asked(found: Found) -> tuple[Page, list[str]]:
        names = place.tool_names(found)
        cursor = Cursor.parsed(request.query_params.get("after", ""))
        return Listing(found.history, wanted, datetime.now(UTC)).page(cursor), names

    problems: list[dict[str, str]] = []
    try:
        page, names = await place.ask(asked)
    except InvalidRequestError as error:
        page, names, problems = Page([], None), await place.ask(place.tool_names), error.problems
    is_first = not request.query_params.get("after")
    return render(
        request,
        "executions.html",
        400 if problems else 200,
        wanted=wanted,
        rows=page.rows,
        has_correlation=any(row["correlation_id"] != row["execution_id"] for row in page.rows),
        unplaced=page.unplaced,
        following=urlencode({**_said(wanted), "after": str(page.following)}) if page.following else None,
        first=urlencode(_said(wanted)),
        is_first=is_first,
        tools=names,
        statuses=CALL_STATUSES if wanted.of_calls else STATUSES,
        default_since=DEFAULT_SINCE,
        problems=problems,
    )


def _said(wanted: Filter) -> dict[str, str]:
    names = ("tool", "status", "correlation_id", "since", "until")
    return {name: getattr(wanted, name) for name in names if getattr(wanted, name)}
