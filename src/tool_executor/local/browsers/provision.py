"""Stands in for AgentCore: a function that is set up for it gets a browser host of this machine instead."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING

from tool_executor.local.browsers.browser_host import BrowserHost

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from browser_policy import OriginRules
    from tool_executor.local.browsers.browser_host import ProcessRegistry

_STANDS_IN_FOR = "agentcore"


class LocalBrowsers:
    """The browser hosts of one local cloud: one, or one more for each change of the rules in its template.

    Args:
        folder: for the hosts' logs and the browsers' files.
        registry: the local cloud's reaper.
        private_origins: sites of this machine that may be visited, such as ``http://127.0.0.1:8123``.

    Raises ValueError for a private origin that is none.
    """

    def __init__(self, folder: Path, registry: ProcessRegistry, private_origins: Sequence[str] = ()) -> None:
        from browser_policy import OriginRules  # noqa: PLC0415 - the local cloud's start waits for this module

        self._private = OriginRules.parse(private=private_origins).private
        self._rules = OriginRules
        self._folder = folder
        self._registry = registry
        self._lock = threading.Lock()
        self._hosts: dict[str, BrowserHost] = {}

    def environment(self, configured: Mapping[str, str]) -> dict[str, str]:
        """Return what replaces a function's own settings of its browsers; a host is started if there is none yet."""
        if configured.get("BROWSER_PROVIDER") != _STANDS_IN_FOR:
            return {}
        rules = dataclasses.replace(self._rules.from_json(configured.get("BROWSER_RULES", "")), private=self._private)
        address = self._host(rules).address
        return {"BROWSER_PROVIDER": "local", "BROWSER_HOST": address, "BROWSER_RULES": rules.to_json()}

    def close(self) -> None:
        """End the hosts and their browsers."""
        with self._lock:
            hosts, self._hosts = list(self._hosts.values()), {}
        for host in hosts:
            host.close()

    def _host(self, rules: OriginRules) -> BrowserHost:
        text = rules.to_json()
        with self._lock:
            if text not in self._hosts:
                folder = self._folder / f"browsers-{len(self._hosts) + 1}"
                self._hosts[text] = BrowserHost(rules, folder, self._registry)
            return self._hosts[text]
