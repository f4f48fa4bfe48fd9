"""The tools' circuit breakers, and a way to overrule one, after a question."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.responses import RedirectResponse

from tool_contract.breaker_item import Circuit
from tool_executor.breakers import Breakers, BreakerState
from tool_executor.ui.errors import PageNotFoundError
from tool_executor.ui.rendering import render
from tool_executor.ui.submitted import submitted

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from tool_executor.ui.place import Found

#: What a person may bring a breaker to: the word in the address, the circuit, what it is called, what follows from it.
_ACTIONS: Final = {
    "open": (
        Circuit.FORCED_OPEN,
        "Force open",
        "Calls of this tool are refused with CircuitOpen, in the whole deployment, until somebody closes or resets it.",
    ),
    "close": (
        Circuit.FORCED_CLOSED,
        "Force closed",
        "Calls of this tool run, however many fail, until somebody opens or resets it.",
    ),
    "reset": (
        Circuit.CLOSED,
        "Reset",
        "The circuit is closed, what was counted is forgotten, and the breaker decides by itself again.",
    ),
}


async def breakers(request: Request) -> Response:
    """Show the breakers of all tools. It scans the tool state table."""
    place = request.app.state.place

    def states(found: Found) -> list[BreakerState]:
        stored = {state.tool_name: state for state in _breakers(found).all()}
        names = {*stored, *place.tool_names(found)}
        return [stored.get(name) or BreakerState(name, Circuit.CLOSED) for name in sorted(names)]

    listed = await place.ask(states)
    listed.sort(key=lambda state: state.circuit == Circuit.CLOSED and not state.calls)
    return render(request, "breakers.html", states=listed, changed=_changed(request, listed))


async def confirm_breaker(request: Request) -> Response:
    """Ask whether a breaker is to be overruled, and say what that means."""
    tool_name = await _known_tool(request)
    _, name, meaning = _action(request)
    return render(request, "confirm_breaker.html", tool_name=tool_name, name=name, meaning=meaning)


async def set_breaker(request: Request) -> Response:
    """Overrule a breaker."""
    await submitted(request)
    tool_name = await _known_tool(request)
    circuit, _, _ = _action(request)
    now_ms = time.time_ns() // 1_000_000
    await request.app.state.place.ask(lambda found: _breakers(found).set(tool_name, circuit, now_ms))
    return RedirectResponse(f"/breakers?changed={tool_name}", HTTPStatus.SEE_OTHER)


def _changed(request: Request, listed: list[BreakerState]) -> str:
    changed = request.query_params.get("changed", "")
    return changed if changed in {state.tool_name for state in listed} else ""


def _breakers(found: Found) -> Breakers:
    return Breakers(found.aws, found.deployment.tool_state_table)


def _action(request: Request) -> tuple[Circuit, str, str]:
    action = _ACTIONS.get(request.path_params["circuit"])
    if action is None:
        raise PageNotFoundError("A breaker can be forced open, forced closed, or reset.")
    return action


async def _known_tool(request: Request) -> str:
    """Return the tool that an address names. A breaker for a name that there is not would do nothing."""
    name = str(request.path_params["tool_name"])
    catalog = await request.app.state.place.catalog()
    if name not in catalog.by_name:
        problem = catalog.unknown_tool(name)
        raise PageNotFoundError(problem.message, hint=problem.hint)
    return name
