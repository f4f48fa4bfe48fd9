"""What can go wrong with a picture, apart from the tools and the file system.

The exceptions::

    PicturesError (a ToolExecutorError)
    ├── MatplotlibMissingError   the extra "plot" is not installed; an ImportError, too
    └── UnknownFormatError       a file's name ends in what is no format of a picture
"""

from __future__ import annotations

from tool_executor.errors import ToolExecutorError


class PicturesError(ToolExecutorError):
    """Root of what goes wrong with pictures."""

    code = "PicturesError"


class MatplotlibMissingError(PicturesError, ImportError):
    """Matplotlib is not installed."""

    code = "PackageMissing"


class UnknownFormatError(PicturesError):
    """A picture's file has no name that tells a known format."""

    code = "UnknownFormat"
