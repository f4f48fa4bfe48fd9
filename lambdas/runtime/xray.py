"""X-Ray's documents, written to its daemon as AWS documents them: a part of a trace each, one datagram each.

See "Sending trace data to X-Ray" in AWS's documentation for both formats. Nothing here may fail a call: what the
daemon does not take is lost.
"""

from __future__ import annotations

import json
import os
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEADER: Final = b'{"format":"json","version":1}\n'
_DEFAULT_ADDRESS: Final = "127.0.0.1:2000"
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"))


@dataclass(frozen=True, slots=True)
class TraceHeader:
    """What Lambda tells of the trace that an invocation belongs to."""

    root: str | None = None
    parent: str | None = None
    sampled: bool = False

    @classmethod
    def of_invocation(cls) -> TraceHeader:
        """Read it from the environment, where Lambda's runtime puts it anew for each invocation."""
        header = os.environ.get("_X_AMZN_TRACE_ID")
        if header is None:
            return cls()
        parts = dict(part.strip().split("=", 1) for part in header.split(";") if "=" in part)
        return cls(parts.get("Root"), parts.get("Parent"), parts.get("Sampled") == "1")


def new_id() -> str:
    """Return an id for a part, or for an error within one."""
    return os.urandom(8).hex()


@dataclass(slots=True)
class Part:
    """A part of a trace that has begun. Annotations are what it can be searched by: text, numbers, booleans."""

    name: str
    trace_id: str
    parent_id: str
    part_id: str = field(default_factory=new_id)
    started: float = field(default_factory=time.time)
    annotations: dict[str, str | int | float | bool] = field(default_factory=dict)

    def document(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """Return what the daemon takes, the part ending now; ``told`` is what else is known of it."""
        return {
            "id": self.part_id,
            "trace_id": self.trace_id,
            "parent_id": self.parent_id,
            "type": "subsegment",
            "name": self.name,
            "start_time": self.started,
            "end_time": time.time(),
            **({"annotations": self.annotations} if self.annotations else {}),
            **told,
        }


class Daemon:
    """Where documents go: the address that Lambda names."""

    def __init__(self) -> None:
        # "udp:host:port tcp:host:port" is how the daemon's own documentation writes two addresses.
        addresses = os.environ.get("AWS_XRAY_DAEMON_ADDRESS", _DEFAULT_ADDRESS).split()
        chosen = next((one for one in addresses if one.startswith("udp:")), addresses[0]).removeprefix("udp:")
        host, _, port = chosen.rpartition(":")
        self._address = (host, int(port))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(0)

    def send(self, document: Mapping[str, Any]) -> None:
        """Send a document, or lose it."""
        try:
            self._socket.sendto(_HEADER + _ENCODER.encode(document).encode(), self._address)
        except OSError:
            return
