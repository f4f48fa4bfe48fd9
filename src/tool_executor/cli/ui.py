"""``tool-executor ui``."""

from __future__ import annotations

import os
import threading
import webbrowser
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tool_executor.cli import options
from tool_executor.cli.console import err, out, print_json
from tool_executor.cli.where import NewCloud, Where, chosen
from tool_executor.errors import DeploymentNotFoundError
from tool_executor.ui.extra import require_ui

if TYPE_CHECKING:
    from tool_executor.ui.place import Found, Place

_PORT = 8477


def ui(
    *,
    local: options.LocalOrNew = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
    port: Annotated[
        int,
        typer.Option("--port", min=0, max=65535, help="Where to listen; 0 takes a free port."),
    ] = _PORT,
    opens: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in the browser.")] = True,
    as_json: options.Json = False,
) -> None:
    """Serve a page to look at executions, run tools, read figures and overrule breakers, until Ctrl-C.

    It listens on 127.0.0.1 alone, and answers to browsers that have opened the link that it prints: the link holds a
    key, which is another one at each start. What runs goes on when the page is ended. --json prints the link as JSON,
    and opens no browser.

    Examples:

      tool-executor ui --local

      tool-executor ui --stage prod --port 0 --no-open

    Exit code: 0 after Ctrl-C; 2 if the port is taken or the page's packages are missing.
    """
    require_ui()
    from tool_executor.ui.server import serve  # noqa: PLC0415 - of the extra "ui"

    with ExitStack() as at_end:
        place = _place(at_end, local=local, stage=stage, region=region)
        serve(place, port, lambda link: _tell(link, place, opens=opens and not as_json, as_json=as_json))


def _tell(link: str, place: Place, *, opens: bool, as_json: bool) -> None:
    if as_json:
        print_json({"url": link, "pid": os.getpid()})
        return
    out.print(f"The page of the {escape(place.label)} is at [bold]{escape(link)}[/]. Ctrl-C ends it.", soft_wrap=True)
    if opens:
        # In a thread: a browser in the terminal returns when it is left, and the page is served meanwhile.
        threading.Thread(target=_open, args=(link,), daemon=True).start()


def _open(link: str) -> None:
    if not webbrowser.open(link):
        err.print("No browser could be opened: open the link yourself.")


def _place(at_end: ExitStack, *, local: bool, stage: str, region: str | None) -> Place:
    """Return where to look. A deployment on AWS is looked for when the page is asked: it says what is missing."""
    from tool_executor.ui.place import Place  # noqa: PLC0415 - of the extra "ui"

    label = "local cloud" if local else f"stage {stage}"

    def find() -> Found:
        with chosen(local=local, stage=stage, region=region) as where:
            return _found(where, label if local else f"{label}, {where.aws.dynamodb.meta.region_name}")

    if not local:
        return Place(find, label, options="" if stage == "dev" else f" --stage {stage}")
    own = at_end.enter_context(chosen(local=True, stage=stage, region=region, new=NewCloud(announces=True)))
    first = _found(own, label)

    def find_local() -> Found:
        try:
            return find()
        except DeploymentNotFoundError:
            if own.ends_with_command:
                return first
            raise

    return Place(find_local, label, options=" --local", _found=first)


def _found(where: Where, label: str) -> Found:
    from tool_executor.ui.place import Found  # noqa: PLC0415 - of the extra "ui"

    found = Found(where.aws, where.deployment, label, where.options)
    found.make_clients()
    return found
