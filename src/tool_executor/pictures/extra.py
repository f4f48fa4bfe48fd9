"""The one place that finds out whether matplotlib is there: whoever lacks it is told what to install."""

from __future__ import annotations

from tool_executor.pictures.errors import MatplotlibMissingError, PicturesError

try:
    import matplotlib as mpl
except ModuleNotFoundError as error:
    if error.name != "matplotlib":
        raise
    raise MatplotlibMissingError(
        "Pictures need the package matplotlib.", hint="Install it, in a checkout: pip install '.[plot]'"
    ) from None
except ValueError as error:
    raise PicturesError(f"Matplotlib cannot be used: {error}", hint="Look at MPLBACKEND and matplotlibrc.") from None

__all__ = ["mpl"]
