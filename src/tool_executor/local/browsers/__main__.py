"""`python -m tool_executor.local.browsers`: the browser host. `BrowserHost` starts it."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
from pathlib import Path

from browser_policy import OriginRules
from tool_executor.local.browsers.host import HostSettings, serve


def main() -> None:
    """Serve as the command line says."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    asyncio.run(_serve_and_end(_settings()))


async def _serve_and_end(settings: HostSettings) -> None:
    await serve(settings)
    logging.shutdown()
    os._exit(0)  # the loop's own end would wait for a resolver that hangs in a thread


def _settings() -> HostSettings:
    parser = argparse.ArgumentParser(prog="python -m tool_executor.local.browsers", description=__doc__)
    parser.add_argument("--socket-fd", type=int, required=True, help="a listening socket that was inherited")
    parser.add_argument("--token", required=True, help="what every path begins with")
    parser.add_argument("--rules", type=OriginRules.from_json, default=OriginRules(), help="JSON of OriginRules")
    parser.add_argument("--folder", type=Path, required=True, help="where sessions get their folders")
    parser.add_argument("--idle-seconds", type=float, default=900.0, help="a session's timeout if its PUT has none")
    parser.add_argument("--max-sessions", type=int, default=20, help="how many may be open")
    said = parser.parse_args()
    return HostSettings(said.socket_fd, said.token, said.rules, said.folder, said.idle_seconds, said.max_sessions)


if __name__ == "__main__":
    main()
