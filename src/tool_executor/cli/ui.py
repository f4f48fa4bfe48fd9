"""``tool-executor ui``."""

from __future__ import annotations

import html
import os
import threading
import webbrowser
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from tool_executor.cli import options
from tool_executor.cli.console import err, out, print_json
from tool_executor.cli.where import NewCloud, Where, chosen
from tool_executor.errors import DeploymentNotFoundError
from tool_executor.ui.extra import require_ui

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tool_executor.ui.place import Found, Place

_PORT = 8477
_LEADS = """<!doctype html>
<meta charset="utf-8"><meta name="referrer" content="no-referrer"><title>Tool Executor</title>
<meta http-equiv="refresh" content="0; url={link}"><a href="{link}">Open the page</a>
"""


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

        def tell(link: str) -> None:
            if as_json:
                print_json({"url": link, "pid": os.getpid()})
            else:
                _tell(link, place, at_end if opens else None)

        serve(place, port, tell)


def _tell(link: str, place: Place, opens_until: ExitStack | None) -> None:
    out.print(f"The page of the {escape(place.label)} is at [bold]{escape(link)}[/]. Ctrl-C ends it.", soft_wrap=True)
    if opens_until is not None:
        address = opens_until.enter_context(opening_file(link)).as_uri()
        # In a thread: a browser in the terminal returns when it is left, and the page is served meanwhile.
        threading.Thread(target=_open, args=(address,), daemon=True).start()


@contextmanager
def opening_file(link: str) -> Iterator[Path]:
    """Write a file that leads a browser to a link. Who else is on this machine sees what a browser is started with."""
    with TemporaryDirectory(prefix="tool-executor-ui-") as folder:  # its owner's alone, as is the file
        file = Path(folder) / "open.html"
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as writing:
            writing.write(_LEADS.format(link=html.escape(link)))
        yield file


def _open(address: str) -> None:
    if not webbrowser.open(address):
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
