"""What can go wrong in a browser, each with a sentence that helps to do better next time.

The exceptions::

    ToolError
    ├── ElementNotFound       nothing matches the selector
    ├── ElementNotUnique      several elements do
    ├── ElementNotReady       one does, and cannot be used: hidden, disabled, covered, no field
    ├── NavigationBlocked     the page may not be visited
    ├── NavigationFailed      it may, and did not come
    ├── UrlNotReached         the address did not become what was waited for
    ├── PageUnresponsive      the page's own script keeps it from answering
    ├── PageCrashed           the page's process has ended
    ├── SecretRequiresRef     plain text for a password field
    └── SecretNotForOrigin    a secret for another site than this one
"""

from __future__ import annotations

from tool_contract.errors import ErrorCode, ToolError


class ElementNotFound(ToolError):
    """Nothing matches the selector."""

    code = ErrorCode.ELEMENT_NOT_FOUND


class ElementNotUnique(ToolError):
    """Several elements match the selector."""

    code = ErrorCode.ELEMENT_NOT_UNIQUE


class ElementNotReady(ToolError):
    """The element cannot be used."""

    code = ErrorCode.ELEMENT_NOT_READY


class NavigationBlocked(ToolError):
    """The page may not be visited."""

    code = ErrorCode.NAVIGATION_BLOCKED


class NavigationFailed(ToolError):
    """The page did not come."""

    code = ErrorCode.NAVIGATION_FAILED


class UrlNotReached(ToolError):
    """The address did not become what was waited for."""

    code = ErrorCode.URL_NOT_REACHED


class PageUnresponsive(ToolError):
    """The page does not answer."""

    code = ErrorCode.PAGE_UNRESPONSIVE


class PageCrashed(ToolError):
    """The page's process has ended."""

    code = ErrorCode.PAGE_CRASHED


class SecretRequiresRef(ToolError):
    """A password field takes a secret by reference only."""

    code = ErrorCode.SECRET_REQUIRES_REF


class SecretNotForOrigin(ToolError):
    """The secret is kept for another origin."""

    code = ErrorCode.SECRET_NOT_FOR_ORIGIN
