"""The bearer token: what somebody gives, or a new one."""

from __future__ import annotations

import re
import secrets
import shlex
from typing import TYPE_CHECKING, Final

from tool_executor.mcp_server.errors import TokenUnusableError

if TYPE_CHECKING:
    from pathlib import Path

TOKEN_VARIABLE: Final = "TOOL_EXECUTOR_MCP_TOKEN"  # noqa: S105 - the name of a variable
#: RFC 6750's b64token, long enough that nobody guesses it.
_TOKEN: Final = re.compile(r"[A-Za-z0-9\-._~+/]{16,}=*")
_HINT: Final = "Make one: python -c 'import secrets; print(secrets.token_urlsafe(32))'"


def _hint_for(file: Path) -> str:
    return f"{_HINT} > {shlex.quote(str(file))}"


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(32)


def checked_token(text: str, source: str, hint: str = _HINT) -> str:
    """Return a token that somebody gave, blanks around it left out. Raises TokenUnusableError, without the text."""
    token = text.strip()
    if not _TOKEN.fullmatch(token):
        message = f"What {source} holds is no token: one is 16 or more of A-Z a-z 0-9 - . _ ~ + /."
        raise TokenUnusableError(message, hint=hint)
    return token


def token_in(file: Path) -> str:
    """Return the token in a file. Raises TokenUnusableError."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        message = f"The token file {str(file)!r} cannot be read: {getattr(error, 'strerror', None) or 'it is no text'}."
        raise TokenUnusableError(message, hint=_hint_for(file)) from None
    return checked_token(text, repr(str(file)), _hint_for(file))
