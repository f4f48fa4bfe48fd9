"""The browser host: a process that keeps one Chromium per session, each behind a filtering proxy of its own.

The package imports the parent's side alone: everything else belongs to the host's process.
"""

from __future__ import annotations

from tool_executor.local.browsers.browser_host import BrowserHost

__all__ = ["BrowserHost"]
