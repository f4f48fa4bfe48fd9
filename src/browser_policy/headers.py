"""What a filtering proxy marks its own answers with: without, they look like a site's."""

from __future__ import annotations

from typing import Final

REFUSED_HEADER: Final = "x-tool-executor-refused"
UNREACHABLE_HEADER: Final = "x-tool-executor-unreachable"
