"""Where a browser may go: which addresses, URLs and origins. Needs the standard library alone.

It decides in three places: in the tool that navigates, in the proxy that the local browser speaks through, and in what
a deployment sets. A proxy that connects to the address it has checked is the boundary; the others only say sooner why.
"""

from __future__ import annotations

from browser_policy.addresses import is_public
from browser_policy.hosts import canonical_host
from browser_policy.rules import OriginRules
from browser_policy.urls import Target, UrlRefused, parse_url

__all__ = ["OriginRules", "Target", "UrlRefused", "canonical_host", "is_public", "parse_url"]
