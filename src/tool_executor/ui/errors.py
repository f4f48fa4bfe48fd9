"""What keeps the page from being served, and what it refuses."""

from __future__ import annotations

from tool_executor.errors import ToolExecutorError


class UiMissingError(ToolExecutorError):
    """The packages of the extra ``ui`` are not installed."""

    code = "UiMissing"


class PortTakenError(ToolExecutorError):
    """The port to listen on cannot be had."""

    code = "PortTaken"


class RequestRefusedError(ToolExecutorError):
    """A browser's request that the page did not ask for itself: another site's, or of an older start of the command."""

    code = "RequestRefused"


class KeyMissingError(ToolExecutorError):
    """A browser that has not opened the link that the command printed."""

    code = "KeyMissing"


class FormUnreadableError(ToolExecutorError):
    """A form that is too large, or is none."""

    code = "FormUnreadable"


class RecordUnreadableError(ToolExecutorError):
    """A record of the history that this version cannot read."""

    code = "RecordUnreadable"


class PageNotFoundError(ToolExecutorError):
    """There is no such page, or it is not asked for like this."""

    code = "PageNotFound"
