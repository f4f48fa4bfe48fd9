"""``tool-executor mcp``: the deployment's tools by the Model Context Protocol."""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tool_contract.secret import SecretRef
from tool_executor.cli import options
from tool_executor.cli.console import err
from tool_executor.cli.where import NewCloud, chosen
from tool_executor.configuration import ConfigurationManager

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tool_executor.mcp_server import DeployedExecutions
    from tool_executor.mcp_server.http_serving import Address


def mcp(
    *,
    http: Annotated[
        bool, typer.Option("--http", help="Serve streamable HTTP; without it, standard input and output.")
    ] = False,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="With --http: the address to bind.")] = (
        "127.0.0.1"
    ),
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="With --http: where to listen; 0 takes a free port.")
    ] = 0,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file",
            metavar="FILE",
            help="With --http: what holds the bearer token; else TOOL_EXECUTOR_MCP_TOKEN, else a new one is printed.",
        ),
    ] = None,
    allow_origins: Annotated[
        list[str] | None,
        typer.Option("--allow-origin", metavar="ORIGIN", help="With --http: a site whose pages may use the server."),
    ] = None,
    allow_remote: Annotated[
        bool, typer.Option("--allow-remote", help="With --http: let --host be reached from other machines.")
    ] = False,
    allow_hosts: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="With --http: a name by which the server is reached."),
    ] = None,
    tools: Annotated[
        list[str] | None,
        typer.Option("--tool", metavar="PATTERN", help="Offer only tools of this name or pattern; may be repeated."),
    ] = None,
    caller: Annotated[
        str | None,
        typer.Option("--caller", metavar="NAME", help="Who asks, for the history and the stage's policies."),
    ] = None,
    secrets: Annotated[
        list[str] | None,
        typer.Option(
            "--secret",
            metavar="NAME[=KEPT]",
            help="A secret that clients may name; KEPT is its name in the stage, if it is another. May be repeated.",
        ),
    ] = None,
    direct: Annotated[
        bool, typer.Option("--direct", help="Without the state machine: this process invokes the tools itself.")
    ] = False,
    local: options.LocalOrNew = False,
    stage: options.Stage = "dev",
    region: options.Region = None,
) -> None:
    """Serve the tools to agents that speak the Model Context Protocol, until the client leaves or Ctrl-C.

    A host such as an editor or a chat program starts this itself, and speaks to it on standard input and output. With
    --http, clients come to http://127.0.0.1:PORT/mcp with the bearer token. See docs/mcp.md. It needs the extra "mcp".

    Examples:

      tool-executor mcp --local

      tool-executor mcp --stage prod --tool 'forecast_*' --tool identify_stockout_risks

      tool-executor mcp --tool type --tool click --secret shop=shop/password

      tool-executor mcp --http --port 8100 --token-file token.txt

    Exit code: 0 when the client has left or after Ctrl-C, 2 if the set-up was wrong.
    """
    from tool_executor.mcp_server import DeployedExecutions  # noqa: PLC0415 - the SDK is an extra, and slow to import
    from tool_executor.mcp_server.http_serving import Address  # noqa: PLC0415 - as above

    _check_options(http=http, of_http=(token_file, allow_origins, allow_hosts, allow_remote, port, host != "127.0.0.1"))
    address = Address(host, port, tuple(allow_hosts or ()), tuple(allow_origins or ()), allow_remote)
    address.check()
    named = secrets_by_name(secrets or ())
    token = _token(token_file) if http else None
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    logging.getLogger("urllib3").setLevel(logging.ERROR)  # it tells of each connection that it does not keep
    said = {"caller": caller, "route": "direct" if direct else None}
    with chosen(local=local, stage=stage, region=region, new=NewCloud()) as where:
        executions = DeployedExecutions.of(ConfigurationManager().with_values(said), where.aws, where.deployment)
        place = "the local cloud" if local else f"the stage {stage!r}"
        offer = _Offer(tuple(tools or ()), named, place)
        asyncio.run(_serve(executions, offer, address if http else None, token))


def _check_options(*, http: bool, of_http: tuple[object, ...]) -> None:
    if not http and any(of_http):
        raise typer.BadParameter("--host, --port, --token-file and --allow-... need --http.")


def _token(file: Path | None) -> tuple[str, bool]:
    """Return the bearer token, and whether it is a new one that nobody knows yet."""
    from tool_executor.mcp_server.bearer_token import (  # noqa: PLC0415 - as above
        TOKEN_VARIABLE,
        checked_token,
        new_token,
        token_in,
    )

    if file is not None:
        return token_in(file), False
    said = os.environ.get(TOKEN_VARIABLE)
    return (new_token(), True) if said is None else (checked_token(said, TOKEN_VARIABLE), False)


def secrets_by_name(said: Iterable[str]) -> dict[str, str]:
    """Return the names that the stage keeps secrets under, by those that clients say. Raises BadParameter."""
    named: dict[str, str] = {}
    for text in said:
        name, sign, kept = text.partition("=")
        try:
            pair = SecretRef(name).name, SecretRef(kept if sign else name).name
        except ValueError as error:
            message = f"--secret {text!r} is neither NAME nor NAME=KEPT. {error}"
            raise typer.BadParameter(message) from None
        if named.setdefault(*pair) != pair[1]:
            message = f"--secret: {name!r} stands for two secrets."
            raise typer.BadParameter(message)
    return named


@dataclass(frozen=True, slots=True)
class _Offer:
    """What clients may use, and where it is."""

    patterns: tuple[str, ...]
    secrets: Mapping[str, str]
    place: str


async def _serve(
    executions: DeployedExecutions, offer: _Offer, address: Address | None, token: tuple[str, bool] | None
) -> None:
    from tool_executor.mcp_server import server_of  # noqa: PLC0415 - as above
    from tool_executor.mcp_server.http_serving import serve_http  # noqa: PLC0415 - as above
    from tool_executor.mcp_server.offered import check_patterns  # noqa: PLC0415 - as above
    from tool_executor.mcp_server.stdio import serve_stdio  # noqa: PLC0415 - as above

    check_patterns(await executions.catalog(), offer.patterns)
    server = server_of(executions, offer.patterns, offer.secrets)
    if address is None or token is None:
        _say(f"Serving the tools of {offer.place} on standard input and output.")
        await serve_stdio(server)
        return
    text, is_new = token

    def ready(url: str) -> None:
        _say(f"Serving the tools of {offer.place} at {url}. Ctrl-C ends it.")
        if is_new:
            _say(f"Clients send the header: Authorization: Bearer {text}")

    await serve_http(server, address, text, ready)


def _say(sentence: str) -> None:
    """Tell a person something; standard output is the protocol's."""
    err.print(sentence, markup=False, highlight=False, soft_wrap=True)
