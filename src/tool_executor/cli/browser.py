"""``tool-executor browser``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tool_executor.browser_sessions import BrowserSessions
from tool_executor.cli import options
from tool_executor.cli.console import ExitCode, err, out, print_json
from tool_executor.cli.where import chosen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tool_executor.browser_sessions import BrowserSession

app = typer.Typer(no_args_is_help=True, help="The browsers that the browser tools drive: sessions, installation.")


@app.command()
def sessions(
    *,
    close: Annotated[
        list[str] | None, typer.Option("--close", metavar="KEY", help="End the session of this key; may be repeated.")
    ] = None,
    close_all: Annotated[bool, typer.Option("--close-all", help="End all sessions.")] = False,
    local: options.Local = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    as_json: options.Json = False,
) -> None:
    """List the open browser sessions, or end some of them.

    A session ends by itself with its execution. Where one is ended here, the execution's further calls fail as
    SessionLost; a named session begins anew with its next call.

    Examples:

      tool-executor browser sessions --local

      tool-executor browser sessions --close execution/nightly-2026-11-20

      tool-executor browser sessions --close-all --stage prod --json

    Exit code: 0; 1 if a session that was to be ended is not there; 2 if AWS could not be called.
    """
    with chosen(local=local, stage=stage, region=region) as where:
        found = BrowserSessions(where.aws, where.deployment)
        if close_all or close:
            closed = found.close_all() if close_all else found.close(close or [])
            missing = sorted(set(close or ()) - set(closed))
            _print_closed(closed, missing, as_json=as_json)
            raise typer.Exit(ExitCode.SOME_DID_NOT if missing else ExitCode.ALL_SUCCEEDED)
        listed = found.open_ones()
    if as_json:
        print_json({"sessions": [session.to_json() for session in listed]})
    else:
        _print_listed(listed)


@app.command()
def install(*, check: Annotated[bool, typer.Option("--check", help="Only say whether there is one.")] = False) -> None:
    """Install a Chromium for the local cloud, unless there is one.

    Playwright's own download is tried first; where that cannot be had, the system's package manager.

    Examples:

      tool-executor browser install

      tool-executor browser install --check

    Exit code: 0 if there is a Chromium now, 2 if there is none.
    """
    from tool_executor.local.browsers.installation import find_or_install  # noqa: PLC0415 - of the extra "local"

    program = find_or_install(may_install=not check, tell=lambda doing: err.print(doing, style="dim"))
    out.print(f"Chromium: {escape(str(program))}", soft_wrap=True)


def _print_listed(listed: Sequence[BrowserSession]) -> None:
    if not listed:
        out.print("No browser session is open.")
        return
    for session in listed:  # no table: a key that is cut cannot be copied
        out.print(f"{escape(session.key)}  opened {session.opened_at}", soft_wrap=True)
    out.print("\nEnd one with: tool-executor browser sessions --close KEY", style="dim")


def _print_closed(closed: Sequence[str], missing: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        print_json({"closed": list(closed), "missing": list(missing)})
        return
    for key in closed:
        out.print(f"Ended {escape(key)}", soft_wrap=True)
    for key in missing:
        err.print(f"There is no open session {escape(key)}.", soft_wrap=True)
    if not closed and not missing:
        out.print("No browser session was open.")
