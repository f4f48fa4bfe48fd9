"""The one place that finds out whether the page's packages are there: whoever lacks one is told what to install."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from tool_executor.ui.errors import UiMissingError

_PACKAGES: Final = {
    "starlette": "starlette",
    "jinja2": "jinja2",
    "uvicorn": "uvicorn",
    "python_multipart": "python-multipart",
}


def require_ui() -> None:
    """Raise UiMissingError unless all packages of the extra are installed."""
    missing = [package for module, package in _PACKAGES.items() if find_spec(module) is None]
    if missing:
        told = ", ".join(missing)
        plural = "s" if len(missing) > 1 else ""
        raise UiMissingError(
            f"The page needs the package{plural} {told}.", hint="Install it, in a checkout: pip install '.[ui]'"
        )
