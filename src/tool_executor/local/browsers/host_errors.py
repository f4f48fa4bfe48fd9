"""What the host answers when it cannot do what it was asked.

HostError
├── BadRequest        400: the body or the query cannot be read
├── Unknown           404: no such path, or no session of that key
├── SessionLost       410: that generation's browser has ended
├── TooManySessions   429: as many are open as may be
└── BrowserFailed     500: Chromium did not start
"""

from __future__ import annotations

from typing import ClassVar


class HostError(Exception):
    """Root of the host's errors: `str()` is a sentence, the class's name is the code."""

    status: ClassVar[int] = 500

    def __init__(self, sentence: str, *, details: str | None = None) -> None:
        super().__init__(sentence)
        self.details = details

    @property
    def code(self) -> str:
        """The class's name."""
        return type(self).__name__


class BadRequest(HostError):
    """The request's body or query cannot be read."""

    status = 400


class Unknown(HostError):
    """There is no such path, or no session of that key."""

    status = 404


class SessionLost(HostError):
    """That generation's browser has ended; a higher one may be opened."""

    status = 410


class TooManySessions(HostError):
    """As many sessions are open as may be."""

    status = 429


class BrowserFailed(HostError):
    """Chromium did not start; `details` is the end of what it wrote."""
